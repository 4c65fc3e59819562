"""Judgements about answers, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from vocapp.campaigns.rules import WaveState
from vocapp.core.machines import Doubt, judge_sending
from vocapp.core.names import masked_name, split_name
from vocapp.responses.rules import is_open, reply_day

SENT = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15"


def judged(**changes):
    given = {
        "has_trap_value": False,
        "user_agent": BROWSER,
        "sent_at": SENT,
        "now": SENT + timedelta(hours=1),
    }
    return judge_sending(**{**given, **changes})


def test_an_ordinary_form_is_beyond_doubt():
    assert judged() is None


def test_the_hidden_field_alone_is_enough():
    assert judged(has_trap_value=True) is Doubt.TRAP_FIELD


def test_a_nameless_sender_alone_is_not():
    assert judged(user_agent="") is None


def test_a_quick_answer_alone_is_not():
    assert judged(now=SENT + timedelta(seconds=1)) is None


def test_a_nameless_quick_answer_is_doubtful():
    assert judged(user_agent=" ", now=SENT + timedelta(seconds=1)) is Doubt.MACHINE_SIGNS


def test_five_seconds_are_not_quick_any_more():
    assert judged(user_agent="", now=SENT + timedelta(seconds=5)) is None


def test_a_mail_whose_sending_is_unknown_was_not_answered_quickly():
    assert judged(user_agent="", sent_at=None) is None


@pytest.mark.parametrize("state", [state for state in WaveState if state is not WaveState.OPEN])
def test_only_an_open_wave_takes_answers(state):
    assert not is_open(state, None, now=SENT)


def test_a_wave_ends_at_its_end():
    assert is_open(WaveState.OPEN, SENT, now=SENT - timedelta(seconds=1))
    assert not is_open(WaveState.OPEN, SENT, now=SENT)


@pytest.mark.parametrize(
    ("answered", "due"),
    [
        (date(2026, 3, 9), date(2026, 3, 16)),
        (date(2026, 3, 13), date(2026, 3, 20)),
        (date(2026, 3, 14), date(2026, 3, 20)),
        (date(2026, 3, 15), date(2026, 3, 20)),
    ],
)
def test_a_reply_is_due_after_five_working_days(answered, due):
    assert reply_day(answered) == due


@pytest.mark.parametrize(
    ("names", "masked"),
    [
        (("Ana", "Silva", "a@b.example"), "A…"),
        (("", "Ito", "k@b.example"), "I…"),
        ((" ", "", "zoe@b.example"), "z…"),
        (("李", "", "l@b.example"), "李…"),
    ],
)
def test_a_masked_name_is_one_letter(names, masked):
    assert masked_name(*names) == masked


@pytest.mark.parametrize(
    ("typed", "split"),
    [
        ("Ken Ito", ("Ken", "Ito")),
        ("Ken", ("Ken", "")),
        ("", ("", "")),
        (" Anna  Maria  Rossi ", ("Anna Maria", "Rossi")),
    ],
)
def test_a_typed_name_is_split_at_its_last_space(typed, split):
    assert split_name(typed) == split
