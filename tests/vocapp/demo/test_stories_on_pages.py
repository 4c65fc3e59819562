"""Every story of the demo company stands on the pages where somebody would look for it."""

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import CheckingClient, app_on, rolled_back
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.demo.driving import KEY
from vocapp.demo.service import load_demo
from vocapp.demo.stories import (
    CARRIED_BY_ONE,
    CHAMPION_LEFT,
    COMEBACK_STORY,
    NO_DECISION_MAKER,
    SILENT,
    STORY_NAMES,
    STRICT_REGION,
)
from vocapp.identity.models import User
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import page_of_report
from vocapp.reports.rules import Order, ReportKind

LEADER = "Tomás Aguilar"


@pytest.fixture(scope="module")
def told(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with the demo company of today: pages go by the clock."""
    with app_on(new_database(), tmp_path_factory.mktemp("stories")) as app:
        with app.app_context():
            load_demo(now=utcnow())
        with rolled_back(app):
            yield app


class Reader:
    """Somebody of the demo company, who reads the words of a page as they stand there."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client = app.test_client()
        assert isinstance(self.client, CheckingClient)
        self.client.sign_in(db.session.scalars(select(User).where(User.name == name)).unique().one())

    def words(self, path: str) -> str:
        """Return the words of a page."""
        page = self.client.get(path)
        assert page.status_code == 200, path
        page_words = re.sub(r"(?s)<script.*?</script>|<svg.*?</svg>|<[^>]+>", " ", page.text)
        return " ".join(unescape(page_words).split())

    def says(self, path: str, *wanted: str) -> None:
        """Check that a page says all of some words, in their order."""
        words, start = self.words(path), 0
        for some in wanted:
            found = words.find(some, start)
            assert found >= 0, f"{path} does not say {some!r} after {words[max(0, start - 80) : start]!r}"
            start = found + len(some)


def test_every_story_is_told_where_it_would_be_looked_for(told: Flask) -> None:
    accounts = {account.name: account for account in db.session.scalars(select(Account))}
    heroes = {story: accounts[name] for story, name in STORY_NAMES.items()}
    pages = {story: f"/accounts/{account.id}" for story, account in heroes.items()}
    leader = Reader(told, LEADER)

    def csm_of(story: str) -> Reader:
        owner = db.session.get_one(User, heroes[story].owner_id)
        return Reader(told, owner.name)

    # A large account in EMEA fell silent, its decision maker first, and its renewal comes near.
    silent = STORY_NAMES[SILENT]
    leader.says("/", silent, "decision maker, silent in 4 waves, renewal in 71 days")
    csm_of(SILENT).says("/", silent, "decision maker, silent in 4 waves, renewal in 71 days")
    leader.says(pages[SILENT], "At risk", "All nine silent, decision maker among them", "Nobody answers")
    leader.says("/portfolio/silent", silent, "Western Europe", "Nobody answered the latest 3 waves")
    leader.says("/portfolio", f"Look first at {silent}", "Movements", "Fell", silent, "Rose")
    leader.says(f"{pages[SILENT]}/timeline", "Their new CFO reviews every supplier")

    # The champion left, and the seat is empty.
    left = STORY_NAMES[CHAMPION_LEFT]
    leader.says("/", "Name a new champion", left, "was the champion and has left, renewal in 41 days")
    csm_of(CHAMPION_LEFT).says("/", left, "Champion left")
    leader.says(pages[CHAMPION_LEFT], "Champion left", "nobody confirmed has taken over")
    leader.says("/gaps", left, "Champion left")
    leader.says(f"{pages[CHAMPION_LEFT]}/timeline", "this was the last week there")

    # One voice carries an account, and names who decides there, who never answered.
    leader.says("/portfolio/silent", STORY_NAMES[CARRIED_BY_ONE], "No decision maker answered")
    leader.says(pages[CARRIED_BY_ONE], "silent, decision maker among them", "silent in 4 waves in a row")
    voice = "Grace Okafor"
    leader.says(f"{pages[CARRIED_BY_ONE]}/comments", *[f"{voice} Champion"] * 3)
    csm_of(CARRIED_BY_ONE).says(
        "/suggestions", "Add Amara Nwosu?", f"{voice} said so on the answer page", "Decision maker"
    )

    # Happy people, and nobody known who decides.
    leader.says(pages[NO_DECISION_MAKER], "seats are not filled; all seven answers are from promoters")
    leader.says("/gaps", STORY_NAMES[NO_DECISION_MAKER], "Decision maker: 0 of 1 confirmed lately, 1 empty")
    leader.says("/benchmarks/different", STORY_NAMES[NO_DECISION_MAKER], "NPS")

    # A customer on the way out came back, in their own words.
    leader.says(pages[COMEBACK_STORY], "Strong", "The second site goes live")
    leader.says(
        f"{pages[COMEBACK_STORY]}/timeline",
        *("the open tickets went from 14 to 2", "The second site goes live", "to Strong"),
    )
    leader.says(
        f"{pages[COMEBACK_STORY]}/comments",
        *("The second site goes live", "Different company", "step by step"),
        *("Somebody finally came on site", "your competitors"),
    )

    # A region gives no more than a seven, whatever its people say.
    strict = f"/comments?region={STRICT_REGION}"
    leader.says(strict, STRICT_REGION, "passive", "Relationship")
    assert not re.search(r"\b(8|9|10) (promoter|passive)", leader.words(strict))
    # Among their own, such ratings stand in the middle.
    strict_ones = [one.id for one in accounts.values() if one.region == STRICT_REGION]
    whys = [leader.words(f"/accounts/{account_id}/why") for account_id in strict_ones]
    stands = re.compile(rf"Among \d+ answers from {STRICT_REGION}, .*, these ratings stand at \d+ of 100")
    assert any(stands.search(why) for why in whys)

    # Critics who speak, with the decision makers among them on top of the board.
    leader.says("/portfolio", "vocal critics")
    leader.says("/", "Call ", "detractor (", "decision maker, renewal in", "Read the answer")
    leader.says("/comments", "Lowest ratings and harshest words first", "detractor")

    # What was promised, kept and late.
    leader.says(f"{pages[COMEBACK_STORY]}/commitments", "roadmap", "open", "comes on site", "kept")
    leader.says(f"{pages[SILENT]}/commitments", "that your new CFO asked for", "late")
    for story, said in ((COMEBACK_STORY, "comes on site"), (SILENT, "late, promised until")):
        order = Order(ReportKind.ACCOUNT, account_id=heroes[story].id)
        assert said in page_of_report(take_snapshot(order, now=utcnow()))

    # What goes with the rating.
    leader.says(f"/surveys/{KEY}/drivers", "Driver by driver", "Value for the price", "Concentrate here")
