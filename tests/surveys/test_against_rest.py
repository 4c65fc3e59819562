"""Each account against all others, many questions at once, and what must stay hidden."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.against_rest import AgainstRest, findings, nps_against_rest, q_values, shares_against_rest
from surveys.comparison import nps_difference
from surveys.disclosure import CellSize, hidden_cells, whole_points
from surveys.disclosure_groups import NOBODY, shown_together
from surveys.scoring import NpsCounts
from surveys.share_comparison import share_difference
from surveys.standing import false_discovery_rejections

triples = st.tuples(*[st.integers(0, 14)] * 3)
shares = st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(triples, max_size=6))
@settings(max_examples=60, deadline=None)
def test_each_account_is_compared_as_two_groups_are(accounts: list[tuple[int, int, int]]) -> None:
    counts = np.array(accounts, dtype=float).reshape(-1, 3)
    found = nps_against_rest(counts)
    for at, own in enumerate(accounts):
        rest = NpsCounts(*(counts.sum(axis=0) - counts[at]).tolist())
        one = nps_difference(NpsCounts(*own), rest)
        if one.raw is None:
            assert np.isnan([found.difference[at], found.low[at], found.p_value[at]]).all()
            continue
        assert found.difference[at] == pytest.approx(one.raw)
        assert found.low[at] <= found.difference[at] <= found.high[at]
        assert found.low[at] == pytest.approx(min(one.ci[0], one.raw))
        assert found.p_value[at] == pytest.approx(
            math.nan if one.p_value is None else one.p_value, nan_ok=True
        )


@given(st.lists(shares, max_size=6))
@settings(max_examples=60, deadline=None)
def test_each_share_is_compared_as_two_shares_are(accounts: list[tuple[int, int]]) -> None:
    found = shares_against_rest([x for x, _ in accounts], [n for _, n in accounts])
    total = sum(x for x, _ in accounts), sum(n for _, n in accounts)
    for at, (x, n) in enumerate(accounts):
        one = share_difference((x, n), (total[0] - x, total[1] - n))
        if one is None:
            assert np.isnan([found.difference[at], found.low[at], found.p_value[at]]).all()
            continue
        assert found.difference[at] == pytest.approx(one.difference)
        assert (found.low[at], found.high[at]) == pytest.approx(one.ci)
        assert found.p_value[at] == pytest.approx(
            math.nan if one.p_value is None else one.p_value, nan_ok=True
        )


def test_ten_unhappy_people_stand_out_from_fifty_thousand() -> None:
    counts = np.array([[0.0, 1, 9], *[[6, 3, 1]] * 5000])

    found = findings({"nps": nps_against_rest(counts)})["nps"]

    assert found[0]
    assert not found[1:].any()


p_values = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=20)


@given(p_values)
@settings(max_examples=100, deadline=None)
def test_what_is_kept_is_what_benjamini_and_hochberg_reject(given_: list[float | None]) -> None:
    found = q_values(np.array([math.nan if p is None else p for p in given_], dtype=float))

    assert (found <= 0.05).tolist() == false_discovery_rejections(given_)


def test_their_own_example_keeps_four(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("bh")

    found = q_values(np.array([float(p) for p in entry["inputs"].split()]))

    assert int((found <= 0.05).sum()) == entry["expected"]["rejected_q05"]


def test_every_measure_of_a_screen_counts_as_a_test() -> None:
    def screen(*p: float) -> AgainstRest:
        nothing = np.zeros(len(p))
        return AgainstRest(nothing, nothing, nothing, np.array(p))

    alone = findings({"nps": screen(0.04, math.nan)})
    together = findings({"nps": screen(0.04, math.nan), "engagement": screen(0.9, 0.8)})

    assert alone["nps"].tolist() == [True, False]
    assert together["nps"].tolist() == [False, False]
    assert findings({}) == {}


def test_an_impossible_p_value_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        q_values(np.array([1.5]))


def size(respondents: int, accounts: int = 9) -> CellSize:
    return CellSize(respondents, accounts)


def test_a_small_cell_takes_the_next_smallest_with_it() -> None:
    sizes = {"a": size(3), "b": size(9), "c": size(30)}

    assert hidden_cells(sizes, [sizes]) == {"a", "b"}


def test_a_cell_of_too_few_accounts_is_hidden_however_many_people_it_holds() -> None:
    assert hidden_cells({"a": size(50, 2), "b": size(50, 9)}, []) == {"a"}


def test_hiding_in_a_row_is_followed_up_in_its_columns() -> None:
    sizes = {(row, column): size(10) for row in "xy" for column in "pq"} | {("x", "p"): size(2)}
    rows = [[key for key in sizes if key[0] == row] for row in "xy"]
    columns = [[key for key in sizes if key[1] == column] for column in "pq"]

    hidden = hidden_cells(sizes, [*rows, *columns])

    assert len(hidden) >= 3


tables = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")),
    st.builds(CellSize, st.integers(1, 20), st.integers(1, 6)),
)


@given(tables)
@settings(max_examples=100, deadline=None)
def test_what_is_hidden_in_a_line_is_enough_together_or_all_of_it(
    sizes: dict[tuple[str, str], CellSize],
) -> None:
    lines = [
        [key for key in sizes if key[axis] == name]
        for axis, names in enumerate(("abc", "xyz"))
        for name in names
    ]

    hidden = hidden_cells(sizes, lines)

    assert all(sizes[key].is_enough for key in sizes if key not in hidden)
    for line in lines:
        away = [key for key in line if key in hidden]
        together = sum((sizes[key] for key in away), CellSize(0, 0))
        assert not away or together.is_enough or len(away) == len(line)


def groups_of(rows: list[tuple[int, int, int, int]]) -> list[np.ndarray]:
    """Everybody, then by each trait, then by both, as places; rows are (people, owner, trait, trait)."""
    everybody = np.arange(len(rows))
    names = [lambda row: 0, lambda row: row[2], lambda row: row[3], lambda row: (row[2], row[3])]
    return [
        everybody[[name(row) == value for row in rows]]
        for name in names
        for value in sorted({name(row) for row in rows})
    ]


companies = st.lists(
    st.tuples(st.integers(0, 6), st.integers(-1, 2), st.integers(0, 2), st.integers(0, 1)), max_size=40
)


@given(companies)
@settings(max_examples=200, deadline=None)
def test_no_owner_gets_at_a_handful_from_all_groups_shown_and_their_own_accounts(
    rows: list[tuple[int, int, int, int]],
) -> None:
    groups = groups_of(rows)
    people, owner = (np.array([row[place] for row in rows], dtype=np.int64) for place in (0, 1))

    are_shown = shown_together(people, owner, groups)

    shown = [set(group.tolist()) for group, is_shown in zip(groups, are_shown, strict=True) if is_shown]
    # Whatever is added and subtracted is the same for accounts that are in the same groups.
    for reader in (-2, 0, 1, 2):
        alike: dict[tuple[bool, ...], list[int]] = {}
        for place, row in enumerate(rows):
            if row[1] != reader and shown:
                alike.setdefault(tuple(place in group for group in shown), []).append(place)
        for memberships, those in alike.items():
            if any(memberships):
                assert len(those) >= 3
                assert sum(rows[place][0] for place in those) >= 5


def test_one_account_more_or_less_is_not_shown_and_neither_is_one_beside_somebodys_own() -> None:
    five, everybody = np.full(20, 5), np.arange(20)

    assert shown_together(five, np.full(20, NOBODY), [everybody, everybody[:19], everybody[:17]]) == [
        True,
        False,
        True,
    ]
    all_but_one = np.array([0] * 10 + [1] + [2] * 9)
    assert shown_together(five, all_but_one, [everybody, everybody[:11]]) == [True, False]
    assert shown_together(five, all_but_one, [np.array([], dtype=np.int64)]) == [False]


def test_whole_points_leave_nothing_to_work_out() -> None:
    assert (whole_points(0.1944), whole_points(-0.0628), whole_points(61.5012, point=1)) == (0.19, -0.06, 62)
