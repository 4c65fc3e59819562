"""What evidence makes of a contact, as sentences."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.accounts.rules import ContactStatus
from vocapp.freshness.rules import (
    OURS,
    VOUCHING,
    ContactFacts,
    Effect,
    EvidenceKind,
    EvidenceSource,
    is_silence_told,
    judge,
)

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
LAST_MONTH = date(2026, 2, 11)

ANA = ContactFacts(status=ContactStatus.ACTIVE, verified_on=LAST_MONTH, occurred_at=NOON)
DOUBTFUL = Effect(ContactStatus.ACTIVE, None)
UNCHANGED = Effect(ContactStatus.ACTIVE, LAST_MONTH)


def ana(**facts):
    return replace(ANA, **facts)


def test_a_refused_address_makes_a_contact_bounced_and_unverified():
    assert judge(EvidenceKind.BOUNCED, EvidenceSource.MAIL, ANA) == Effect(ContactStatus.BOUNCED, None)


def test_a_refusal_of_an_address_somebody_no_longer_has_changes_nothing():
    facts = ana(is_about_address_in_use=False)
    assert judge(EvidenceKind.BOUNCED, EvidenceSource.MAIL, facts) == UNCHANGED


def test_a_bounce_does_not_bring_back_somebody_who_left():
    facts = ana(status=ContactStatus.LEFT, verified_on=None)
    assert judge(EvidenceKind.BOUNCED, EvidenceSource.MAIL, facts).status == ContactStatus.LEFT


def test_the_reply_of_somebodys_own_mailbox_that_they_left_is_believed():
    assert judge(EvidenceKind.SAID_LEFT, EvidenceSource.MAIL, ANA) == Effect(ContactStatus.LEFT, None)


def test_what_the_csm_decides_is_believed():
    assert judge(EvidenceKind.SAID_LEFT, EvidenceSource.DECISION, ANA) == Effect(ContactStatus.LEFT, None)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        (EvidenceKind.SAID_LEFT, EvidenceSource.CHAMPION_PAGE),
        (EvidenceKind.SAID_LEFT, EvidenceSource.ANSWER_PAGE),
        (EvidenceKind.SAID_LEFT, EvidenceSource.CRM),
        (EvidenceKind.SAID_MOVED, EvidenceSource.MAIL),
        (EvidenceKind.NOT_ME, EvidenceSource.ANSWER_PAGE),
        (EvidenceKind.REFERRED, EvidenceSource.ANSWER_PAGE),
        (EvidenceKind.CHANGED_ELSEWHERE, EvidenceSource.CRM),
        (EvidenceKind.SILENT, EvidenceSource.WAVE),
    ],
)
def test_others_words_and_silence_only_cast_doubt(kind, source):
    assert judge(kind, source, ANA) == DOUBTFUL


@pytest.mark.parametrize("kind", sorted(VOUCHING))
def test_vouching_verifies_on_the_day_it_happened(kind):
    assert judge(kind, EvidenceSource.CHAMPION_PAGE, ANA) == Effect(ContactStatus.ACTIVE, TODAY)


def test_an_older_confirmation_does_not_replace_a_later_one():
    facts = ana(occurred_at=NOON - timedelta(days=60))
    assert judge(EvidenceKind.CONFIRMED, EvidenceSource.CSM, facts) == UNCHANGED


@pytest.mark.parametrize("kind", sorted(set(EvidenceKind) - VOUCHING))
def test_a_later_confirmation_beats_older_doubt(kind):
    facts = ana(confirmed_at=NOON + timedelta(minutes=1))
    assert judge(kind, EvidenceSource.MAIL, facts) == UNCHANGED


@pytest.mark.parametrize("kind", sorted(VOUCHING))
def test_later_doubt_beats_an_older_confirmation(kind):
    facts = ana(verified_on=None, doubted_at=NOON + timedelta(minutes=1))
    assert judge(kind, EvidenceSource.CSM, facts) == DOUBTFUL


def test_confirming_a_person_does_not_mend_their_address():
    facts = ana(status=ContactStatus.BOUNCED, verified_on=None)
    assert judge(EvidenceKind.CONFIRMED, EvidenceSource.CSM, facts) == Effect(ContactStatus.BOUNCED, TODAY)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        (EvidenceSource.CSM, ContactStatus.ACTIVE),
        (EvidenceSource.ANSWER_PAGE, ContactStatus.ACTIVE),
        (EvidenceSource.CHAMPION_PAGE, ContactStatus.LEFT),
        (EvidenceSource.CRM, ContactStatus.LEFT),
    ],
)
def test_only_the_csm_and_their_own_answer_bring_somebody_back_who_left(source, status):
    facts = ana(status=ContactStatus.LEFT, verified_on=None)
    assert judge(EvidenceKind.CONFIRMED, source, facts).status == status


@given(
    kind=st.sampled_from(EvidenceKind),
    source=st.sampled_from(EvidenceSource),
    verified_on=st.none() | st.just(LAST_MONTH),
    confirmed=st.none() | st.integers(-9, 9),
    doubted=st.none() | st.integers(-9, 9),
)
def test_an_opt_out_is_never_touched(kind, source, verified_on, confirmed, doubted):
    facts = ana(
        status=ContactStatus.OPTED_OUT,
        verified_on=verified_on,
        confirmed_at=None if confirmed is None else NOON + timedelta(days=confirmed),
        doubted_at=None if doubted is None else NOON + timedelta(days=doubted),
    )
    assert judge(kind, source, facts).status == ContactStatus.OPTED_OUT


@given(kind=st.sampled_from(EvidenceKind), source=st.sampled_from(EvidenceSource))
def test_nothing_makes_an_address_good_again_that_bounced(kind, source):
    facts = ana(status=ContactStatus.BOUNCED, verified_on=None)
    assert judge(kind, source, facts).status in (ContactStatus.BOUNCED, ContactStatus.LEFT)


def test_only_what_people_here_did_can_be_told_again_after_it_was_undone():
    assert not OURS & {EvidenceSource.MAIL, EvidenceSource.CRM, EvidenceSource.ANSWER_PAGE}


@pytest.mark.parametrize(
    ("in_a_row", "since_told", "is_told"),
    [(3, None, False), (4, None, True), (9, None, True), (5, 1, False), (8, 4, True), (3, 4, False)],
)
def test_silence_is_told_after_four_waves_and_again_after_four_more(in_a_row, since_told, is_told):
    assert is_silence_told(in_a_row, since_told, needed=4) is is_told
