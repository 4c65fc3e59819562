"""Merging two contacts: what moves, what stays, and what wins."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_response,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    save,
)
from tests.vocapp.duplicates.builders import everything_about, merged_pair, twins
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import contact_at
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Exclusion, Invitation
from vocapp.campaigns.rules import ExclusionReason, InvitationState, WaveState
from vocapp.core.audit import AuditEntry
from vocapp.core.db import Base, db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.duplicates.models import ContactMerge
from vocapp.duplicates.queries import what_points_at
from vocapp.duplicates.references import LEFT_ALONE, name_of, references
from vocapp.duplicates.service import bring_answers_home, merge_contacts
from vocapp.outbox.models import Message
from vocapp.responses.models import Response
from vocapp.rosters.models import RosterConfirmation, RosterLine

pytestmark = pytest.mark.usefixtures("app")


def all_that_points_at_contacts() -> set[str]:
    return {
        name_of(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "contacts"
    }


def test_every_column_that_points_at_a_contact_is_moved_or_left_alone_for_a_reason() -> None:
    kept, merged = twins()
    made = everything_about(merged, a_contact(kept.account), a_user())
    assert made | set(LEFT_ALONE) == all_that_points_at_contacts()
    assert {name_of(column) for column in references()} == made
    assert set(what_points_at(merged.id)) == made
    merged_pair(kept, merged)
    # The part both play stays with either; nothing else does.
    assert set(what_points_at(merged.id)) == {"contact_personas.contact_id"}
    assert set(what_points_at(kept.id)) == made


def test_the_merged_contact_is_left_and_leads_to_the_kept_one() -> None:
    kept, merged = twins()
    address = merged.email_key
    merged_pair(kept, merged)
    assert merged.status == ContactStatus.LEFT
    assert merged.merged_into_id == kept.id
    found = contact_at(kept.account_id, address)
    assert found is not None
    assert found.id == kept.id


def test_a_chain_of_merges_leads_to_its_end() -> None:
    kept, merged = twins()
    last = a_contact(kept.account)
    address = merged.email_key
    merged_pair(kept, merged)
    merged_pair(last, kept)
    found = contact_at(kept.account_id, address)
    assert found is not None
    assert found.id == last.id


def test_the_fuller_name_and_the_fresher_title_are_proposed() -> None:
    kept = a_contact(first_name="A.", last_name="Ruiz", title="Clerk", phone="", verified_on=date(2026, 1, 1))
    merged = a_contact(kept.account, first_name="Ana", title="CFO", phone="1", verified_on=date(2026, 2, 1))
    merged_pair(kept, merged)
    assert (kept.first_name, kept.title, kept.phone) == ("Ana", "CFO", "1")
    assert kept.verified_on == date(2026, 2, 1)


def test_what_was_chosen_stays() -> None:
    kept, merged = twins(title="Clerk", verified_on=date(2025, 1, 1))
    with transaction():
        merged.title = "CFO"
    merged_pair(kept, merged, title="kept", last_name="merged")
    assert (kept.title, kept.last_name) == ("Clerk", "Ruíz")


def test_a_chosen_address_and_identifier_change_places() -> None:
    kept, merged = twins(external_id="K", external_key="K")
    with transaction():
        merged.external_id = merged.external_key = "M"
    ours, theirs = kept.email, merged.email
    merged_pair(kept, merged, email="merged", external_id="merged")
    assert (kept.email, kept.email_key, kept.external_key) == (theirs, theirs, "M")
    assert (merged.email, merged.email_key, merged.external_key) == (ours, ours, "K")


@pytest.mark.parametrize("who", [0, 1])
def test_opting_out_is_sticky_whoever_did_it(who: int) -> None:
    pair = twins()
    with transaction():
        pair[who].status = ContactStatus.OPTED_OUT
    waiting = an_invitation(a_wave(), pair[0])
    merged_pair(*pair)
    assert pair[0].status == ContactStatus.OPTED_OUT
    assert waiting.state == InvitationState.OPTED_OUT


def test_an_active_record_lends_its_address_to_one_that_bounced() -> None:
    kept, merged = twins(status=ContactStatus.BOUNCED)
    address = merged.email
    merged_pair(kept, merged)
    assert (kept.status, kept.email) == (ContactStatus.ACTIVE, address)


OUTCOMES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("silent", {}, "completed", {}),
    ("declined", {}, "completed", {"state": "partial"}),
    ("completed", {"state": "partial"}, "completed", {}),
    ("bounced", {}, "delivered", {}),
    ("silent", {}, "declined", {}),
    ("delivered", {}, "completed", {}),
]


@pytest.mark.parametrize(("worse", "worse_answer", "better", "better_answer"), OUTCOMES)
@pytest.mark.parametrize("is_kept_better", [True, False])
def test_of_two_invitations_in_one_wave_the_better_outcome_counts(
    worse: str, worse_answer: dict[str, Any], better: str, better_answer: dict[str, Any], is_kept_better: bool
) -> None:
    kept, merged = twins()
    wave = a_wave()
    outcomes = [(worse, worse_answer), (better, better_answer)]
    if is_kept_better:
        outcomes.reverse()
    invitations = []
    for contact, (state, answer) in zip((kept, merged), outcomes, strict=True):
        invitation = an_invitation(wave, contact, state=state)
        if state == "completed":
            a_response(invitation, **answer)
        invitations.append(invitation)
    good = invitations[0] if is_kept_better else invitations[1]
    merged_pair(kept, merged)
    theirs = {row.contact_id: row.id for row in db.session.scalars(select(Invitation))}
    assert theirs[kept.id] == good.id
    for response in db.session.scalars(select(Response)):
        assert response.contact_id == response.invitation.contact_id


def test_whoever_was_asked_is_not_left_out_of_the_same_wave() -> None:
    kept, merged = twins()
    wave = a_wave()
    an_invitation(wave, merged)
    save(Exclusion(wave_id=wave.id, contact_id=kept.id, reason=ExclusionReason.SAME_ADDRESS))
    merged_pair(kept, merged)
    assert db.session.scalars(select(Exclusion.contact_id)).all() == [merged.id]
    assert db.session.scalars(select(Invitation.contact_id)).all() == [kept.id]


@pytest.mark.parametrize("who", [0, 1])
def test_striking_one_of_two_records_from_a_draft_does_not_strike_the_person(who: int) -> None:
    pair = twins()
    draft = a_wave(state=WaveState.DRAFT, launched_at=None)
    save(Exclusion(wave_id=draft.id, contact_id=pair[who].id, reason=ExclusionReason.CHOSEN))
    merged_pair(*pair)
    assert db.session.scalars(select(Exclusion.contact_id)).all() == [pair[1].id]


def test_the_record_struck_out_as_a_duplicate_does_not_strike_out_the_person() -> None:
    kept, merged = twins()
    confirmation = save(RosterConfirmation(account_id=kept.account_id, by_id=a_user().id))
    save(
        RosterLine(
            confirmation_id=confirmation.id, contact_id=merged.id, decision="remove", reason="duplicate"
        )
    )
    merged_pair(kept, merged)
    assert db.session.scalars(select(RosterLine.contact_id)).all() == [merged.id]


def test_kept_on_the_roster_under_one_record_is_kept() -> None:
    kept, merged = twins()
    confirmation = save(RosterConfirmation(account_id=kept.account_id, by_id=a_user().id))
    for contact, decision in ((kept, "remove"), (merged, "keep")):
        save(RosterLine(confirmation_id=confirmation.id, contact_id=contact.id, decision=decision))
    merged_pair(kept, merged)
    lines = {line.contact_id: line.decision for line in db.session.scalars(select(RosterLine))}
    assert lines[kept.id] == "keep"


def test_nobody_reports_to_themselves_after_a_merge() -> None:
    kept, merged = twins()
    with transaction():
        kept.reports_to_id = merged.id
    merged_pair(kept, merged)
    assert kept.reports_to_id is None


def test_a_reporting_line_does_not_circle_through_others() -> None:
    kept, merged = twins()
    between = a_contact(kept.account, reports_to_id=merged.id)
    with transaction():
        kept.reports_to_id = between.id
    merged_pair(kept, merged)
    assert between.reports_to_id == kept.id
    assert kept.reports_to_id is None


def test_mail_that_still_waits_goes_to_the_kept_address_with_the_same_link() -> None:
    kept, merged = twins()
    invitation = an_invitation(a_wave(), merged, state=InvitationState.PLANNED)
    mail = save(
        Message(
            key=f"invitation:{invitation.id}",
            message_id="<1@vendor.example>",
            template="invitation",
            context={},
            subject_kind="invitation",
            subject_id=invitation.id,
            to_address=merged.email,
        )
    )
    token = invitation.token_hash
    merged_pair(kept, merged)
    assert mail.to_address == kept.email
    assert (invitation.contact_id, invitation.token_hash) == (kept.id, token)


def test_an_answer_through_the_other_mail_counts_for_the_kept_contact() -> None:
    kept, merged = twins()
    wave = a_wave()
    ours, theirs = an_invitation(wave, kept), an_invitation(wave, merged)
    merged_pair(kept, merged)
    response = a_response(theirs, contact_id=merged.id)
    with transaction():
        assert bring_answers_home(kept.account_id) == 1
    assert (theirs.contact_id, response.contact_id, ours.contact_id) == (kept.id, kept.id, merged.id)
    with transaction():
        assert bring_answers_home(kept.account_id) == 0


def test_a_merge_is_audited_and_asks_for_new_scores() -> None:
    kept, merged = twins()
    user = a_user()
    merged_pair(kept, merged, by=user)
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "contact.merged")).one()
    assert (act.actor_id, act.subject_id) == (user.id, kept.id)
    assert db.session.scalars(select(Job.payload).where(Job.kind == "rescore_accounts")).all() == [
        {"account_ids": [kept.account_id]}
    ]


def refusal(kept: Contact, merged: Contact) -> str:
    user = a_user()
    with pytest.raises(DomainError) as refused, transaction():
        merge_contacts(kept, merged, chosen={}, by=user, now=NOW)
    return str(refused.value)


def test_nobody_is_merged_with_themselves() -> None:
    person = a_contact()
    assert "themselves" in refusal(person, person)


def test_people_of_two_accounts_are_not_merged() -> None:
    assert "different accounts" in refusal(a_contact(), a_contact(an_account()))


def test_a_merged_contact_is_not_merged_again() -> None:
    kept, merged = twins()
    third = a_contact(kept.account)
    merged_pair(kept, merged)
    assert "before" in refusal(third, merged)
    assert "before" in refusal(merged, third)
    assert len(db.session.scalars(select(ContactMerge)).all()) == 1


def test_the_later_date_of_a_confirmation_counts() -> None:
    kept, merged = twins(verified_on=None)
    with transaction():
        merged.verified_on = NOW.date() - timedelta(days=3)
    merged_pair(kept, merged)
    assert kept.verified_on == NOW.date() - timedelta(days=3)


def test_the_address_of_one_of_us_is_nobodys_after_a_merge() -> None:
    a_company()
    kept, merged = twins()
    merged.email = merged.email_key = "ana@vendor.example"
    save(merged)
    with pytest.raises(DomainError, match="our own people"):
        merged_pair(kept, merged, email="merged")
