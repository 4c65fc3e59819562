"""Numbers, money and moments as people read them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale

from vocapp.core import formats

NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _page(app: Flask) -> object:
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize(
    ("nps", "text"), [(0.19, "+19"), (-0.07, "−7"), (0.0, "0"), (-0.001, "0"), (1.0, "+100"), (None, "–")]
)
def test_nps_is_signed_points(nps: float | None, text: str) -> None:
    assert formats.points(nps) == text


def test_shares_are_whole_percent() -> None:
    assert [formats.percent(share) for share in (0.625, 0.0, 1.0, None)] == ["62%", "0%", "100%", "–"]


def test_negative_shares_have_a_true_minus_and_differences_a_sign() -> None:
    assert [formats.percent(share) for share in (-0.042, -0.001)] == ["−4%", "0%"]
    signed = [formats.signed_percent(share) for share in (0.12, -0.042, 0.001, None)]
    assert signed == ["+12%", "−4%", "0%", "–"]
    assert [formats.signed(number, 1) for number in (2.04, -2.06, 0.04)] == ["+2.0", "−2.1", "0.0"]


def test_a_negative_amount_has_the_same_minus() -> None:
    assert formats.money(-1200, "EUR") == "−€1,200"
    assert [formats.short_money(amount, "USD") for amount in (-5, -1_240_000)] == ["−$5", "−$1.2M"]


def test_numbers_carry_separators_and_a_true_minus() -> None:
    assert [formats.decimal(10_000), formats.decimal(-1.25, 1), formats.decimal(None)] == [
        "10,000",
        "−1.2",
        "–",
    ]


def test_numbers_follow_the_language() -> None:
    with force_locale("de"):
        assert formats.decimal(10_000.5, 1) == "10.000,5"
        assert formats.percent(0.28) == "28\N{NO-BREAK SPACE}%"
        assert formats.money(1_200_000, "EUR") == "1.200.000\N{NO-BREAK SPACE}€"
        assert formats.short_money(600_000, "EUR") == "600.000\N{NO-BREAK SPACE}€"
        assert formats.short_money(1_240_000, "EUR") == "1,2\N{NO-BREAK SPACE}Mio.\N{NO-BREAK SPACE}€"
        assert formats.day(date(2026, 3, 12)) == "12.03.2026"
    with force_locale("ja"):
        assert formats.money(1_200_000, "JPY") == "￥1,200,000"


def test_numbers_in_arabic_keep_latin_digits_and_their_sign_on_the_left() -> None:
    with force_locale("ar"):
        assert formats.points(-0.07) == "\N{LEFT-TO-RIGHT MARK}−7"
        assert formats.signed(19) == "\N{LEFT-TO-RIGHT MARK}+19"
        assert formats.plus_minus((0.1, 0.3), 100) == "\N{LEFT-TO-RIGHT MARK}±\N{NO-BREAK SPACE}10"
        assert formats.decimal(1234.5, 1) == "1,234.5"
        assert formats.day(date(2026, 3, 12)) == "12 مارس 2026"


def test_an_interval_is_shown_by_half_its_width_or_its_ends() -> None:
    assert formats.plus_minus((0.1, 0.3), 100) == "±\N{NO-BREAK SPACE}10"
    assert formats.interval((0.1, 0.3), 100) == "10 to 30"
    assert formats.plus_minus(None) == formats.interval(None) == ""


@pytest.mark.parametrize(
    ("amount", "currency", "whole", "short"),
    [
        (1_240_000, "EUR", "€1,240,000", "€1.2M"),
        (84_000, "USD", "$84,000", "$84K"),
        (1_240_000, "", "1,240,000", "1.2M"),
        (0, "EUR", "€0", "€0"),
        (None, "EUR", "–", "–"),
    ],
)
def test_money_is_shown_whole_and_at_a_glance(
    amount: int | None, currency: str, whole: str, short: str
) -> None:
    assert formats.money(amount, currency) == whole
    assert formats.short_money(amount, currency) == short


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (41, "in 41 days"),
        (-3, "3 days ago"),
        (120, "in 120 days"),
        (200, "in 7 months"),
        (800, "in 2 years"),
    ],
)
def test_a_date_is_as_far_away_as_people_say_it(days: int, text: str) -> None:
    assert formats.ago(NOW.date() + timedelta(days=days), NOW) == text


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(minutes=-5), "5 minutes ago"),
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(hours=-23), "yesterday"),
    ],
)
def test_a_moment_of_today_is_told_in_hours(distance: timedelta, text: str) -> None:
    assert formats.ago(NOW + distance, NOW) == text


def test_days_and_moments_are_written_out() -> None:
    assert formats.day(date(2026, 3, 1)) == "Mar 1, 2026"
    assert formats.moment(NOW).replace("\N{NO-BREAK SPACE}", " ") == "Mar 11, 2026, 10:00:00 AM"
    assert formats.day(None) == formats.moment(None) == formats.ago(None) == "–"


def test_answers_are_counted_in_words() -> None:
    assert [formats.answers(n) for n in (0, 1, 12)] == ["no answer yet", "1 answer", "12 answers"]


def test_nothing_lost_has_no_sign(app: Flask) -> None:
    with app.test_request_context():
        assert [formats.decimal(-0.0), formats.decimal(-0.0, 1), formats.decimal(-0.04, 1)] == [
            "0",
            "0.0",
            "0.0",
        ]


def test_an_interval_of_shares_has_one_sign_and_in_arabic_on_the_same_side_as_a_share_alone() -> None:
    assert formats.share_interval((0.124, 0.406)) == "12 to 41%"
    assert formats.share_interval(None) == ""
    with force_locale("de"):
        assert formats.share_interval((0.124, 0.406)) == "12 bis 41\N{NO-BREAK SPACE}%"
    with force_locale("ar"):
        alone = formats.percent(0.41)
        assert alone == "\N{LEFT-TO-RIGHT MARK}41%"
        assert formats.share_interval((0.124, 0.41)).endswith(alone)
