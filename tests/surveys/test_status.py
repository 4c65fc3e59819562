"""From strength to a colour, and when the colours stop telling accounts apart."""

import dataclasses

import pytest

from surveys.evidence import Components
from surveys.measure import Measure, MeasureState, not_measured
from surveys.shrinkage import Confidence
from surveys.status import Status, StatusJudgement, distribution_alarm, judge_status
from surveys.strength import Points, Strength

STRONG = Strength(
    components=Components(0.9, 0.8, 0.85),
    measure=Measure(84.0, 6, None, (75.0, 92.0), MeasureState.MEASURED),
    lost=Points(5.0, 8.0, 3.0),
    green=0.95,
    green_kept=0.98,
)


def judge(
    strength: Strength = STRONG,
    *,
    confidence: Confidence = Confidence.MEDIUM,
    silent_waves: int = 0,
    previous: Status | None = None,
) -> StatusJudgement:
    return judge_status(
        strength, confidence=confidence, decision_maker_silent_waves=silent_waves, previous=previous
    )


def changed(**changes: object) -> Strength:
    return dataclasses.replace(STRONG, **changes)


def test_a_surely_strong_account_is_green() -> None:
    assert judge().status is Status.GREEN


def test_a_surely_weak_account_is_red() -> None:
    assert judge(changed(green=0.0, green_kept=0.0, red=0.85)).status is Status.RED


def test_an_uncertain_account_is_amber() -> None:
    assert judge(changed(green=0.79, red=0.0)).status is Status.AMBER


def test_an_unmeasured_account_is_grey_and_says_why() -> None:
    found = judge(changed(measure=not_measured("no tier rule"), lost=None, green=0.0, green_kept=0.0))

    assert found == StatusJudgement(Status.GREY, "no tier rule")


@pytest.mark.parametrize("confidence", [Confidence.LOW, Confidence.NONE])
def test_green_needs_medium_confidence(confidence: Confidence) -> None:
    assert judge(confidence=confidence).status is Status.AMBER


@pytest.mark.parametrize("component", [0.39, None])
def test_green_needs_every_component(component: float | None) -> None:
    found = judge(changed(components=Components(0.9, 0.9, component)))

    assert found.status is Status.AMBER
    assert "sentiment" in found.reason


@pytest.mark.parametrize(("waves", "expected"), [(1, Status.GREEN), (2, Status.RED), (3, Status.RED)])
def test_a_decision_maker_silent_for_two_waves_is_red(waves: int, expected: Status) -> None:
    assert judge(silent_waves=waves).status is expected


def test_a_silent_decision_maker_is_red_even_where_strength_is_unmeasured() -> None:
    unmeasured = changed(measure=not_measured("no tier rule"), lost=None)

    assert judge(unmeasured, silent_waves=2).status is Status.RED


@pytest.mark.parametrize(
    ("previous", "expected"), [(Status.GREEN, Status.GREEN), (Status.AMBER, Status.AMBER)]
)
def test_green_is_kept_a_little_below_its_mark(previous: Status, expected: Status) -> None:
    assert judge(changed(green=0.75, green_kept=0.85), previous=previous).status is expected


@pytest.mark.parametrize(("previous", "expected"), [(Status.RED, Status.RED), (None, Status.AMBER)])
def test_red_is_kept_a_little_above_its_mark(previous: Status | None, expected: Status) -> None:
    strength = changed(green=0.0, green_kept=0.0, red=0.75, red_kept=0.85)

    assert judge(strength, previous=previous).status is expected


def test_one_colour_for_most_accounts_alarms() -> None:
    found = distribution_alarm({Status.GREEN: 85, Status.AMBER: 10, Status.RED: 5})

    assert found.evenness == pytest.approx(0.47, abs=0.005)
    assert found.is_alarming


def test_a_few_accounts_never_alarm() -> None:
    assert not distribution_alarm({Status.GREEN: 19}).is_alarming


def test_grey_accounts_do_not_count_towards_a_distribution() -> None:
    found = distribution_alarm({Status.GREY: 100})

    assert (found.evenness, found.is_alarming) == (None, False)


def test_an_even_distribution_is_fine() -> None:
    found = distribution_alarm({Status.GREEN: 10, Status.AMBER: 10, Status.RED: 10})

    assert (found.evenness, found.is_alarming) == (pytest.approx(1.0), False)


def test_two_uneven_colours_hardly_tell_accounts_apart() -> None:
    found = distribution_alarm({Status.GREEN: 72, Status.AMBER: 28}, share_above=0.8, evenness_below=0.6)

    assert found.reason == "the colours hardly tell accounts apart"


def test_the_reason_names_the_mark_that_the_chance_belongs_to() -> None:
    kept = judge(changed(green=0.5, green_kept=0.86), previous=Status.GREEN)

    assert kept == StatusJudgement(Status.GREEN, "strength is 65 or more, 86% sure")


def test_draws_never_make_anything_certain() -> None:
    assert judge(changed(green=1.0)).reason == "strength is 70 or more, over 99% sure"
