"""Findings, gaps of a day, shares and spreads: numbers in, judgements out."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.measure import MeasureState
from vocapp.coverage.rules import (
    Champion,
    Circle,
    FindingKind,
    OpenGap,
    Participant,
    judge_circle,
    judge_gaps,
    share_of,
    spread_of,
)

DAY = date(2026, 3, 11)
SEATS = {"decision_maker": 1, "champion": 1}
ANA = Participant(1, "Ana", ("champion",))
BEN = Participant(2, "Ben", ("decision_maker",))
CLEO = Participant(3, "Cleo", ("champion",))


def kinds(circle: Circle) -> list[FindingKind]:
    return [finding.kind for finding in judge_circle(circle)]


def test_one_person_who_answers_is_a_single_thread() -> None:
    finding = judge_circle(Circle(SEATS, people=4, participants=(BEN,), champions=(champion(),)))[0]
    assert (finding.kind, finding.person) == (FindingKind.SINGLE_THREADED, "Ben")


def test_two_people_of_different_personas_are_no_single_thread() -> None:
    assert kinds(Circle(SEATS, people=4, participants=(ANA, BEN), champions=(champion(),))) == []


def test_two_people_of_one_persona_are_a_single_thread() -> None:
    finding = judge_circle(Circle(SEATS, people=4, participants=(ANA, CLEO), champions=(champion(),)))[0]
    assert (finding.kind, finding.persona, finding.people) == (FindingKind.SINGLE_THREADED, "champion", 2)


def test_one_persona_is_enough_where_no_other_is_asked_for_or_known() -> None:
    users = tuple(Participant(number, "Uli", ("power_user",)) for number in (1, 2))
    circle = Circle({"power_user": 3}, people=2, personas=frozenset({"power_user"}), participants=users)
    assert kinds(circle) == []


def test_the_only_person_there_is_no_single_thread() -> None:
    assert kinds(Circle({"power_user": 1}, people=1, participants=(ANA,))) == []


def test_one_person_beside_others_who_stay_silent_is_a_single_thread() -> None:
    assert kinds(Circle({}, people=2, participants=(ANA,))) == [FindingKind.SINGLE_THREADED]


def test_nobody_answers_is_another_matter_than_a_single_thread() -> None:
    circle = Circle({"decision_maker": 2}, people=3, was_asked=True)
    assert kinds(circle) == [FindingKind.NOBODY_ANSWERS]


def test_who_was_never_asked_is_not_reproached() -> None:
    assert kinds(Circle({"decision_maker": 2}, people=3)) == []


def champion(name: str = "Ana", *, is_verified: bool = True, has_left: bool = False) -> Champion:
    return Champion(1, name, is_verified=is_verified, has_left=has_left)


def test_a_champion_is_missing_where_one_is_asked_for_and_nobody_known() -> None:
    assert kinds(Circle(SEATS)) == [FindingKind.CHAMPION_MISSING]
    assert kinds(Circle({"decision_maker": 1})) == []


def test_a_doubtful_champion_is_not_missing() -> None:
    assert kinds(Circle(SEATS, champions=(champion(is_verified=False),))) == []


def test_a_champion_who_left_is_named_with_a_successor_to_confirm() -> None:
    circle = Circle(SEATS, champions=(champion("Ana", has_left=True), champion("Ben", is_verified=False)))
    (finding,) = judge_circle(circle)
    assert (finding.kind, finding.person) == (FindingKind.CHAMPION_LEFT, "Ana")
    assert finding.successor is not None
    assert finding.successor.name == "Ben"


def test_a_champion_who_left_and_was_replaced_is_no_finding() -> None:
    assert kinds(Circle(SEATS, champions=(champion(has_left=True), champion("Ben")))) == []


def gaps(*days_ago: int) -> list[OpenGap]:
    return [OpenGap(number, DAY - timedelta(days=days)) for number, days in enumerate(days_ago)]


def test_an_empty_seat_opens_a_gap() -> None:
    assert judge_gaps([], verified_before=2, verified=1, required=2).opens == 1


def test_the_oldest_gap_closes_first() -> None:
    day = judge_gaps(gaps(3, 40, 9), verified_before=0, verified=1, required=3)
    assert (day.filled, day.stays, day.opens) == ((1,), (2, 0), 0)


def test_a_lowered_requirement_withdraws_gaps_instead_of_filling_them() -> None:
    day = judge_gaps(gaps(3, 9), verified_before=1, verified=1, required=1)
    assert (day.filled, day.withdrawn) == ((), (1, 0))


def test_somebody_confirmed_counts_even_when_less_is_asked_for() -> None:
    day = judge_gaps(gaps(5, 9, 2), verified_before=0, verified=1, required=2)
    assert (day.filled, day.withdrawn, day.stays) == ((1,), (0,), (2,))


def test_a_raised_requirement_opens_gaps() -> None:
    assert judge_gaps(gaps(5), verified_before=1, verified=1, required=4).opens == 2


@given(
    st.lists(st.integers(1, 400), max_size=8),
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(0, 8),
)
def test_there_are_as_many_gaps_at_night_as_seats_are_missing(
    days_ago: list[int], verified_before: int, verified: int, required: int
) -> None:
    before = gaps(*days_ago)
    verified = min(verified, required)
    day = judge_gaps(before, verified_before=verified_before, verified=verified, required=required)
    assert len(day.stays) + day.opens == required - verified
    assert sorted((*day.stays, *day.filled, *day.withdrawn)) == [gap.id for gap in before]
    assert len(day.filled) <= max(0, verified - verified_before)


def test_a_share_of_nothing_is_not_measured() -> None:
    measure = share_of(0, 0, of="nobody was asked")
    assert (measure.value, measure.state) == (None, MeasureState.NOT_MEASURED)


def test_a_share_of_few_is_a_hint_and_has_a_wide_interval() -> None:
    measure = share_of(3, 3, of="")
    assert measure.state is MeasureState.PROVISIONAL
    assert measure.ci == (pytest.approx(0.4385, abs=1e-4), 1.0)


def test_a_spread_has_median_and_quartiles() -> None:
    spread = spread_of({2: 1, 4: 2, 10: 1, 40: 1})
    assert spread is not None
    assert (spread.median, spread.low, spread.high, spread.n) == (4, 4, 10, 5)


def test_there_is_no_spread_of_nothing() -> None:
    assert spread_of({}) is None
