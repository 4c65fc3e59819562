"""All accounts placed at once stand where each of them stands when it is looked at by itself."""

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.standing import MINIMUM_PEERS, standing
from vocapp.benchmarks.field_rules import field_of
from vocapp.benchmarks.ladder_rules import ladder_of
from vocapp.benchmarks.release_rules import Released
from vocapp.benchmarks.rules import Compared, Peer, Rung, Standing, traits

MEASURES = (Compared.STRENGTH, Compared.FOOTPRINT)

companies = st.lists(
    st.tuples(
        st.sampled_from(("", "T1", "T2")),
        st.sampled_from(("", "Energy", "Health")),
        st.sampled_from(("", "North", "South")),
        st.one_of(st.none(), st.integers(0, 8).map(float)),
        st.booleans(),
    ),
    max_size=60,
)


def one_by_one(own: Peer, everybody: list[Peer], released: Released) -> tuple[object, ...]:
    """The ladder as the method words it: rung after rung, comparing with one other after the other."""
    measure, names = released.measure, released.field.names
    most = 0
    for rung in Rung:
        place = traits(own, rung)
        others = [
            peer.comparable(measure)
            for peer in everybody
            if peer is not own and place is not None and traits(peer, rung) == place
        ]
        known = sorted(value for value in others if value is not None)
        most = max(most, len(known))
        is_shown = place in [names[rung][number] for number in released.shown[rung]]
        if len(known) >= MINIMUM_PEERS and is_shown:
            found = standing(own.comparable(measure), others)
            where = (None, None, None) if found is None else (found.percentile, *found.ci)
            return rung, place, len(known), len(others) - len(known), where, tuple(known), median(known)
    return None, (), most, 0, (None, None, None), (), None


def seen(found: Standing) -> tuple[object, ...]:
    where = (found.percentile, *(found.ci or (None, None)))
    return found.rung, found.cohort, found.n, found.without_value, where, found.values, found.median


@given(companies)
@settings(max_examples=60)
def test_all_at_once_is_the_same_as_one_by_one(rows) -> None:
    everybody = [
        Peer(
            100 + number, *traits_, dict.fromkeys(Compared, value), 2, number % 3, is_custom_worded=is_custom
        )
        for number, (*traits_, value, is_custom) in enumerate(rows)
    ]
    field = field_of(everybody)
    for measure in MEASURES:
        released = Released(field, measure)
        ladder = ladder_of(field, measure, released)
        for own in everybody:
            found, expected = seen(ladder.standing_of(own.account_id)), one_by_one(own, everybody, released)
            assert found[4] == pytest.approx(expected[4], abs=1e-9)
            assert found[:4] + found[5:] == expected[:4] + expected[5:]
    for rung in Rung:
        for own in everybody:
            alike = [
                peer for peer in everybody if traits(own, rung) and traits(peer, rung) == traits(own, rung)
            ]
            if rung is not Rung.ALL:
                assert field.others(own, rung) == [peer for peer in alike if peer is not own]
