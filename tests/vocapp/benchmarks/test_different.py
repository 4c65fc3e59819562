"""Accounts that differ from all others: found by more than chance, named to those who may see them."""

import random

import pytest

from tests.builders import a_user
from tests.conftest import CheckingClient
from tests.vocapp.benchmarks.builders import a_scored_account
from vocapp.benchmarks.different import NPS, PARTICIPATION, Counts, differences_among
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


def counted(number: int, classes=(5, 3, 2), answered: int = 20, people: int = 40, *, is_visible: bool = True):
    return Counts(number, f"Account {number}", is_visible, *classes, answered, people)


def test_one_unhappy_account_among_many_alike_is_found():
    found = differences_among([counted(0, (0, 1, 29)), *(counted(number) for number in range(1, 30))])
    assert [(one.account_id, one.measure) for one in found.found] == [(0, NPS)]
    (one,) = found.found
    assert one.difference < 0
    assert one.ci[0] <= one.difference <= one.ci[1] < 0


def test_one_silent_account_among_many_alike_is_found():
    found = differences_among([counted(0, answered=1), *(counted(number) for number in range(1, 30))])
    assert [(one.account_id, one.measure) for one in found.found] == [(0, PARTICIPATION)]


def test_accounts_that_differ_by_luck_alone_are_seldom_named():
    named = 0
    for seed in range(20):
        chance = random.Random(seed)
        world = []
        for number in range(60):
            ratings = [chance.random() for _ in range(12)]
            classes = sum(r < 0.5 for r in ratings), sum(0.5 <= r < 0.8 for r in ratings)
            answered = sum(chance.random() < 0.5 for _ in range(24))
            world.append(counted(number, (*classes, 12 - sum(classes)), answered, 24))
        named += bool(differences_among(world).found)
    assert named <= 3


def test_what_a_reader_may_not_see_is_compared_and_not_named():
    hidden = [counted(number, is_visible=False) for number in range(1, 4)]
    grim = counted(0, (0, 1, 29), is_visible=False)
    found = differences_among([grim, *hidden, *(counted(number) for number in range(4, 30))])
    assert (found.found, found.accounts, found.elsewhere) == ([], 30, 1)


def test_others_so_few_that_a_difference_would_tell_of_them_are_compared_with_nobody():
    mine = [counted(0, (10, 0, 0)), counted(1, (9, 1, 0))]
    few = [counted(number, (0, 0, 9), is_visible=False) for number in (2, 3)]
    assert differences_among([*mine, *few]).tests == 0
    assert differences_among([*mine, *few, counted(4, is_visible=False)]).tests > 0


@pytest.mark.parametrize(
    "world", [[], [counted(1)], [counted(1, (0, 0, 0), 0, 0), counted(2, (0, 0, 0), 0, 0)]]
)
def test_with_nobody_to_compare_nothing_is_said(world):
    assert list(differences_among(world).found) == []


def measured(promoters: int, detractors: int) -> dict[str, object]:
    return {
        "nps_shrunk": {"alpha": None},
        "classes": {"promoters": promoters, "passives": 0, "detractors": detractors, "silent": 0},
        "people": {"answered": promoters + detractors, "declined": 0, "silent": 10},
    }


@pytest.fixture
def owner(app: object) -> User:
    owner = a_user()
    a_scored_account(name="Grim Ltd", owner_id=owner.id, measures=measured(0, 30))
    for number in range(20):
        a_scored_account(name=f"Fine {number}", measures=measured(20, 10))
    return owner


def test_the_page_names_the_account_to_a_leader_and_to_its_manager(client: CheckingClient, owner: User):
    for reader in (a_user(RoleName.LEADER), owner):
        client.sign_in(reader)
        page = client.get("/benchmarks/different").text
        assert "Grim Ltd" in page
        assert "One difference is more than chance" in page
    client.sign_in(a_user())
    page = client.get("/benchmarks/different").text
    assert "Grim Ltd" not in page
    assert "None of your accounts differs from all others" in page


def test_an_empty_company_hears_that_there_are_too_few_answers(client: CheckingClient):
    client.sign_in(a_user(RoleName.LEADER))
    assert "Too few answers to compare yet" in client.get("/benchmarks/different").text
