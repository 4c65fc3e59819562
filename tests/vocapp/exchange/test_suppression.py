"""No sum and no difference of what is told, in one file or several, is about few."""

from datetime import date, timedelta

import pytest

from surveys.disclosure import CellSize
from tests.vocapp.exchange.companies import (
    MEASURE,
    Attacker,
    a_quarter_later,
    a_random_company,
    a_subject,
    is_few,
    secrets,
    told_groups,
)
from vocapp.exchange.rules import Cohort, Subject, Trait
from vocapp.exchange.suppression import Ledger, Release, release

TODAY = date(2026, 3, 11)


def tell(company: list[Subject], ledger: Ledger | None = None, *, days: int = 0, **options: Trait) -> Release:
    return release(company, ledger or {}, today=TODAY + timedelta(days=days), **options)


def cohorts(found: Release) -> set[tuple[str, ...]]:
    return {cell.cohort.traits for cell in found.cells if cell.measure is MEASURE}


def a_group(start: int, many: int, **traits: str) -> list[Subject]:
    return [a_subject(start + number, value=10.0 * number, people=2, **traits) for number in range(many)]


def test_a_cohort_is_told_from_three_accounts_and_five_people_on() -> None:
    assert cohorts(tell(a_group(0, 3))) == {()}
    assert cohorts(tell(a_group(0, 2))) == set()
    assert cohorts(tell([a_subject(number, people=1) for number in range(4)])) == set()


def test_beside_a_cohort_that_is_too_small_another_is_hidden_since_the_total_would_give_it_away() -> None:
    company = a_group(0, 9, tier="A") + a_group(20, 6, tier="B") + a_group(40, 2, tier="C")
    assert cohorts(tell(company)) == {(), ("A",)}
    assert cohorts(tell([*company, a_subject(50, tier="C")])) == {(), ("A",), ("B",), ("C",)}


def test_an_account_without_the_trait_is_a_hidden_cohort_too() -> None:
    company = a_group(0, 9, tier="A") + a_group(20, 6, tier="B") + a_group(40, 1)
    assert cohorts(tell(company)) == {(), ("A",)}


def test_what_is_cut_first_is_told_most() -> None:
    # By tier or by industry, not by both: one account of tier A is in the other industry.
    company = a_group(0, 8, tier="A", industry="X") + a_group(20, 1, tier="A", industry="Y")
    company += a_group(40, 9, tier="B", industry="Y")
    assert cohorts(tell(company)) == {(), ("A",), ("B",), ("B", "Y")}
    assert cohorts(tell(company, first=Trait.INDUSTRY)) == {(), ("X",), ("Y",), ("A", "X")}


def test_the_same_file_again_tells_the_same() -> None:
    company = a_random_company(3)
    first = tell(company)
    assert first.cells
    assert tell(company, first.ledger, days=30).cells == first.cells


def test_who_left_or_came_alone_is_not_found_out_by_comparing_two_files() -> None:
    company = a_group(0, 12)
    first = tell(company)
    assert cohorts(tell(company[1:], first.ledger)) == set()
    newcomer = tell([*company, a_subject(99)], first.ledger)
    assert [cell.summary.accounts for cell in newcomer.cells] == [12]
    assert newcomer.waiting[MEASURE] == 1
    three = tell([*company, *a_group(90, 3)], first.ledger)
    assert [cell.summary.accounts for cell in three.cells] == [15]


def test_one_value_that_moved_alone_is_not_found_out_either() -> None:
    company = a_group(0, 12)
    moved = [a_subject(0, value=77.0, people=2), *company[1:]]
    assert cohorts(tell(moved, tell(company).ledger)) == set()
    nudged = [a_subject(0, value=0.7, people=2), *company[1:]]
    assert cohorts(tell(nudged, tell(company).ledger)) == {()}


def test_after_a_year_an_old_file_binds_nobody() -> None:
    company = a_group(0, 12)
    assert cohorts(tell(company[1:], tell(company).ledger, days=366)) == {()}


@pytest.mark.parametrize("block", range(3))
def test_an_attacker_with_every_total_ever_told_computes_nothing_about_few(block: int) -> None:
    tried = told = 0
    for seed in range(block * 15, block * 15 + 15):
        company, ledger, attacker = a_random_company(seed), {}, Attacker()
        first = list(Trait)[seed % 3]
        for quarter in range(3):
            found = tell(company, ledger, days=90 * quarter, first=first)
            cells = [cell for cell in found.cells if cell.measure is MEASURE]
            parts = {(one.account_id, one.points): one for one in found.ledger[MEASURE]}
            number_of = {
                one.account_id: (one.account_id, one.points)
                for one in parts.values()
                if one.on == TODAY + timedelta(days=90 * quarter)
            }
            in_file = [one for one in company if one.account_id in number_of]
            groups = told_groups(in_file, cells)
            assert [len(group) for group in groups] == [cell.summary.accounts for cell in cells]
            attacker.learn([number_of[one.account_id] for one in group] for group in groups)
            told += len(cells)
            basis = attacker.basis()
            assert attacker.alone(basis) == 0
            for secret in secrets(in_file, seed):
                if is_few(secret):
                    tried += 1
                    assert not attacker.can_compute([number_of[one.account_id] for one in secret], basis)
            # And whatever follows from the totals is the same for all of a part, which is large.
            sizes: dict[int, CellSize] = {}
            for one in parts.values():
                sizes[one.part] = sizes.get(one.part, CellSize(0, 0)) + CellSize(one.respondents, 1)
            assert all(size.is_enough for size in sizes.values())
            ledger, company = found.ledger, a_quarter_later(company, seed + quarter)
    assert tried > 1000
    assert told > 60


def test_the_attacker_would_find_what_is_hidden_carelessly() -> None:
    company = a_group(0, 9, tier="A") + a_group(20, 2, tier="B")
    careless = Attacker()
    careless.learn(
        [[one.account_id for one in company], [one.account_id for one in company if one.traits.tier == "A"]]
    )
    assert careless.can_compute([20, 21], careless.basis())
    assert not careless.can_compute([20], careless.basis())


def test_cohorts_that_differ_in_writing_only_have_one_key() -> None:
    assert Cohort(region="EMEA ").key == Cohort(region="emea").key
