"""Evidence that is heard once, moves a contact, and can be taken back."""

from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_user, an_account, save
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, SuggestionKind
from vocapp.freshness.service import (
    confirm,
    record_bounce,
    record_evidence,
    suggest,
    undo_evidence,
)
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.service import suppress_address

from .builders import told

YESTERDAY = NOW - timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture
def ana(app):
    return a_contact(verified_on=YESTERDAY.date())


def confirmed(contact, *, at=NOW):
    user = a_user()
    with transaction():
        confirm(contact, by=user, now=at)


def undone(evidence, *, at=NOW):
    user = a_user()
    with transaction():
        return undo_evidence(evidence, by=user, now=at)


def rescored():
    jobs = db.session.scalars(select(Job).where(Job.kind == "rescore_accounts"))
    return [job.payload["account_ids"] for job in jobs]


def test_evidence_says_what_it_changed_and_has_the_account_rescored(ana):
    evidence = told(ana)
    assert evidence.effect == {"verified_on": ["2026-03-10", None]}
    assert ana.verified_on is None
    assert rescored() == [[ana.account_id]]


def test_evidence_that_changes_nothing_is_kept_and_rescores_nothing(ana):
    evidence = told(ana, occurred_at=NOW - timedelta(days=9))
    assert evidence.effect == {}
    assert ana.verified_on == YESTERDAY.date()
    assert rescored() == []


def test_the_same_thing_told_twice_is_one_row(ana):
    assert told(ana, source_id=7) is not None
    assert told(ana, source_id=7) is None
    assert len(db.session.scalars(select(Evidence)).all()) == 1


def test_an_answer_after_a_doubt_on_the_same_day_verifies_again(ana):
    told(ana, EvidenceKind.NOT_ME)
    told(
        ana,
        EvidenceKind.ANSWERED,
        source=EvidenceSource.ANSWER_PAGE,
        occurred_at=NOW + timedelta(minutes=5),
    )
    assert ana.verified_on == TODAY


def test_an_answer_from_before_a_doubt_verifies_nobody(ana):
    told(ana, EvidenceKind.NOT_ME)
    told(
        ana,
        EvidenceKind.ANSWERED,
        source=EvidenceSource.ANSWER_PAGE,
        occurred_at=NOW - timedelta(minutes=5),
    )
    assert ana.verified_on is None


def test_a_doubt_from_before_a_confirmation_of_the_same_day_changes_nothing(ana):
    confirmed(ana)
    told(ana, occurred_at=NOW - timedelta(minutes=1))
    assert ana.verified_on == TODAY


def test_a_doubt_from_after_a_confirmation_of_the_same_day_counts(ana):
    confirmed(ana)
    told(ana, occurred_at=NOW + timedelta(minutes=1))
    assert ana.verified_on is None


def test_a_day_of_confirmation_in_the_future_does_not_shut_out_what_is_said_today(app):
    ana = a_contact(verified_on=TODAY + timedelta(days=40))
    told(ana)
    assert ana.verified_on is None


def test_a_confirmation_of_somebody_merged_counts_for_the_one_they_are(ana):
    double = a_contact(ana.account, status=ContactStatus.LEFT, merged_into_id=ana.id, verified_on=None)
    told(double, EvidenceKind.CONFIRMED)
    assert (double.verified_on, ana.verified_on) == (None, TODAY)


def test_a_csm_may_confirm_again_and_again(ana):
    confirmed(ana)
    told(ana, occurred_at=NOW + timedelta(minutes=1))
    confirmed(ana, at=NOW + timedelta(minutes=2))
    assert ana.verified_on == TODAY


def test_a_refused_address_is_noted_with_everybody_who_has_it(app):
    people = [a_contact(email="ana@customer.example") for _account in range(2)]
    other = a_contact()
    with transaction():
        record_bounce("Ana@customer.example", message_id=5, occurred_at=NOW, now=NOW)
    assert [person.status for person in (*people, other)] == ["bounced", "bounced", "active"]


def test_a_mailbox_that_says_its_owner_left_and_who_follows_leaves_a_suggestion(ana):
    evidence = told(ana, source=EvidenceSource.MAIL, source_id=3)
    with transaction():
        suggestion = suggest(
            ana.account_id,
            SuggestionKind.NEW_PERSON,
            key="mail:3",
            source=EvidenceSource.MAIL,
            source_id=3,
            replaces_id=ana.id,
            values={"first_name": "Ken", "email": "ken@customer.example"},
            now=NOW,
        )
    assert ana.status == ContactStatus.LEFT
    assert evidence.effect["status"] == ["active", "left"]
    assert suggestion.replaces is ana


def test_a_change_in_the_crm_casts_doubt_and_can_propose_what_is_right(ana):
    told(ana, EvidenceKind.CHANGED_ELSEWHERE, source=EvidenceSource.CRM)
    assert (ana.status, ana.verified_on) == (ContactStatus.ACTIVE, None)


def test_undoing_puts_back_what_was(ana):
    evidence = told(ana, source=EvidenceSource.MAIL)
    kept = undone(evidence)
    assert kept == []
    assert (ana.status, ana.verified_on) == (ContactStatus.ACTIVE, YESTERDAY.date())
    assert evidence.undone_at == NOW


def test_undoing_leaves_what_was_changed_since_and_says_so(ana):
    evidence = told(ana, source=EvidenceSource.MAIL)
    ana.verified_on = TODAY
    save(ana)
    kept = undone(evidence)
    assert kept == ["verified_on"]
    assert (ana.status, ana.verified_on) == (ContactStatus.ACTIVE, TODAY)


def test_undoing_twice_changes_nothing_more(ana):
    evidence = told(ana)
    undone(evidence)
    ana.verified_on = None
    save(ana)
    undone(evidence, at=NOW + timedelta(days=1))
    assert (ana.verified_on, evidence.undone_at) == (None, NOW)


def test_an_event_that_repeats_itself_stays_undone(ana):
    evidence = told(ana, source_id=9)
    undone(evidence)
    assert told(ana, source_id=9) is None
    assert ana.verified_on == YESTERDAY.date()


def test_undone_doubt_stands_in_nobodys_way(ana):
    evidence = told(ana)
    undone(evidence)
    told(ana, EvidenceKind.CONFIRMED, occurred_at=NOW - timedelta(minutes=5))
    assert ana.verified_on == TODAY


def test_an_opt_out_made_after_the_evidence_outlives_its_undoing(ana):
    evidence = told(ana, source=EvidenceSource.MAIL)
    ana.status = ContactStatus.OPTED_OUT
    save(ana)
    assert "status" in undone(evidence)
    assert ana.status == ContactStatus.OPTED_OUT


def bounced(contact):
    """A contact whose address a mail server called dead; returns the evidence."""
    with transaction():
        suppress_address(contact.email, reason="address_dead", source="message 5")
        record_bounce(contact.email, message_id=5, occurred_at=NOW, now=NOW)
    return db.session.scalars(select(Evidence)).one()


def test_taking_a_bounce_back_lets_the_address_be_written_to_again(ana):
    evidence = bounced(ana)
    assert ana.status == ContactStatus.BOUNCED
    undone(evidence)
    assert (ana.status, is_suppressed(ana.email)) == (ContactStatus.ACTIVE, False)


def test_taking_a_bounce_back_lifts_no_opt_out(ana):
    evidence = bounced(ana)
    with transaction():
        suppress_address(ana.email, reason="opted_out", source="page")
    undone(evidence)
    assert is_suppressed(ana.email)


def test_two_processes_that_tell_the_same_thing_tell_it_once(separate_app):
    with separate_app.app_context():
        contact_id = a_contact().id

    def tell():
        with separate_app.app_context(), transaction():
            contact = db.session.get_one(Contact, contact_id)
            record_evidence(
                contact,
                EvidenceKind.SILENT,
                source=EvidenceSource.WAVE,
                source_id=1,
                occurred_at=NOW,
                now=NOW,
            )

    threads = [Thread(target=tell) for _unused in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with separate_app.app_context():
        assert len(db.session.scalars(select(Evidence)).all()) == 1


def test_an_account_of_somebody_else_is_left_alone(ana):
    other = an_account()
    told(ana)
    assert [other.id] not in rescored()
