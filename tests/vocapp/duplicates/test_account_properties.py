"""Whatever two accounts hold: after their merge nothing is lost, and nothing is there twice."""

from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_user, a_wave, an_account, save
from tests.vocapp.duplicates.test_properties import STATES, in_its_own_world, invite
from vocapp.accounts.models import Account, Contact, Note
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.engagement.queries import participations
from vocapp.responses.models import Response

PEOPLE = ("ana", "bo", "cy", "di")

people = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(PEOPLE),
            "status": st.sampled_from(("active", "left", "bounced", "opted_out")),
            # A record that became part of the person before it in the list.
            "is_former": st.booleans(),
            "has_identifier": st.booleans(),
            "reports_to": st.integers(0, 3),
            "waves": st.lists(st.sampled_from((*STATES, "none")), min_size=2, max_size=2),
            "notes": st.integers(0, 1),
        }
    ),
    max_size=4,
    unique_by=lambda one: one["name"],
)
quickly = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def fill(account: Account, drawn: list[dict[str, Any]], waves: list[Wave]) -> None:
    made: list[Contact] = []
    for one in drawn:
        kept = next((known for known in reversed(made) if known.merged_into_id is None), None)
        is_former = one["is_former"] and kept is not None
        contact = a_contact(
            account,
            email=f"{one['name']}@customer.example",
            status="left" if is_former else one["status"],
            merged_into_id=kept.id if is_former and kept else None,
        )
        if one["has_identifier"]:
            contact.external_id = contact.external_key = f"X-{contact.id}"
        made.append(contact)
        if not is_former:
            for wave, state in zip(waves, one["waves"], strict=True):
                if state != "none":
                    invite(wave, contact, state)
        for number in range(one["notes"]):
            save(Note(account_id=account.id, contact_id=contact.id, text=f"Note {number}"))
    for place, one in enumerate(drawn):
        # Only upwards in the list, so that no line circles.
        if one["reports_to"] < place:
            made[place].reports_to_id = made[one["reports_to"]].id
    db.session.flush()


def ids(model: Any, *accounts: Account) -> list[int]:
    wanted = [account.id for account in accounts]
    return sorted(db.session.scalars(select(model.id).where(model.account_id.in_(wanted))))


def person_of(contact_id: int) -> Contact:
    contact = db.session.get_one(Contact, contact_id)
    while contact.merged_into_id is not None:
        contact = db.session.get_one(Contact, contact.merged_into_id)
    return contact


@quickly
@given(people, people)
def test_a_merge_of_accounts_loses_nothing_and_doubles_nothing(
    app: Flask, at_loser: list[dict[str, Any]], at_winner: list[dict[str, Any]]
) -> None:
    def check() -> None:
        user = a_user()
        loser, winner = an_account(), an_account()
        waves = [a_wave(user), a_wave(user)]
        fill(loser, at_loser, waves)
        fill(winner, at_winner, waves)
        told = {model: ids(model, loser, winner) for model in (Invitation, Response, Note)}
        everybody = ids(Contact, loser, winner)
        addresses = set(db.session.scalars(select(Contact.email_key)))
        merge_accounts(loser, winner, now=NOW, actor_id=None)
        db.session.expire_all()

        assert {model: ids(model, winner) for model in told} == told
        assert ids(Contact, loser, winner) == everybody
        assert {person_of(number).account_id for number in everybody} <= {winner.id}
        present = select(Contact).where(Contact.merged_into_id.is_(None))
        here = list(db.session.scalars(present.where(Contact.account_id == winner.id)))
        assert len({one.email_key for one in here}) == len(here)
        reached = select(Contact.email_key).where(Contact.account_id == winner.id)
        assert set(db.session.scalars(reached)) == addresses
        assert list(db.session.scalars(present.where(Contact.account_id == loser.id))) == []
        counted = participations([loser.id, winner.id], until=NOW.replace(year=2027))
        pairs = list(zip(counted.contact.tolist(), counted.wave.tolist(), strict=True))
        assert len(pairs) == len(set(pairs))
        for one in here:
            above, seen = one.reports_to_id, set()
            while above is not None:
                assert above not in seen
                seen.add(above)
                above = db.session.get_one(Contact, above).reports_to_id
        assert not merge_accounts(loser, winner, now=NOW, actor_id=None).has_moved

    in_its_own_world(check)


@quickly
@given(people, people)
def test_an_opt_out_at_either_account_holds_for_the_person(
    app: Flask, at_loser: list[dict[str, Any]], at_winner: list[dict[str, Any]]
) -> None:
    def check() -> None:
        user = a_user()
        loser, winner = an_account(), an_account()
        waves = [a_wave(user), a_wave(user)]
        fill(loser, at_loser, waves)
        fill(winner, at_winner, waves)
        out = list(db.session.scalars(select(Contact.id).where(Contact.status == "opted_out")))
        merge_accounts(loser, winner, now=NOW, actor_id=None)
        db.session.expire_all()
        assert {person_of(number).status for number in out} <= {"opted_out"}

    in_its_own_world(check)
