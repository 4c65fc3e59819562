"""How often a theme is right, by hand labels: what is said from how many, and by whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.intervals import wilson_interval
from surveys.measure import MeasureState
from surveys.theme_quality import (
    MINIMUM_LABELS,
    Agreement,
    Label,
    agreement_of,
    cohens_kappa,
    label_counts,
    precision_of,
    theme_quality,
)

AGREED = Agreement(0.8, 60)


def labels(right: int, wrong: int, *, coder: int = 1, theme: str = "price", first: int = 0) -> list[Label]:
    said = [True] * right + [False] * wrong
    return [Label(first + number, theme, coder, is_right) for number, is_right in enumerate(said)]


def test_kappa_is_that_of_the_textbook_table() -> None:
    # 20 both yes, 5 and 10 apart, 15 both no: observed .7, by chance .5.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert cohens_kappa(pairs) == pytest.approx(0.4)


def test_kappa_of_perfect_and_of_opposite_judgement() -> None:
    assert cohens_kappa([(True, True), (False, False)]) == 1
    assert cohens_kappa([(True, False), (False, True)]) == -1


def test_no_kappa_without_pairs_or_without_any_difference() -> None:
    assert cohens_kappa([]) is None
    assert cohens_kappa([(True, True)] * 80) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_kappa_lies_within_its_range_and_is_the_same_from_both_sides(pairs: list[tuple[bool, bool]]) -> None:
    kappa = cohens_kappa(pairs)
    assert kappa is None or -1 <= kappa <= 1
    assert cohens_kappa([(other, one) for one, other in pairs]) == (
        None if kappa is None else pytest.approx(kappa)
    )


def test_forty_nine_labels_say_nothing() -> None:
    measure = precision_of(labels(49, 0), AGREED)
    assert (measure.state, measure.value, measure.n) == (MeasureState.NOT_MEASURED, None, 49)
    assert measure.reason == "not checked yet"


def test_fifty_labels_have_wilsons_interval() -> None:
    measure = precision_of(labels(40, 10), AGREED)
    assert measure.state is MeasureState.MEASURED
    assert measure.value == pytest.approx(0.8)
    assert measure.ci == wilson_interval(40, 50)


def test_all_right_does_not_collapse_the_interval() -> None:
    measure = precision_of(labels(50, 0), AGREED)
    assert measure.ci is not None
    assert measure.ci[0] < 0.95 < measure.ci[1] == 1


def test_one_person_alone_is_provisional_and_two_who_disagree_too() -> None:
    alone = precision_of(labels(45, 5), Agreement(None, 0))
    apart = precision_of(labels(45, 5), Agreement(0.31, 60))
    assert alone.state is apart.state is MeasureState.PROVISIONAL
    assert "second one" in alone.reason
    assert "0.31" in apart.reason


def test_a_comment_two_people_labelled_counts_once() -> None:
    both = labels(50, 0, coder=1) + labels(30, 20, coder=2)
    measure = precision_of(both, AGREED)
    assert measure.n == 50
    assert measure.value == pytest.approx(0.8)


def test_agreement_needs_enough_shared_labels() -> None:
    assert agreement_of(labels(40, 9, coder=1) + labels(40, 9, coder=2)) == Agreement(None, 49)
    shared = agreement_of(labels(40, 10, coder=1) + labels(40, 10, coder=2))
    assert shared == Agreement(1.0, 50)
    assert shared.is_enough
    assert agreement_of(labels(50, 50)) == Agreement(None, 0)


def test_of_three_people_the_two_who_share_most_are_compared() -> None:
    three = labels(40, 20, coder=1) + labels(40, 20, coder=2) + labels(0, 10, coder=3)
    assert agreement_of(three) == Agreement(1.0, 60)


def test_quality_is_told_per_theme() -> None:
    found = theme_quality(
        [*labels(50, 10, coder=1), *labels(50, 10, coder=2), *labels(3, 0, theme="speed", first=900)]
    )
    assert found["price"].precision.state is MeasureState.MEASURED
    assert found["speed"].precision.state is MeasureState.NOT_MEASURED
    assert theme_quality([]) == {}


def test_labelled_comments_are_counted_once_per_theme() -> None:
    both = [*labels(2, 0, coder=1), *labels(2, 0, coder=2), *labels(1, 0, theme="speed")]
    assert label_counts(both) == {"price": 2, "speed": 1}


@given(st.integers(0, MINIMUM_LABELS), st.integers(0, 30))
def test_the_interval_holds_the_share(right: int, wrong: int) -> None:
    measure = precision_of(labels(right, wrong), AGREED)
    if measure.value is not None:
        assert measure.ci is not None
        assert measure.ci[0] <= measure.value <= measure.ci[1]
