"""Answer rates of many groups are those of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.rate_arrays import answered_by_day, count_dispositions, dispositions_of, group_rates
from surveys.rates import Disposition, response_rates
from surveys.turnout_arrays import DISPOSITIONS


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(DISPOSITIONS)), max_size=40))
@settings(max_examples=80, deadline=None)
def test_rates_of_groups_are_those_of_each(invitations: list[tuple[int, Disposition]]) -> None:
    counts = count_dispositions(
        np.array([group for group, _ in invitations], dtype=np.int64),
        np.array([DISPOSITIONS.index(way) for _, way in invitations], dtype=np.int64),
        groups=4,
    )
    found = group_rates(counts)
    for group in range(4):
        one = response_rates(dispositions_of(counts[group]))
        for name, measure in (("rr1", one.rr1), ("rr6", one.rr6)):
            value = getattr(found, name)[group]
            assert (None if np.isnan(value) else value) == measure.value
        assert found.asked[group] == one.rr6.n
        if one.rr6.ci is not None:
            assert (found.low[group], found.high[group]) == pytest.approx(one.rr6.ci)


def test_answers_add_up_from_day_to_day_and_late_ones_wait_beyond() -> None:
    found = answered_by_day(np.array([0, 0, 2, 9]), 10, days=4)

    assert found.tolist() == [0.2, 0.2, 0.3, 0.3]


def test_a_day_before_the_mail_is_refused_and_nobody_asked_is_no_rate() -> None:
    assert np.isnan(answered_by_day(np.zeros(0, int), 0, days=2)).all()
    for day, asked in (([-1], 3), ([0, 0], 1)):
        with pytest.raises(ValueError, match="day 0"):
            answered_by_day(np.array(day), asked, days=3)
