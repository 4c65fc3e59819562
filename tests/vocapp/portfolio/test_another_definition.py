"""When the method changes, no line and no movement leads from one definition into the other."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from surveys.parameters import DEFAULT_METHOD
from tests.builders import NOW, a_contact, a_user
from tests.conftest import CheckingClient
from tests.vocapp.portfolio.builders import a_customer, a_past_wave, answered, scored
from tests.vocapp.portfolio.reading import text_of
from tests.vocapp.reports.builders import account_snapshot
from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.method.service import begin_draft, request_force, save_draft
from vocapp.portfolio.queries import strengths_since
from vocapp.reports.account.paper import lay_out
from vocapp.reports.account.phrases import (
    series_line,
)

OTHER = "Made by another definition since"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def leader(client: CheckingClient) -> User:
    person = a_user(RoleName.LEADER)
    client.sign_in(person)
    return person


def an_account_that_rose() -> Account:
    """Unhappy in one wave, happy in the next; scored at the end of both."""
    owner = a_user()
    account = a_customer(owner, name="Yarrow")
    everybody = a_contact(account, personas=("decision_maker",)), a_contact(account)
    for weeks, rating in ((30, 3), (5, 10)):
        wave = a_past_wave(owner, weeks)
        for person in everybody:
            answered(wave, person, rating)
        scored(wave.closed_at)
    scored()
    return account


def trails_of(client: CheckingClient) -> list[Any]:
    """The points of the trails that the portfolio's chart draws, two for each account that moved."""
    html = client.get("/portfolio").get_data(as_text=True)
    found = re.search(r'id="bubbles-spec">(.*?)</script>', html, re.DOTALL)
    assert found
    layers = json.loads(found[1])["layer"]
    return next(layer for layer in layers if layer["mark"]["type"] == "trail")["data"]["values"]


def redefined(by: User, **values: float) -> None:
    """Another half-life, or other values, hold from today on, and everything is scored by them."""
    with transaction():
        draft = begin_draft(by=by, now=NOW)
        save_draft(
            draft.number,
            replace(DEFAULT_METHOD, **(values or {"half_life": 6.0})),
            note="Sooner",
            seen=0,
            by=by,
            now=NOW,
        )
        request_force(draft.number, regions=(), accounts=0, seen=1, by=by, now=NOW)
    scored()


@pytest.mark.usefixtures("client")
def test_a_line_begins_where_the_definition_does(leader):
    account = an_account_that_rose()
    since = NOW.date() - timedelta(days=365)
    assert all(value is not None for _day, value in strengths_since([account.id], since)[account.id])
    redefined(leader)
    series = strengths_since([account.id], since)[account.id]
    assert [value is not None for _day, value in series] == [False, False, True]


def test_the_board_says_why_its_lines_are_short(client, leader):
    an_account_that_rose()
    assert OTHER not in text_of(client, "/")
    redefined(leader)
    assert f"{OTHER} Mar 11, 2026: nothing is compared with the days before." in text_of(client, "/")


def test_no_trail_and_no_movement_crosses_it(client, leader):
    an_account_that_rose()
    assert len(trails_of(client)) == 2
    redefined(leader)
    assert trails_of(client) == []
    text = text_of(client, "/portfolio")
    assert OTHER in text
    assert OTHER in text[text.index("Movements") :]
    assert "Rose" not in text[text.index("Movements") :]


def test_the_table_of_waves_marks_what_another_definition_made(client, leader):
    account = an_account_that_rose()
    assert "by another definition" not in text_of(client, f"/accounts/{account.id}")
    redefined(leader)
    assert text_of(client, f"/accounts/{account.id}").count("by another definition") == 2


def test_the_explanation_of_a_change_says_since_when_it_is_another_definition(client, leader):
    account = an_account_that_rose()
    assert OTHER not in text_of(client, f"/accounts/{account.id}/why")
    redefined(leader)
    text = text_of(client, f"/accounts/{account.id}/why")
    assert f"{OTHER} Mar 11, 2026, so the score of" in text


@pytest.mark.usefixtures("client")
def test_a_paper_compares_no_wave_with_one_of_another_definition(leader):
    account = an_account_that_rose()
    before = account_snapshot(account.id, now=NOW)
    assert before["redefined_on"] is None
    assert all(wave["strength"] for wave in before["waves"])
    assert before["before"] is not None
    assert series_line(before) == ""
    redefined(leader)
    after = account_snapshot(account.id, now=NOW)
    assert [wave["strength"] for wave in after["waves"]] == [None, None]
    assert after["before"] is None
    assert series_line(after) == (
        "Made by another definition since Mar 11, 2026; earlier waves are not compared."
    )


def test_a_paper_of_before_there_were_versions_says_nothing_about_them():
    assert series_line({}) == ""


@pytest.mark.usefixtures("client")
def test_a_paper_draws_the_marks_in_force_and_an_old_one_those_of_its_day(leader):
    account = an_account_that_rose()
    snapshot = account_snapshot(account.id, now=NOW)
    assert lay_out(snapshot).marks == (40.0, 70.0)
    redefined(leader, green_from=60.0, red_below=30.0)
    assert lay_out(account_snapshot(account.id, now=NOW)).marks == (30.0, 60.0)
    assert lay_out(snapshot).marks == (40.0, 70.0)
    del snapshot["marks"]
    assert lay_out(snapshot).marks == (40.0, 70.0)


def test_how_sure_a_result_is_follows_the_method(client, leader):
    an_account_that_rose()
    wave = db.session.scalars(select(Wave).order_by(Wave.id)).first()
    assert "a hint only" in text_of(client, f"/waves/{wave.id}/results")
    redefined(leader, high_to=60.0, medium_to=100.0)
    assert "fairly sure" in text_of(client, f"/waves/{wave.id}/results")
