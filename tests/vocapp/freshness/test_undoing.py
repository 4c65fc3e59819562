"""Evidence taken back, in whatever order: what holds of it has its effect, and nothing else."""

import itertools
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_user, an_account
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, transaction
from vocapp.duplicates.service import merge_contacts
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.freshness.service import (
    accept_suggestion,
    record_bounce,
    record_evidence,
    reopen_suggestion,
    undo_evidence,
)
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.service import suppress_address

from .builders import a_correction, a_suggestion, told

BEFORE = (NOW - timedelta(days=5)).date()
_numbers = itertools.count(1)

TOLD = (
    (EvidenceKind.CONFIRMED, EvidenceSource.CSM),
    (EvidenceKind.CONFIRMED, EvidenceSource.CHAMPION_PAGE),
    (EvidenceKind.ANSWERED, EvidenceSource.ANSWER_PAGE),
    (EvidenceKind.BOUNCED, EvidenceSource.MAIL),
    (EvidenceKind.SAID_LEFT, EvidenceSource.MAIL),
    (EvidenceKind.SAID_LEFT, EvidenceSource.ROSTER),
    (EvidenceKind.SAID_LEFT, EvidenceSource.CHAMPION_PAGE),
    (EvidenceKind.NOT_ME, EvidenceSource.ANSWER_PAGE),
    (EvidenceKind.SILENT, EvidenceSource.WAVE),
)
# What was said, how many hours after or before the first, and whether it is taken back, in which order.
stories = st.lists(
    st.tuples(st.sampled_from(TOLD), st.integers(-240, 240), st.none() | st.integers(0, 9)), max_size=6
)
starts = st.fixed_dictionaries(
    {
        "status": st.sampled_from(("active", "left", "bounced", "opted_out")),
        "verified_on": st.sampled_from((None, BEFORE, NOW.date())),
    }
)


@pytest.fixture
def ana(app: Flask) -> Contact:
    return a_contact(verified_on=BEFORE)


def undone(evidence: Evidence) -> list[str]:
    user = a_user()
    with transaction():
        return undo_evidence(evidence, by=user, now=NOW + timedelta(days=20))


def hear_all(contact: Contact, story: list) -> list[Evidence]:
    heard = []
    for minute, ((kind, source), hours, _order) in enumerate(story):
        evidence = record_evidence(
            contact,
            kind,
            source=source,
            source_id=next(_numbers),
            occurred_at=NOW + timedelta(hours=hours),
            now=NOW + timedelta(days=10, minutes=minute),
        )
        assert evidence is not None
        heard.append(evidence)
    return heard


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(start=starts, story=stories)
def test_undoing_in_any_order_is_as_if_it_had_never_been_said(app: Flask, start: dict, story: list) -> None:
    account, user = an_account(), a_user()
    ana, other = a_contact(account, **start), a_contact(account, **start)
    with transaction():
        heard = hear_all(ana, story)
        taken_back = [pair for pair in zip(story, heard, strict=True) if pair[0][2] is not None]
        for _said, evidence in sorted(taken_back, key=lambda pair: pair[0][2]):
            undo_evidence(evidence, by=user, now=NOW + timedelta(days=20))
        hear_all(other, [said for said in story if said[2] is None])
        assert (ana.status, ana.verified_on) == (other.status, other.verified_on)


def test_of_one_moment_what_was_heard_later_still_counts(ana: Contact) -> None:
    told(ana, EvidenceKind.NOT_ME, occurred_at=NOW)
    told(ana, EvidenceKind.CONFIRMED, source=EvidenceSource.CSM, occurred_at=NOW)
    latest = told(ana, EvidenceKind.CONFIRMED, source=EvidenceSource.CSM, occurred_at=NOW + timedelta(days=1))
    undone(latest)
    assert ana.verified_on == NOW.date()


def test_a_doubt_taken_back_leaves_another_doubt_standing(ana: Contact) -> None:
    first, second = told(ana), told(ana, EvidenceKind.NOT_ME)
    undone(first)
    assert ana.verified_on is None
    undone(second)
    assert ana.verified_on == BEFORE


def test_an_address_two_mails_came_back_from_stays_dead_until_both_are_taken_back(ana: Contact) -> None:
    with transaction():
        suppress_address(ana.email, reason="address_dead", source="message 1")
        record_bounce(ana.email, message_id=1, occurred_at=NOW, now=NOW)
        record_bounce(ana.email, message_id=2, occurred_at=NOW, now=NOW)
    first, second = db.session.scalars(select(Evidence).order_by(Evidence.id)).all()
    undone(first)
    assert (ana.status, is_suppressed(ana.email)) == (ContactStatus.BOUNCED, True)
    undone(second)
    assert (ana.status, is_suppressed(ana.email)) == (ContactStatus.ACTIVE, False)


def test_a_merged_records_evidence_taken_back_leaves_the_doubt_about_the_kept_one(ana: Contact) -> None:
    double = a_contact(ana.account, verified_on=BEFORE + timedelta(days=1))
    told(ana)
    about_double = told(double)
    user = a_user()
    with transaction():
        merge_contacts(ana, double, chosen={}, by=user, now=NOW)
    undone(about_double)
    assert ana.verified_on is None


def test_a_mail_from_an_address_no_longer_used_stands_in_nobodys_way(ana: Contact) -> None:
    told(
        ana,
        EvidenceKind.BOUNCED,
        source=EvidenceSource.MAIL,
        details={"address": "old@customer.example"},
        occurred_at=NOW,
    )
    told(ana, EvidenceKind.ANSWERED, source=EvidenceSource.ANSWER_PAGE, occurred_at=NOW - timedelta(hours=1))
    assert ana.verified_on == NOW.date()


def test_somebody_who_is_back_at_a_dead_address_cannot_be_written_to(ana: Contact) -> None:
    told(ana, source=EvidenceSource.MAIL)
    with transaction():
        suppress_address(ana.email, reason="address_dead", source="message 5")
    told(ana, EvidenceKind.CONFIRMED, source=EvidenceSource.CSM, occurred_at=NOW + timedelta(hours=1))
    assert (ana.status, ana.verified_on) == (ContactStatus.BOUNCED, NOW.date())


def test_somebody_named_again_at_a_dead_address_cannot_be_written_to(ana: Contact) -> None:
    told(ana, source=EvidenceSource.MAIL)
    with transaction():
        suppress_address(ana.email, reason="address_dead", source="message 5")
    suggestion, user = a_suggestion(ana.account, values={"email": ana.email}), a_user()
    with transaction():
        accept_suggestion(suggestion, by=user, now=NOW)
    assert ana.status == ContactStatus.BOUNCED


def test_taking_back_an_accepted_address_lifts_no_opt_out(ana: Contact) -> None:
    with transaction():
        suppress_address("new@customer.example", reason="opted_out", source="page")
    suggestion, user = a_correction(ana, email="new@customer.example"), a_user()
    with transaction():
        accept_suggestion(suggestion, by=user, now=NOW)
    with transaction():
        kept = reopen_suggestion(suggestion, by=user, now=NOW)
    assert (ana.status, kept) == (ContactStatus.OPTED_OUT, ["status"])
