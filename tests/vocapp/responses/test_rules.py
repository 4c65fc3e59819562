"""Judgements about answers, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from vocapp.campaigns.rules import WaveState
from vocapp.core.machines import Signal, doubt_of, is_quick, named, signals_in, visit_signals
from vocapp.core.names import masked_name, split_name
from vocapp.responses.models import LinkClick, Response
from vocapp.responses.rules import is_open, reply_day

SENT = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15"


def judged(*, user_agent=BROWSER, sent_at=SENT, now=SENT + timedelta(hours=1), has_trap_value=False):
    trap = {Signal.TRAP_FIELD} if has_trap_value else set()
    return doubt_of(trap | visit_signals(user_agent=user_agent, sent_at=sent_at, now=now))


def test_an_ordinary_form_is_beyond_doubt():
    assert judged() is None


def test_the_hidden_field_alone_is_enough():
    assert judged(has_trap_value=True) == "trap_field"


def test_a_nameless_sender_alone_is_not():
    assert judged(user_agent="") is None


def test_a_quick_answer_alone_is_not():
    assert judged(now=SENT + timedelta(seconds=1)) is None


def test_a_nameless_quick_answer_is_doubtful():
    assert judged(user_agent=" ", now=SENT + timedelta(seconds=1)) == "soon+bot"


def test_five_seconds_are_not_quick_any_more():
    assert judged(user_agent="", now=SENT + timedelta(seconds=5)) is None


def test_a_mail_whose_sending_is_unknown_was_not_answered_quickly():
    assert judged(user_agent="", sent_at=None) is None


def test_of_the_weak_signals_two_decide_and_one_does_not():
    weak = set(Signal) - {Signal.TRAP_FIELD}
    assert {doubt_of({signal}) for signal in weak} == {None}
    for one in weak:
        for other in weak - {one}:
            assert set(signals_in(doubt_of({one, other}))) == {one, other}


def test_every_doubt_about_a_click_fits_its_column():
    about_clicks = {Signal.BURST, Signal.BOTH_LINKS, Signal.SOON, Signal.BOT}
    assert len(named(about_clicks)) <= LinkClick.__table__.c.doubt.type.length
    assert len(named(Signal)) <= Response.__table__.c.quarantine_reason.type.length


def test_a_doubt_kept_under_its_former_name_is_read():
    assert set(signals_in("machine_signs")) == {Signal.SOON, Signal.BOT}
    assert signals_in(None) == ()


@pytest.mark.parametrize(("seconds", "expected"), [(0.4, True), (1.4, True), (1.5, False), (60, False)])
def test_nobody_reads_and_answers_within_a_second_and_a_half(seconds, expected):
    assert is_quick(SENT, now=SENT + timedelta(seconds=seconds)) is expected


def test_a_page_that_does_not_say_when_it_was_opened_was_not_quick():
    assert not is_quick(None, now=SENT)


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
