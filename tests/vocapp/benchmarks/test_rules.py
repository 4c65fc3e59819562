"""The cohort ladder, percentiles and what stays hidden."""

import pytest

from vocapp.benchmarks.field_rules import field_of
from vocapp.benchmarks.ladder_rules import cohorts, ladder_of
from vocapp.benchmarks.release_rules import Released
from vocapp.benchmarks.rules import Cell, Compared, Peer, Rung, Standing

STRENGTH = Compared.STRENGTH


def peer(number: int, strength: float | None, traits: str = "T1 Energy North", respondents: int = 5) -> Peer:
    tier, industry, region = traits.split(" ")
    values = dict.fromkeys(Compared, None) | {STRENGTH: strength}
    return Peer(number, tier.strip("-"), industry.strip("-"), region.strip("-"), values, respondents)


def peers(*groups: tuple[int, str]) -> list[Peer]:
    """So many accounts of each group, with strengths 10, 20, …"""
    found: list[Peer] = []
    for count, traits in groups:
        found += [peer(len(found) + 1, 10.0 * (place + 1), traits) for place in range(count)]
    return found


def heat_map(found: list[Peer], measure: Compared) -> dict[tuple[str, str], Cell]:
    return Released(field_of(found), measure).heat_map()


def stand(own: Peer, others: list[Peer]) -> Standing:
    return ladder_of(field_of([own, *others]), STRENGTH).standing_of(own.account_id)


@pytest.mark.parametrize(
    ("others", "rung"),
    [
        ([(10, "T1 Energy North")], Rung.TIER_INDUSTRY_REGION),
        ([(9, "T1 Energy North"), (1, "T1 Health North")], Rung.TIER_REGION),
        ([(9, "T1 Energy North"), (1, "T1 Energy South")], Rung.TIER_INDUSTRY),
        ([(9, "T1 Energy North"), (1, "T1 Health South")], Rung.TIER),
        ([(9, "T1 Energy North"), (1, "T2 Health South")], Rung.ALL),
    ],
)
def test_the_first_rung_with_ten_others_is_the_cohort(others, rung):
    own = peer(99, 50.0)
    found = stand(own, peers(*others))
    assert (found.rung, found.n) == (rung, 10)


def test_an_account_without_a_region_is_compared_on_rungs_that_need_none():
    own = peer(99, 50.0, "T1 Energy -")
    found = stand(own, peers((20, "T1 Energy -")))
    assert (found.rung, found.cohort) == (Rung.TIER_INDUSTRY, ("T1", "Energy"))


def test_nine_others_are_no_cohort_and_the_reason_says_so():
    own = peer(99, 50.0)
    found = stand(own, peers((9, "T1 Energy North")))
    assert (found.rung, found.percentile, found.n) == (None, None, 9)
    assert found.reason == "no comparison: it takes 10 other accounts with a value, and there are 9"


def test_others_without_a_value_make_no_cohort_and_are_counted():
    own = peer(99, 55.0)
    silent = [peer(200 + number, None) for number in range(3)]
    found = stand(own, [*silent, *peers((10, "T1 Energy North"))])
    assert (found.n, found.without_value, found.percentile) == (10, 3, 50.0)


def test_an_account_without_a_value_has_a_cohort_but_no_percentile():
    own = peer(99, None)
    found = stand(own, peers((10, "T1 Energy North")))
    assert (found.percentile, found.ci, found.n) == (None, None, 10)
    assert found.reason == "this account has no value to compare yet"


def test_the_percentile_of_the_method_page_comes_out():
    strengths = [35, 41, 48, 48, 52, 55, 61, 67, 70, 74, 80]
    own = peer(99, 60.0)
    found = stand(own, [peer(n, float(s)) for n, s in enumerate(strengths)])
    assert found.percentile == pytest.approx(54.545, abs=1e-3)
    assert found.ci == pytest.approx((23.4, 83.3), abs=0.05)


def test_an_account_tied_with_everybody_stands_at_fifty():
    everybody = [peer(number, 70.0) for number in range(12)]
    assert stand(everybody[0], everybody[1:]).percentile == 50.0


def test_a_group_of_two_accounts_or_four_respondents_is_hidden():
    cells = heat_map(
        [peer(1, 50.0), peer(2, 60.0), *(peer(10 + n, 50.0, "T2 Energy South", 1) for n in range(4))],
        STRENGTH,
    )
    assert cells[("T1", "North")].is_hidden
    assert cells[("T2", "South")].is_hidden
    assert cells[("T2", "South")].median is None


def test_a_lone_hidden_group_hides_its_smallest_neighbour_too():
    shown = [peer(n, 50.0, "T1 Energy South") for n in range(3)]
    larger = [peer(10 + n, 50.0, "T1 Energy West") for n in range(9)]
    cells = heat_map([peer(30, 50.0, "T1 Energy North"), *shown, *larger], STRENGTH)
    assert {place for place, cell in cells.items() if cell.is_hidden} == {("T1", "North"), ("T1", "South")}


def test_hidden_groups_that_are_many_together_hide_nobody_else():
    small = [peer(n, 50.0, f"T1 Energy {region}") for n, region in enumerate("ABC")]
    cells = heat_map([*small, *(peer(10 + n, 40.0, "T1 Energy D") for n in range(4))], STRENGTH)
    assert not cells[("T1", "D")].is_hidden


def test_accounts_without_a_value_are_in_no_cell():
    assert heat_map([peer(1, None)], STRENGTH) == {}


def test_a_cohort_is_listed_once_each_of_its_accounts_finds_ten_others():
    listed = cohorts(Released(field_of(peers((11, "T1 Energy North"), (10, "T2 Energy North"))), STRENGTH))
    assert [(cohort.rung, cohort.traits, cohort.n) for cohort in listed] == [
        (Rung.ALL, (), 21),
        (Rung.TIER, ("T1",), 11),
        (Rung.TIER_INDUSTRY, ("T1", "Energy"), 11),
        (Rung.TIER_REGION, ("T1", "North"), 11),
        (Rung.TIER_INDUSTRY_REGION, ("T1", "Energy", "North"), 11),
    ]


def test_the_quartiles_of_a_cohort_frame_its_median():
    (widest, *_) = cohorts(Released(field_of(peers((11, "T1 Energy North"))), STRENGTH))
    assert (widest.quartiles[0], widest.median, widest.quartiles[1]) == (30.0, 60.0, 90.0)
