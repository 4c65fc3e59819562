"""How fast mail may go: the judgements alone, without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from vocapp.outbox.causes import Cause, judge_reply
from vocapp.outbox.pacing import (
    GRANT,
    SLOWEST_PACE,
    Bucket,
    burst,
    cooling_time,
    daily_cap,
    is_complained_too_often,
    is_refused_too_often,
    lane_of_host,
    pace_now,
    refilled,
    slower,
    time_to_refill,
    warm_up_week,
)

START = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("host", "lane"),
    [
        ("alt1.aspmx.l.google.com.", "google.com"),
        ("ASPMX.L.GOOGLE.COM", "google.com"),
        ("customer-example.mail.protection.outlook.com", "outlook.com"),
        ("mx1.customer.example", "customer.example"),
        ("mx.mail.customer.co.uk", "customer.co.uk"),
        ("mx.customer.com.au", "customer.com.au"),
        ("mx.customer.de", "customer.de"),
        ("de", "de"),
    ],
)
def test_all_hosts_of_a_provider_are_one_lane(host: str, lane: str):
    assert lane_of_host(host) == lane


@given(
    per_minute=st.integers(1, 5000),
    waits=st.lists(st.floats(0, 40), max_size=60),
    delays=st.lists(st.floats(0, GRANT.total_seconds()), min_size=60, max_size=60),
)
def test_no_sixty_seconds_see_more_mails_than_the_limit(
    per_minute: int, waits: list[float], delays: list[float]
):
    """Whoever takes all there is each time, and sends it as late as a grant allows."""
    now, sent = NOW, []
    bucket = Bucket(burst(per_minute), now)
    for wait, delay in zip(waits, delays, strict=False):
        now += timedelta(seconds=wait)
        bucket = refilled(bucket, now=now, per_minute=per_minute)
        taken = int(bucket.tokens)
        sent.append((now + timedelta(seconds=delay), taken))
        bucket = Bucket(bucket.tokens - taken, now)
    for begins, _ in sent:
        within = sum(taken for at, taken in sent if begins <= at < begins + timedelta(seconds=60))
        assert within <= per_minute


@pytest.mark.parametrize("per_minute", [1, 7, 60, 600, 5000])
def test_nearly_the_limit_is_reached(per_minute: int):
    hour = timedelta(hours=1) / timedelta(minutes=1)
    now, bucket, taken = NOW, Bucket(burst(per_minute), NOW), 0
    while now < NOW + timedelta(hours=1):
        bucket = refilled(bucket, now=now, per_minute=per_minute)
        taken += int(bucket.tokens)
        bucket = Bucket(bucket.tokens - int(bucket.tokens), now)
        now += max(timedelta(seconds=1), time_to_refill(bucket, per_minute=per_minute))
    assert taken >= 0.7 * per_minute * hour


def test_a_clock_that_goes_back_gives_no_tokens():
    bucket = refilled(Bucket(3, NOW), now=NOW - timedelta(hours=1), per_minute=60)
    assert bucket.tokens == 3


def test_each_deferral_halves_the_speed_down_to_a_sixteenth():
    pace, slowed_at = 1.0, None
    seen = []
    for minute in range(7):
        pace, slowed_at = slower(pace, slowed_at, now=NOW + timedelta(minutes=minute))
        seen.append(pace)
    assert seen == [1 / 2, 1 / 4, 1 / 8, 1 / 16, SLOWEST_PACE, SLOWEST_PACE, SLOWEST_PACE]


def test_deferrals_of_one_moment_halve_it_once():
    pace, slowed_at = slower(1.0, None, now=NOW)
    assert slower(pace, slowed_at, now=NOW + timedelta(seconds=59)) == (0.5, NOW)


def test_speed_comes_back_by_a_tenth_every_ten_minutes():
    paces = [pace_now(0.5, NOW, now=NOW + timedelta(minutes=minutes)) for minutes in (0, 9, 10, 25, 50, 500)]
    assert paces == pytest.approx([0.5, 0.5, 0.6, 0.7, 1.0, 1.0])


def test_a_lane_rests_longer_each_time_and_as_long_as_it_asks():
    rests = [cooling_time(setbacks) / timedelta(minutes=1) for setbacks in (1, 2, 3, 4, 9)]
    assert rests == [5, 15, 30, 60, 60]
    assert cooling_time(1, timedelta(hours=2)) == timedelta(hours=2)


@pytest.mark.parametrize(
    ("day", "week"), [(-1, None), (0, 0), (6, 0), (7, 1), (20, 2), (27, 3), (28, None), (400, None)]
)
def test_the_warm_up_has_four_weeks(day: int, week: int | None):
    assert warm_up_week(START, today=START + timedelta(days=day)) == week


@pytest.mark.parametrize(
    ("day", "before", "cap"),
    [
        (0, (), 100),
        (3, (100, 100), 100),
        (7, (100,), 200),
        (8, (200, 100), 400),
        (9, (400, 200), 500),
        (7, (), 100),
        (14, (0, 0, 500), 1000),
        (21, (9, 9), 100),
        (27, (2000, 9000), 10_000),
        (28, (3,), None),
    ],
)
def test_a_day_of_the_warm_up_has_its_number_and_at_most_twice_the_best_before(day, before, cap):
    assert daily_cap(START, today=START + timedelta(days=day), sent_before=before) == cap


def test_without_a_warm_up_there_is_no_number():
    assert daily_cap(None, today=START, sent_before=()) is None


@pytest.mark.parametrize(
    ("refusals", "tries", "is_too_often"), [(4, 4, False), (5, 5, True), (5, 100, True), (6, 121, False)]
)
def test_five_refusals_and_five_percent_are_too_many(refusals, tries, is_too_often):
    assert is_refused_too_often(refusals, tries) is is_too_often


@pytest.mark.parametrize(
    ("complaints", "sent", "is_too_often"), [(2, 10, False), (3, 1000, True), (3, 1001, False)]
)
def test_three_complaints_and_three_in_a_thousand_are_too_many(complaints, sent, is_too_often):
    assert is_complained_too_often(complaints, sent) is is_too_often


@pytest.mark.parametrize(
    ("code", "status", "text", "cause"),
    [
        (None, None, "", Cause.UNREACHABLE),
        (550, "5.7.1", "5.7.1 rejected", Cause.POLICY),
        (421, "4.7.0", "4.7.0 slow down", Cause.POLICY),
        (550, None, "listed by Spamhaus", Cause.POLICY),
        (554, None, "your IP has poor reputation", Cause.POLICY),
        (421, "4.3.2", "4.3.2 closing", Cause.BUSY),
        (421, None, "too many connections", Cause.BUSY),
        (451, "4.4.2", "4.4.2 timeout", Cause.BUSY),
        (552, "5.2.2", "5.2.2 full", Cause.MAILBOX),
        (450, "4.2.1", "4.2.1 busy", Cause.MAILBOX),
        (451, None, "later", Cause.PUT_OFF),
        (550, None, "no", Cause.REFUSED),
        (501, "5.5.4", "5.5.4 syntax", Cause.REFUSED),
    ],
)
def test_a_reply_has_one_cause(code, status, text, cause):
    assert judge_reply(code, status, text) is cause


def test_a_refused_sign_in_is_no_matter_of_standing():
    assert judge_reply(535, "5.7.8", "5.7.8 wrong password", is_connecting=True) is Cause.SIGN_IN


def test_a_dead_address_is_the_addresss_trouble():
    assert judge_reply(550, "5.1.1", "5.1.1 spam trap?", is_address_dead=True) is Cause.DEAD_ADDRESS


@given(st.text(max_size=500), st.integers(400, 599))
def test_every_reply_has_a_cause(text: str, code: int):
    assert judge_reply(code, None, text) in Cause
