"""The life of a message."""

from datetime import UTC, datetime, timedelta

import pytest

from vocapp.outbox.rules import (
    TRANSITIONS,
    MessageState,
    heeds_suppression,
    message_id_for,
    next_attempt,
    states_before,
)

NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


def test_the_table_of_transitions_knows_every_state():
    assert set(TRANSITIONS) == set(MessageState)


@pytest.mark.parametrize(
    "state", [MessageState.SENT, MessageState.FAILED, MessageState.SUPPRESSED, MessageState.CANCELLED]
)
def test_a_final_state_has_no_way_out(state):
    assert TRANSITIONS[state] == frozenset()


def test_only_a_queued_message_may_be_cancelled():
    assert states_before(MessageState.CANCELLED) == (MessageState.QUEUED,)


def test_only_a_message_in_flight_or_in_doubt_can_turn_out_sent():
    assert set(states_before(MessageState.SENT)) == {MessageState.SENDING, MessageState.UNKNOWN}


def test_retries_come_after_5_15_30_minutes_then_1_2_4_8_hours_until_three_days_are_over():
    now, pauses = NOW, []
    for attempts in range(1, 30):
        later = next_attempt(attempts, first_tried_at=NOW, now=now)
        if later is None:
            break
        pauses.append((later - now) / timedelta(minutes=1))
        now = later
    assert pauses == [5, 15, 30, 60, 120, 240, *[480] * 8]


def test_no_retry_comes_after_the_time_by_which_it_must_be_sent():
    assert next_attempt(1, first_tried_at=NOW, now=NOW, send_by=NOW + timedelta(minutes=4)) is None


def test_a_server_that_asks_for_a_longer_pause_gets_it():
    later = next_attempt(1, first_tried_at=NOW, now=NOW, retry_after=timedelta(hours=1))
    assert later == NOW + timedelta(hours=1)


def test_the_message_id_of_a_key_is_always_the_same_and_in_the_senders_domain():
    first = message_id_for("invitation:17", mail_from="voice@vendor.example", secret="ours")
    assert first == message_id_for("invitation:17", mail_from="voice@vendor.example", secret="ours")
    assert first.startswith("<")
    assert first.endswith("@vendor.example>")


def test_keys_that_differ_only_in_punctuation_have_different_message_ids():
    keys = ("reminder:1:11", "reminder:11:1")
    assert len({message_id_for(key, mail_from="a@b.example", secret="ours") for key in keys}) == 2


def test_nobody_without_the_secret_can_tell_a_message_id():
    ours, theirs = (
        message_id_for("invitation:17", mail_from="a@b.example", secret=secret)
        for secret in ("ours", "a guess")
    )
    assert ours.partition(".")[0] != theirs.partition(".")[0]


def test_a_message_id_of_a_strange_key_is_plain_ascii():
    message_id = message_id_for("имя <x> \r\n " * 20, mail_from="a@b.example", secret="ours")
    assert message_id.isascii()
    assert len(message_id) < 150
    assert not set(message_id[1:-1]) & set("<> \r\n")


def test_opting_out_of_surveys_does_not_stop_a_mail_somebody_here_asked_for():
    assert not heeds_suppression("user")
    assert heeds_suppression("invitation")
