"""Who answers: shares with their intervals by kind of person and account."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.builders import NOW, a_contact, a_user
from tests.conftest import CheckingClient
from tests.vocapp.portfolio.builders import a_customer, a_past_wave, answered, scored, stayed_silent
from vocapp.accounts.rules import ContactStatus
from vocapp.identity.rules import RoleName
from vocapp.portfolio.answering_rules import Taken, lines_of


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def read(client: CheckingClient) -> str:
    response = client.get("/portfolio/who-answers")
    assert response.status_code == 200
    return " ".join(response.text.split())


def test_groups_add_up_and_the_most_asked_come_first():
    rows = [Taken(("a",), 1, 2, 0.5), Taken(("b",), 0, 9, None), Taken(("a",), 2, 2, 1.0)]
    silent, keen = lines_of(rows, 0)
    assert (silent.name, silent.rate, silent.engagement) == ("b", 0.0, None)
    assert (keen.rate, keen.engagement, keen.accounts) == (0.75, 0.75, 2)
    assert keen.ci[0] < 0.75 < keen.ci[1]


def test_whoever_was_never_asked_has_no_share():
    (line,) = lines_of([Taken(("a",), 0, 0, None)], 0)
    assert (line.rate, line.ci, line.engagement) == (None, None, None)


def test_before_the_first_wave_the_page_says_so(client: CheckingClient):
    client.sign_in(a_user(RoleName.LEADER))
    a_customer()
    scored()
    assert "Nobody has been asked yet" in read(client)


def test_the_page_says_who_answers_and_how_sure_that_is(client: CheckingClient):
    leader, ana = a_user(RoleName.LEADER), a_user(name="Ana Silva")
    client.sign_in(leader)
    keen, quiet = a_customer(ana, region="North"), a_customer(leader, region="South")
    wave = a_past_wave(leader)
    for _ in range(3):
        answered(wave, a_contact(keen, personas=("champion",)), 9)
        stayed_silent(wave, a_contact(quiet, personas=("decision_maker",)))
    stayed_silent(wave, a_contact(quiet, personas=("decision_maker",), status=ContactStatus.LEFT))
    scored()
    page = read(client)
    assert "3 of 6" in page
    for words in ("By persona", "By customer success manager", "By region", "Ana Silva", "Champion"):
        assert words in page


def test_a_csm_sees_their_own_accounts_only(client: CheckingClient):
    csm, other = a_user(), a_user(RoleName.LEADER)
    client.sign_in(csm)
    wave = a_past_wave(other)
    answered(wave, a_contact(a_customer(csm)), 9)
    for _ in range(4):
        stayed_silent(wave, a_contact(a_customer(other)))
    scored()
    assert "1 of 1" in read(client)
