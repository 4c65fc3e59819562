"""Whatever two records hold: taking their merge apart restores everything, and nobody counts twice."""

from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.builders import NOW, a_contact, a_response, a_user, a_wave, an_account, an_invitation, save
from tests.vocapp.duplicates.builders import picture
from vocapp.accounts.models import Account, Contact, Note
from vocapp.campaigns.models import Exclusion, Invitation, Wave
from vocapp.campaigns.rules import ExclusionReason, WaveState
from vocapp.core.db import db, transaction
from vocapp.duplicates.fields import FIELDS
from vocapp.duplicates.service import merge_contacts, unmerge
from vocapp.engagement.queries import participations
from vocapp.freshness.models import Evidence
from vocapp.identity.models import User
from vocapp.rosters.models import RosterConfirmation, RosterLine

STATES = (
    "planned", "sent", "delivered", "started", "completed", "partial", "doubtful", "declined", "referred",
    "bounced", "opted_out", "silent",
)  # fmt: skip
NAMES = ("Ana", "A.", "", "安娜")

records = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(NAMES),
        "title": st.sampled_from(("", "CFO", "Clerk")),
        "phone": st.sampled_from(("", "030")),
        "status": st.sampled_from(("active", "left", "bounced", "opted_out")),
        "verified_on": st.sampled_from((None, NOW.date(), NOW.date() - timedelta(days=9))),
        "has_identifier": st.booleans(),
        "personas": st.sampled_from(((), ("champion",), ("champion", "decision_maker"))),
        "reports_to": st.sampled_from(("nobody", "third", "other")),
        # Per wave: invited with this outcome, left out, or neither.
        "waves": st.lists(st.sampled_from((*STATES, "excluded", "chosen", "none")), min_size=3, max_size=3),
        "line": st.sampled_from(("none", "keep", "remove", "replace")),
        "evidence": st.booleans(),
        "notes": st.integers(0, 2),
    }
)
sides = st.dictionaries(st.sampled_from(tuple(FIELDS)), st.sampled_from(("kept", "merged")))


def invite(wave: Wave, contact: Contact, outcome: str) -> None:
    answered = outcome in ("completed", "partial", "doubtful")
    state = {"partial": "completed", "doubtful": "delivered"}.get(outcome, outcome)
    invitation = an_invitation(wave, contact, state=state)
    if answered:
        a_response(
            invitation,
            state="partial" if outcome == "partial" else "complete",
            quarantine_reason="trap_field" if outcome == "doubtful" else None,
        )


def fill(
    contact: Contact, other: Contact, third: Contact, drawn: dict[str, Any], world: dict[str, Any]
) -> None:
    contact.reports_to_id = {"nobody": None, "third": third.id, "other": other.id}[drawn["reports_to"]]
    if drawn["has_identifier"]:
        contact.external_id = contact.external_key = f"X-{contact.id}"
    db.session.flush()
    for wave, what in zip(world["waves"], drawn["waves"], strict=True):
        if what in ("excluded", "chosen"):
            reason = ExclusionReason.CHOSEN if what == "chosen" else ExclusionReason.ASKED_RECENTLY
            save(Exclusion(wave_id=wave.id, contact_id=contact.id, reason=reason))
        elif what != "none" and wave.state != WaveState.DRAFT:
            invite(wave, contact, what)
    if drawn["line"] != "none":
        save(
            RosterLine(
                confirmation_id=world["confirmation"].id,
                contact_id=contact.id,
                decision=drawn["line"],
                reason="" if drawn["line"] == "keep" else "duplicate",
                replaced_by_id=other.id if drawn["line"] == "replace" else None,
            )
        )
    if drawn["evidence"]:
        save(
            Evidence(
                account_id=contact.account_id,
                contact_id=contact.id,
                kind="confirmed",
                source="csm",
                source_id=1,
                occurred_at=NOW,
                details={},
                effect={},
            )
        )
    for number in range(drawn["notes"]):
        save(Note(account_id=contact.account_id, contact_id=contact.id, text=f"Note {number}"))


def a_world(first: dict[str, Any], second: dict[str, Any], line: str) -> tuple[Contact, Contact, User]:
    """Two records of one person with everything drawn for them, and a third person between them."""
    user, account = a_user(), an_account()
    own = ("first_name", "title", "phone", "status", "verified_on", "personas")
    pair = [a_contact(account, **{name: drawn[name] for name in own}) for drawn in (first, second)]
    third = a_contact(account)
    third.reports_to_id = {"nobody": None, "kept": pair[0].id, "merged": pair[1].id}[line]
    world = {
        "waves": [
            a_wave(user),
            a_wave(user, state=WaveState.CLOSED, launched_at=NOW - timedelta(days=100)),
            a_wave(user, state=WaveState.DRAFT, launched_at=None),
        ],
        "confirmation": save(RosterConfirmation(account_id=account.id, by_id=user.id)),
    }
    fill(pair[0], pair[1], third, first, world)
    fill(pair[1], pair[0], third, second, world)
    return pair[0], pair[1], user


drawn_worlds = given(records, records, sides, st.sampled_from(("nobody", "kept", "merged")))
quickly = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def in_its_own_world(check: Any) -> None:
    """Run a check; its account goes afterwards, so that examples do not pile up."""
    try:
        check()
    finally:
        db.session.rollback()
        with transaction():
            db.session.execute(delete(Account))
            db.session.execute(delete(Wave))
        db.session.remove()


@quickly
@drawn_worlds
def test_merging_and_unmerging_restores_everything(
    app: Flask, first: dict[str, Any], second: dict[str, Any], chosen: dict[str, str], line: str
) -> None:
    def check() -> None:
        kept, merged, user = a_world(first, second, line)
        before = picture()
        merge = merge_contacts(kept, merged, chosen=chosen, by=user, now=NOW)
        left = unmerge(merge, by=user, now=NOW + timedelta(days=30))
        assert left == []
        assert picture() == before

    in_its_own_world(check)


@quickly
@drawn_worlds
def test_after_a_merge_nobody_counts_twice(
    app: Flask, first: dict[str, Any], second: dict[str, Any], chosen: dict[str, str], line: str
) -> None:
    def check() -> None:
        kept, merged, user = a_world(first, second, line)
        merge_contacts(kept, merged, chosen=chosen, by=user, now=NOW)
        counted = participations([kept.account_id], until=NOW + timedelta(days=1))
        told = list(zip(counted.contact.tolist(), counted.wave.tolist(), strict=True))
        assert len(told) == len(set(told))
        assert merged.id not in counted.contact.tolist()
        assert merged.status == "left"
        asked = {row.wave_id for row in db.session.query(Invitation).filter_by(contact_id=kept.id)}
        out = {row.wave_id for row in db.session.query(Exclusion).filter_by(contact_id=kept.id)}
        assert asked.isdisjoint(out)
        assert kept.reports_to_id not in (kept.id, merged.id)
        if "opted_out" in (first["status"], second["status"]):
            assert kept.status == "opted_out"

    in_its_own_world(check)
