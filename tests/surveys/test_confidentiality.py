"""Groups of confidential answers: nothing about a handful of people is shown or can be worked out."""

from collections.abc import Mapping
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from surveys.confidentiality import GroupedAnswer, is_large_enough, may_be_shown, shown_groups

Breakdowns = list[Mapping[str, list[GroupedAnswer]]]


def answers(count: int, *, accounts: int = 3, start: int = 0) -> list[GroupedAnswer]:
    return [GroupedAnswer(number, number, number % accounts) for number in range(start, start + count)]


def test_five_people_at_three_accounts_are_enough() -> None:
    assert is_large_enough(respondents=5, accounts=3)
    assert not is_large_enough(respondents=4, accounts=3)
    assert not is_large_enough(respondents=50, accounts=2)


def test_somebody_who_answers_twice_is_one_person() -> None:
    assert not may_be_shown([GroupedAnswer(number, number % 4, number % 4) for number in range(8)])


def test_nothing_is_shown_of_a_group_that_is_too_small_as_a_whole() -> None:
    everybody = answers(4)
    assert shown_groups(everybody, [{"all": everybody}]) == frozenset()


def test_a_hidden_group_that_is_too_small_takes_the_next_smallest_with_it() -> None:
    large, middle, small = answers(10), answers(8, start=10), answers(3, start=18)
    shown = shown_groups(large + middle + small, [{"large": large, "middle": middle, "small": small}])
    assert shown == {"large"}


def test_hidden_groups_that_are_enough_together_take_nothing_with_them() -> None:
    large, middle, small, tiny = answers(10), answers(8, start=10), answers(3, start=18), answers(2, start=21)
    breakdown = {"large": large, "middle": middle, "small": small, "tiny": tiny}
    assert shown_groups(large + middle + small + tiny, [breakdown]) == {"large", "middle"}


def test_a_group_that_differs_from_a_shown_one_by_one_person_is_hidden() -> None:
    everybody = answers(20)
    shown = shown_groups(everybody, [{"tier 1": everybody[:10]}, {"north": everybody[:9]}])
    assert shown == {"tier 1"}


def test_a_group_made_of_two_shown_ones_and_one_person_is_hidden() -> None:
    everybody = answers(30)
    by_region = {"north": everybody[:10], "south": everybody[10:20], "west": everybody[20:]}
    assert "tier 1" not in shown_groups(everybody, [by_region, {"tier 1": everybody[:21]}])


def test_a_group_of_nobody_is_not_shown() -> None:
    assert shown_groups(answers(20), [{"nobody": []}]) == frozenset()


@st.composite
def filtered_answers(draw: st.DrawFn) -> tuple[list[GroupedAnswer], Breakdowns]:
    people = draw(
        st.lists(
            st.tuples(
                st.integers(0, 25), st.integers(0, 6), st.integers(0, 2), st.integers(0, 3), st.integers(0, 1)
            ),
            max_size=40,
        )
    )
    everybody = [GroupedAnswer(number, row[0], row[1]) for number, row in enumerate(people)]
    breakdowns: Breakdowns = []
    for attribute in range(2, 5):
        groups: dict[str, list[GroupedAnswer]] = {}
        for answer, row in zip(everybody, people, strict=True):
            groups.setdefault(f"{attribute}={row[attribute]}", []).append(answer)
        breakdowns.append(groups)
    return everybody, breakdowns


@given(filtered_answers())
def test_no_pair_of_filters_differs_by_a_handful_of_people(
    made: tuple[list[GroupedAnswer], Breakdowns],
) -> None:
    everybody, breakdowns = made
    shown = shown_groups(everybody, breakdowns)
    groups = [set(group) for groups in breakdowns for key, group in groups.items() if key in shown]
    groups += [set(everybody)] if may_be_shown(everybody) else []
    for one in groups:
        assert may_be_shown(one)
    for one, other in combinations(groups, 2):
        for learnt in (one - other, other - one, one & other, one ^ other):
            assert not learnt or may_be_shown(learnt)


@given(filtered_answers())
def test_no_combination_of_filters_tells_a_handful_of_people_apart(
    made: tuple[list[GroupedAnswer], Breakdowns],
) -> None:
    everybody, breakdowns = made
    shown = shown_groups(everybody, breakdowns)
    alike: dict[frozenset[str], list[GroupedAnswer]] = {}
    for answer in everybody:
        memberships = frozenset(
            key for groups in breakdowns for key, group in groups.items() if key in shown and answer in group
        )
        alike.setdefault(memberships, []).append(answer)
    if may_be_shown(everybody):
        assert all(may_be_shown(people) for people in alike.values())
    else:
        assert not shown


@given(filtered_answers())
def test_hidden_groups_of_a_breakdown_are_enough_together_or_not_there(
    made: tuple[list[GroupedAnswer], Breakdowns],
) -> None:
    everybody, breakdowns = made
    shown = shown_groups(everybody, breakdowns)
    for groups in breakdowns:
        hidden = [answer for key, group in groups.items() if key not in shown for answer in group]
        assert not hidden or not may_be_shown(everybody) or may_be_shown(hidden)
