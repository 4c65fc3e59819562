"""Confidential results: closed waves only, groups only, nobody named, nothing to be worked out."""

import re
from itertools import combinations

import pytest

from tests.builders import a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.results.builders import (
    a_rich_version,
    a_rich_wave,
    accounts_of,
    an_answer,
    confidential_answers,
    fixed,
)
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.identity.rules import RoleName


@pytest.fixture
def wave(client: CheckingClient) -> Wave:
    client.sign_in(a_user(RoleName.LEADER))
    return a_rich_wave(a_rich_version(is_confidential=True), state=WaveState.CLOSED)


def read(client: CheckingClient, path: str) -> str:
    for number in re.findall(r"/waves/(\d+)", path):
        fixed(db.session.get_one(Wave, int(number)))
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.text.split())


def test_a_large_enough_group_is_shown_without_names(client: CheckingClient, wave: Wave) -> None:
    accounts = accounts_of(3, name="Secret Account")
    confidential_answers(wave, accounts, [9, 9, 10, 3, 7], said={"why": "We like it"})
    page = read(client, f"/waves/{wave.id}/results")
    assert "from 5 answers" in page
    assert "We like it" in page
    assert "Secret Account" not in page
    assert "/people/" not in page
    assert not re.search(r"Person\d", page)
    assert "export" not in page


def test_four_people_or_two_accounts_are_too_few(client: CheckingClient, wave: Wave) -> None:
    confidential_answers(wave, accounts_of(4), [9, 9, 9, 1], said={"why": "A secret"})
    page = read(client, f"/waves/{wave.id}/results")
    assert "Too few answers to show" in page
    assert "A secret" not in page
    other = a_rich_wave(wave.survey_version, state=WaveState.CLOSED)
    confidential_answers(other, accounts_of(2), [9] * 8, said={"why": "A secret"})
    page = read(client, f"/waves/{other.id}/results")
    assert "Too few answers to show" in page
    assert "A secret" not in page


def test_nothing_is_shown_while_answers_still_come_in(client: CheckingClient, wave: Wave) -> None:
    moving = a_rich_wave(wave.survey_version, state=WaveState.OPEN)
    confidential_answers(moving, accounts_of(3), [9] * 9, said={"why": "A secret"})
    page = read(client, f"/waves/{moving.id}/results")
    assert "Shown once the wave has closed" in page
    assert "A secret" not in page
    assert client.get(f"/waves/{moving.id}/results/live").status_code == 204


def test_a_question_few_answered_is_hidden(client: CheckingClient, wave: Wave) -> None:
    accounts = accounts_of(3)
    confidential_answers(wave, accounts, [9] * 6)
    confidential_answers(wave, accounts, [8], said={"again": False, "why": "Only me"})
    page = read(client, f"/waves/{wave.id}/results")
    assert "from 7 answers" in page
    assert "too few people answered this" in page
    assert "Only me" not in page


def test_groups_that_would_leave_a_handful_are_not_offered(client: CheckingClient, wave: Wave) -> None:
    accounts = accounts_of(3)
    confidential_answers(wave, accounts, [9] * 6, persona="champion", language="en")
    confidential_answers(wave, accounts, [2] * 6, persona="admin", language="en")
    confidential_answers(wave, accounts, [5], persona="admin", language="de")
    page = read(client, f"/waves/{wave.id}/results")
    assert "?persona=" in page
    assert "?language=" not in page
    hidden = read(client, f"/waves/{wave.id}/results?language=en")
    assert "This filter would single out too few people" in hidden


def test_a_part_of_a_group_cannot_be_asked_for(client: CheckingClient, wave: Wave) -> None:
    accounts = accounts_of(3)
    confidential_answers(wave, accounts, [9] * 6, persona="champion")
    confidential_answers(wave, accounts, [2] * 6, persona="admin")
    for query in ("language=en&persona=1", "tier=1", "q=x", "class=bad", "theme=price", "region=North"):
        assert "One group at a time" in read(client, f"/waves/{wave.id}/results?{query}"), query


def counts_on(page: str) -> dict[str, int]:
    """The answers per rating that a page shows, or nothing."""
    if "How often each rating was given" not in page:
        return {}
    table = page.split("How often each rating was given")[2].split("</table>")[0]
    found = re.findall(r'<th scope="row">(\d+)</th><td>[^<]*</td><td class="v-num">(\d+)</td>', table)
    return {rating: int(count) for rating, count in found}


def test_no_pair_of_groups_differs_by_a_handful_of_people(client: CheckingClient, wave: Wave) -> None:
    one, other, lone = accounts_of(3), accounts_of(3), accounts_of(1)
    confidential_answers(wave, one, [9] * 7, persona="champion", language="en")
    confidential_answers(wave, other, [4] * 6, persona="admin", language="en")
    confidential_answers(wave, other, [3] * 6, persona="power_user", language="de")
    confidential_answers(wave, lone, [0, 1], persona="decision_maker", language="fr")
    page = read(client, f"/waves/{wave.id}/results")
    paths = [f"/waves/{wave.id}/results", *re.findall(r'href="(/waves/\d+/results\?[^"]+)"', page)]
    asked = [*paths, *(f"/waves/{wave.id}/results?language={code}" for code in ("en", "de", "fr"))]
    shown = [counts for path in asked if (counts := counts_on(read(client, path)))]
    assert len(shown) > 2
    for counts in shown:
        assert sum(counts.values()) >= 5
    for here, there in combinations(shown, 2):
        difference = sum(abs(here[rating] - there[rating]) for rating in here)
        assert difference == 0 or difference >= 5


def test_a_csm_sees_the_group_of_their_accounts_or_nothing(client: CheckingClient, wave: Wave) -> None:
    me, other = a_user(), a_user()
    confidential_answers(wave, accounts_of(3, owner=me), [9] * 6, said={"why": "From mine"})
    confidential_answers(wave, accounts_of(3, owner=other), [1] * 6, said={"why": "From another"})
    client.sign_in(me)
    page = read(client, f"/waves/{wave.id}/results")
    assert "from 6 answers" in page
    assert "From mine" in page
    assert "From another" not in page
    assert "One group at a time" in read(client, f"/waves/{wave.id}/results?owner={other.id}")
    small = a_user()
    an_answer(wave, 5, account=an_account(owner_id=small.id))
    client.sign_in(small)
    assert "Too few answers to show" in read(client, f"/waves/{wave.id}/results")


def test_the_survey_lists_its_waves_and_adds_nothing_up(client: CheckingClient, wave: Wave) -> None:
    confidential_answers(wave, accounts_of(3), [9] * 6, said={"why": "A secret"})
    page = read(client, "/surveys/relations/results")
    assert f"/waves/{wave.id}/results" in page
    assert "A secret" not in page
    assert "The NPS is" not in page


def test_answers_in_quarantine_make_no_group_larger(client: CheckingClient, wave: Wave) -> None:
    accounts = accounts_of(3)
    confidential_answers(wave, accounts, [9] * 4)
    confidential_answers(wave, accounts, [9], quarantine_reason="trap_field")
    assert "Too few answers to show" in read(client, f"/waves/{wave.id}/results")


def test_themes_are_told_by_persona_only_where_groups_are_large_enough(
    client: CheckingClient, wave: Wave
) -> None:
    accounts = accounts_of(3)
    confidential_answers(wave, accounts, [3] * 8, persona="champion", said={"why": "The price is high"})
    confidential_answers(wave, accounts, [9] * 8, persona="admin", said={"why": "Support was quick"})
    confidential_answers(wave, accounts, [9] * 2, persona="admin", said={"why": "The training is long"})
    page = read(client, f"/waves/{wave.id}/results")
    table = page.split("Themes and personas")[-1].split("</table>")[0]
    assert "Price" in page
    assert '<td class="v-num">8' in table
    assert "Training" not in table
    assert "not shown" in table
    assert "€" not in page
    champions = re.search(r"\?persona=(\d+)", page)
    assert champions
    assert "Themes and personas" not in read(client, f"/waves/{wave.id}/results?persona={champions[1]}")


def test_no_theme_is_told_of_a_handful(client: CheckingClient, wave: Wave) -> None:
    accounts = accounts_of(3)
    confidential_answers(wave, accounts, [3] * 4, said={"why": "The price is high"})
    confidential_answers(wave, accounts, [9] * 8, said={"why": "Nothing to add"})
    page = read(client, f"/waves/{wave.id}/results")
    assert "from 12 answers" in page
    assert "Themes and personas" not in page


def test_names_are_taken_out_of_what_is_quoted_in_confidence(client: CheckingClient, wave: Wave) -> None:
    accounts = accounts_of(3)
    person = a_contact(accounts[0], first_name="Peregrine", last_name="Tock", email="pere@customer.example")
    words = f"Ask Peregrine Tock, {person.email} or +49 30 1234567"
    confidential_answers(wave, accounts, [9] * 6, said={"why": words})
    page = read(client, f"/waves/{wave.id}/results")
    assert page.count("Ask [name], [email] or [phone]") == 6
    assert person.email not in page
