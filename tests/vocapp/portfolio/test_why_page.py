"""The page that says where an account's numbers come from."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape

import numpy as np
import pytest
import time_machine
from sqlalchemy import event

from surveys.sensitivity import weight_sensitivity
from surveys.strength import DEFAULT_STRENGTH, combine_rows
from tests.builders import NOW, a_contact, a_user, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.portfolio.builders import a_customer, a_past_wave, answered, scored, stayed_silent
from vocapp.accounts.models import Account
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.relationship.queries import latest_scores


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def leader(client: CheckingClient) -> User:
    person = a_user(RoleName.LEADER)
    client.sign_in(person)
    return person


def read(client: CheckingClient, account: Account, query: str = "") -> str:
    response = client.get(f"/accounts/{account.id}/why{query}")
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())


def two_waves(owner: User, **values: object) -> Account:
    """An account whose people were happy in spring and are not any more."""
    account = a_customer(owner, **values)
    people = [a_contact(account, personas=(persona,)) for persona in ("decision_maker", "champion")]
    for weeks, ratings in ((40, (9, 10)), (10, (3, 6))):
        wave = a_past_wave(owner, weeks)
        for person, rating in zip(people, ratings, strict=True):
            answered(wave, person, rating)
        scored(NOW - timedelta(weeks=weeks - 4))
    scored()
    return account


def test_an_account_without_any_score_says_what_to_do(client: CheckingClient, leader: User) -> None:
    assert "Nothing has been measured yet" in read(client, a_customer(leader))


def test_the_page_says_why_from_how_many_how_sure_and_against_whom(
    client: CheckingClient, leader: User
) -> None:
    page = read(client, two_waves(leader))
    assert "of 100, most likely between" in page
    assert "costs" in page
    assert "2 of 2 people answered; at worst, with all the silent unhappy: −100" in page
    assert "Against whom" in page
    assert "Trend: too few waves to say" in page


def test_the_change_between_two_days_is_split_and_adds_up(client: CheckingClient, leader: User) -> None:
    account = two_waves(leader)
    since, until = ((NOW - timedelta(weeks=weeks)).date().isoformat() for weeks in (36, 0))
    page = read(client, account, f"?since={since}&until={until}")
    assert "Strength went from" in page
    assert f'value="{since}"' in page


@pytest.mark.parametrize("query", ["?since=yesterday", "?since=2026-02-30&until=", "?until=%00"])
def test_nonsense_dates_ask_for_the_last_change_and_say_so(
    client: CheckingClient, leader: User, query: str
) -> None:
    page = read(client, two_waves(leader), query)
    assert "Strength went from" in page
    assert "A day that was asked for could not be read" in page


def test_days_that_were_turned_or_moved_are_named(client: CheckingClient, leader: User) -> None:
    account = two_waves(leader)
    first, second = ((NOW - timedelta(weeks=weeks)).date() for weeks in (36, 6))
    page = read(client, account, f"?since={second}&until={first - timedelta(days=9)}")
    assert "The first day lay after the second, so the two were turned round." in page
    assert "There was no score yet on Jun 23, 2025, so the first one of all is taken, of Jul 2, 2025." in page
    page = read(client, account, f"?since={first}&until={second + timedelta(days=3)}")
    assert "turned round" not in page
    assert "For Jan 31, 2026 the newest score until then is taken, of Jan 28, 2026." in page


def test_when_nobody_answered_the_page_says_whether_that_is_telling(
    client: CheckingClient, leader: User
) -> None:
    account = a_customer(leader)
    wave = a_past_wave(leader)
    stayed_silent(wave, a_contact(account, personas=("champion",)))
    scored()
    page = read(client, account)
    assert "Nobody answered the last wave. Is that telling?" in page


def test_without_a_strength_no_chance_is_told(client: CheckingClient, leader: User) -> None:
    account = an_account(owner_id=leader.id)
    answered(a_past_wave(leader), a_contact(account), 9)
    scored()
    page = read(client, account)
    assert "Strength is not measured" in page
    assert "Chance that strength is really 70 or more</span><span>–</span>" in page


def test_a_region_with_few_earlier_answers_leaves_the_raw_score_alone(
    client: CheckingClient, leader: User
) -> None:
    page = read(client, two_waves(leader, region="Nordics"))
    assert "Too few earlier answers from Nordics" in page
    assert "and it takes 30 answers of 10 accounts" in page


def test_ratings_stand_among_those_from_before_the_newest_wave_they_belong_to(
    client: CheckingClient, leader: User
) -> None:
    first = a_past_wave(leader, 60)
    for number in range(12):
        account = a_customer(leader, region="Nordics")
        for rating in (5, 6, 7):
            answered(first, a_contact(account), rating if number % 2 else rating + 1)
    ours, second = a_customer(leader, region="Nordics"), a_past_wave(leader, 30)
    answered(first, contact := a_contact(ours), 4)
    answered(second, contact, 8)
    scored()
    assert "Among 37 answers from Nordics" in read(client, ours)


def test_a_rating_stands_among_those_of_its_region(client: CheckingClient, leader: User) -> None:
    first = a_past_wave(leader, 60)
    for number in range(12):
        account = a_customer(leader, region="Nordics")
        for rating in (5, 6, 7):
            answered(first, a_contact(account), rating if number % 2 else rating + 1)
    page = read(client, two_waves(leader, region="Nordics"))
    assert "these ratings stand at" in page
    assert "must not be used to compare regions" in page


def test_whoever_declined_was_not_silent(client: CheckingClient, leader: User) -> None:
    account = a_customer(leader)
    wave = a_past_wave(leader)
    stayed_silent(wave, a_contact(account))
    an_invitation(wave, a_contact(account), state=InvitationState.DECLINED, settled_at=wave.closes_at)
    scored()
    assert "Nobody answered the last wave" not in read(client, account)


def test_an_account_of_somebody_else_does_not_exist(client: CheckingClient) -> None:
    client.sign_in(a_user())
    assert client.get(f"/accounts/{a_customer(a_user()).id}/why").status_code == 404


def test_more_waves_and_people_do_not_mean_more_statements(client: CheckingClient, leader: User) -> None:
    account = two_waves(leader)

    def count() -> int:
        statements: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        read(client, account)
        event.remove(db.engine, "before_cursor_execute", note)
        return len(statements)

    few = count()
    wave = a_past_wave(leader, 6)
    for _ in range(9):
        answered(wave, a_contact(account), 8)
    scored()
    assert count() == few


def test_the_page_says_what_other_weights_would_make_of_it(client: CheckingClient, leader: User) -> None:
    account = two_waves(leader)
    page = read(client, account)
    score = latest_scores([account.id])[account.id]
    parts = np.array([[score.footprint, score.engagement, score.sentiment]])
    ranges = weight_sensitivity(parts)
    assert (
        f"strength would be between {ranges.low[0]:.0f} and {ranges.high[0]:.0f}; status would stay: Watch."
        in page
    )
    less = combine_rows(parts, replace(DEFAULT_STRENGTH, sentiment_weight=0.75 * 0.3))
    assert f'Sentiment a quarter less</th><td class="v-num" data-label="Strength">{less[0]:.1f}<' in page
    # Without a score there is nothing to weigh.
    assert "Had we weighted otherwise" not in read(client, a_customer(leader))
