"""What goes with the rating: which questions count, how answers become numbers, what the page says."""

import random

import pytest

from surveys.documents import parse_definition
from tests.builders import a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.results.builders import a_document, a_rich_version, a_rich_wave, an_answer
from vocapp.identity.rules import RoleName
from vocapp.results.driver_rules import drivers_in, items_of

DEFINITION = parse_definition(a_document())


def answers(count: int) -> list[tuple[int, int, dict[str, dict[str, int]]]]:
    """Answers at thirty accounts in which the price decides the rating, and the speed is good throughout."""
    chance = random.Random(4)
    found = []
    for number in range(count):
        price = chance.randint(1, 5)
        rating = max(0, min(10, 2 * price + chance.randint(-1, 1)))
        found.append((number % 30, rating, {"drivers": {"price": price, "speed": chance.randint(4, 5)}}))
    return found


def read(client: CheckingClient, key: str = "relations") -> str:
    response = client.get(f"/surveys/{key}/drivers")
    assert response.status_code == 200
    return " ".join(response.text.split())


@pytest.fixture(autouse=True)
def _leader(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.LEADER))


def test_the_rows_of_a_matrix_are_items_and_the_rating_is_none():
    assert [item.key for item in items_of(DEFINITION)] == ["drivers.price", "drivers.speed"]


def test_what_decides_the_rating_comes_out_on_top():
    found = drivers_in(items_of(DEFINITION), answers(200))
    price, speed = found.drivers.drivers
    assert (price.spearman.value or 0) > 0.9 > abs(speed.spearman.value or 0) + 0.5
    assert (price.importance.value or 0) > (speed.importance.value or 0)
    assert [point.says_concentrate for point in found.map.points] == [True, False]


def test_answers_off_the_scale_and_of_the_wrong_shape_are_missing_and_not_zero():
    odd = [{"drivers": {"price": 9, "speed": True}}, {"drivers": "3"}, {"drivers": {"price": "4"}}, {}]
    found = drivers_in(items_of(DEFINITION), [(1, 9, given) for given in odd])
    assert [driver.n for driver in found.drivers.drivers] == [0, 0]


def test_with_few_answers_the_page_says_too_little(client: CheckingClient) -> None:
    an_answer(a_rich_wave(), 9, said={"drivers": {"price": 2, "speed": 4}})
    page = read(client)
    assert "Too little to say yet" in page


def test_the_page_says_where_to_concentrate_and_from_how_many(client: CheckingClient) -> None:
    wave, accounts = a_rich_wave(), [an_account() for _ in range(12)]
    for number, (_account, rating, said) in enumerate(answers(80)):
        an_answer(wave, rating, account=accounts[number % 12], said=said)
    page = read(client)
    assert "Concentrate on Price" in page
    assert "from 80 answers at 12 accounts" in page
    assert "Concentrate here" in page
    # Everybody found the speed a 4 or a 5: all at the top, and still an interval.
    assert 'data-label="At the top">100% <small class="v-quiet">95 to 100</small>' in page


def test_what_was_said_in_confidence_is_not_put_side_by_side(client: CheckingClient) -> None:
    a_rich_wave(a_rich_version(is_confidential=True))
    assert "in confidence" in read(client)


def test_a_survey_nobody_published_is_not_found(client: CheckingClient) -> None:
    assert client.get("/surveys/nothing/drivers").status_code == 404
