"""Who is asked and who is not."""

from datetime import UTC, datetime

import pytest

from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns.fatigue import Rest, RestReason
from vocapp.campaigns.rules import (
    Candidate,
    ExclusionReason,
    InvitationState,
    expected_answers,
    judge_contact,
    judge_roster,
    may_settle,
)
from vocapp.outbox.notes import note_problem

NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
ANA = Candidate(contact_id=1, address="ana@customer.example")


def test_an_active_contact_is_asked() -> None:
    assert judge_contact(ANA) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account_status": AccountStatus.CHURNED}, ExclusionReason.ACCOUNT_CHURNED),
        ({"status": ContactStatus.LEFT}, ExclusionReason.LEFT),
        ({"status": ContactStatus.BOUNCED}, ExclusionReason.BOUNCED),
        ({"status": ContactStatus.OPTED_OUT}, ExclusionReason.OPTED_OUT),
        ({"is_suppressed": True}, ExclusionReason.SUPPRESSED),
        ({"is_role_address": True}, ExclusionReason.ROLE_ADDRESS),
        ({"is_chosen_out": True}, ExclusionReason.CHOSEN),
        ({"is_left_unverified": True}, ExclusionReason.NOT_VERIFIED),
        ({"is_without_language": True}, ExclusionReason.NO_LANGUAGE),
        ({"rest": Rest(NOW, RestReason.ASKED_RECENTLY)}, ExclusionReason.ASKED_RECENTLY),
        ({"rest": Rest(NOW, RestReason.SURVEY_REST)}, ExclusionReason.SURVEY_REST),
        ({"rest": Rest(NOW, RestReason.MAIL_BUDGET)}, ExclusionReason.MAIL_BUDGET),
        ({"rest": Rest(None, RestReason.ABSENT)}, ExclusionReason.ABSENT),
        ({"rest": Rest(None, RestReason.TOO_LATE)}, ExclusionReason.TOO_LATE),
    ],
)
def test_each_reason_keeps_a_contact_out(changes: dict[str, object], reason: ExclusionReason) -> None:
    assert judge_contact(ANA._replace(**changes)) is reason


def test_the_reason_nobody_can_mend_is_named_first() -> None:
    gone = ANA._replace(status=ContactStatus.LEFT, is_chosen_out=True, rest=Rest(NOW, RestReason.ABSENT))
    assert judge_contact(gone) is ExclusionReason.LEFT


def test_one_address_is_asked_once_and_the_heaviest_persona_keeps_the_place() -> None:
    roster = [
        Candidate(contact_id=1, address="ana@customer.example", weight=1.0),
        Candidate(contact_id=2, address="ana@customer.example", weight=3.0),
    ]
    assert judge_roster(roster) == {1: ExclusionReason.SAME_ADDRESS, 2: None}


def test_a_person_taken_out_leaves_their_address_to_the_other_record() -> None:
    roster = [
        Candidate(contact_id=1, address="ana@customer.example"),
        Candidate(contact_id=2, address="ana@customer.example", weight=3.0, is_chosen_out=True),
    ]
    assert judge_roster(roster) == {1: None, 2: ExclusionReason.CHOSEN}


def test_an_address_already_invited_in_the_wave_is_not_asked_through_another_record() -> None:
    judged = judge_roster([ANA], taken={"ana@customer.example"})
    assert judged == {1: ExclusionReason.SAME_ADDRESS}


@pytest.mark.parametrize(
    ("current", "wanted", "changes"),
    [
        (InvitationState.SENT, InvitationState.COMPLETED, True),
        (InvitationState.PLANNED, InvitationState.BOUNCED, True),
        (InvitationState.COMPLETED, InvitationState.COMPLETED, False),
        (InvitationState.COMPLETED, InvitationState.OPTED_OUT, False),
        (InvitationState.COMPLETED, InvitationState.BOUNCED, False),
        (InvitationState.DECLINED, InvitationState.COMPLETED, True),
        (InvitationState.SILENT, InvitationState.BOUNCED, True),
        (InvitationState.OPTED_OUT, InvitationState.SILENT, False),
    ],
)
def test_a_weaker_outcome_never_replaces_a_stronger_one(
    current: InvitationState, wanted: InvitationState, changes: bool
) -> None:
    assert may_settle(current, wanted) is changes


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        ("", None),
        ("Hello {{first_name}}, a < b and we <3 you & {{ sender }}.", None),
        ("x" * 2_001, "too_long"),
        ("See <b>this</b>", "markup"),
        ("<!-- hidden -->", "markup"),
        ("Dear {{frist_name}}", "unknown_field"),
        ("{{ 7*7 }}", "unknown_field"),
        ("{% for x in y %}", None),
    ],
)
def test_a_note_is_plain_text_with_known_fields(note: str, problem: str | None) -> None:
    assert note_problem(note) == problem


def test_expected_answers_come_with_their_range() -> None:
    expected = expected_answers(20, answered=12, closed=40, rates=(0.18, 0.45))
    assert expected is not None
    assert (expected.likely, expected.low, expected.high, expected.n) == (6, 3, 9, 40)


def test_too_short_a_history_expects_nothing() -> None:
    assert expected_answers(20, answered=5, closed=9, rates=(0.2, 0.8)) is None
