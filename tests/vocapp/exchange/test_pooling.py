"""A pooled percentile lies where the quantiles leave room for it, whatever the order and whoever is first."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.standing import standing
from vocapp.exchange.pooling import below, pool
from vocapp.exchange.rules import Exchanged, Summary, quantile_levels, summary

STRENGTH, NPS = Exchanged.STRENGTH, Exchanged.NPS
# Many ties, as real scores have them, beside any number at all.
VALUES = st.integers(0, 20).map(lambda step: 5.0 * step) | st.floats(0, 100)
ACCOUNTS = st.lists(VALUES, min_size=3, max_size=90)


def told(values: list[float]) -> Summary:
    return summary(values, respondents=3 * len(values))


def at(value: float, values: list[float]) -> float:
    return sum(one < value for one in values) + sum(one == value for one in values) / 2


@given(VALUES, st.lists(ACCOUNTS, min_size=1, max_size=4), st.lists(VALUES, max_size=20))
def test_the_true_percentile_and_the_estimate_lie_between_the_limits(
    value: float, partners: list[list[float]], own: list[float]
) -> None:
    found = pool(value, own, [told(one) for one in partners], STRENGTH)
    known = [one for one in partners if quantile_levels(len(one))]
    if found is None:
        assert not own
        assert not known
        return
    everybody = own + [one for partner in known for one in partner]
    true = 100 * at(value, everybody) / len(everybody)
    assert 0 <= found.low <= found.percentile + 1e-9
    assert found.percentile - 1e-9 <= found.high <= 100
    assert found.low - 1e-9 <= true <= found.high + 1e-9
    assert (found.own, found.others, found.sources) == (
        len(own),
        sum(len(one) for one in known),
        len(known),
    )


@given(VALUES, st.lists(ACCOUNTS, max_size=4), st.lists(VALUES, max_size=20), st.randoms())
def test_the_order_of_partners_and_accounts_does_not_matter(
    value: float, partners: list[list[float]], own: list[float], mixed: Random
) -> None:
    summaries = [told(one) for one in partners]
    found = pool(value, own, summaries, STRENGTH)
    mixed.shuffle(summaries)
    mixed.shuffle(own)
    assert pool(value, own, summaries, STRENGTH) == found


@given(VALUES, ACCOUNTS)
def test_one_source_alone_is_that_source(value: float, accounts: list[float]) -> None:
    alone = pool(value, accounts, [], STRENGTH)
    place = standing(value, accounts)
    assert alone is not None
    assert place is not None
    assert alone.percentile == alone.low == alone.high == pytest.approx(place.percentile)
    theirs = told(accounts)
    found = pool(value, [], [theirs], STRENGTH)
    if theirs.quantiles:
        count = below(value, theirs, STRENGTH)
        assert found is not None
        assert found.percentile == pytest.approx(100 * count.likely / len(accounts))
        # Twice the same partner is where one of them is.
        twice = pool(value, [], [theirs, theirs], STRENGTH)
        assert twice is not None
        assert twice.percentile == pytest.approx(found.percentile)
    else:
        assert found is None


@given(ACCOUNTS, VALUES, VALUES)
def test_who_is_higher_stands_no_lower(accounts: list[float], one: float, other: float) -> None:
    low, high = (below(value, told(accounts), STRENGTH) for value in sorted((one, other)))
    assert low.least <= high.least
    assert low.most <= high.most
    assert low.likely <= high.likely + 1e-9


def test_no_figure_is_that_of_a_single_account() -> None:
    assert [len(quantile_levels(n)) for n in (3, 5, 6, 11, 12, 59, 60)] == [0, 0, 1, 1, 3, 3, 11]
    spread = [0.0, 1.0, 2.0, 3.0, 4.0, 100.0]
    assert told(spread) == Summary(6, 18, 18, {50: 2})
    # The largest and the smallest of twelve are in no quantile at all.
    twelve = [-100.0, *(10.0 * step for step in range(10)), 100.0]
    assert told(twelve).quantiles == {25: 15, 50: 45, 75: 75}


def test_a_worked_example() -> None:
    partner = told([20.0 + number * 70 / 179 for number in range(180)])
    found = pool(60.0, [30.0, 50.0, 60.0, 80.0], [partner], STRENGTH)
    assert found is not None
    assert (found.own, found.others, found.sources) == (4, 180, 1)
    assert found.percentile == pytest.approx(57.0, abs=0.5)
    assert found.low > 49
    assert found.high < 62
    # All at the end of the scale: anything from none to all may lie level.
    ends = below(-100, told([-100.0] * 80), NPS)
    assert (ends.least, ends.likely, ends.most) == (0, pytest.approx(36), 80)
