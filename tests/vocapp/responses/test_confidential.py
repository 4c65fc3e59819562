"""What is said in confidence: whatever somebody says, everything anybody sees stays the same."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders import NOW, a_company, a_contact, a_response, a_user, an_account, an_invitation, token_of
from tests.conftest import CheckingClient
from tests.vocapp.relationship.builders import a_closed_wave, a_full_account, rescored, score_of
from tests.vocapp.reports.builders import account_snapshot
from vocapp.accounts.models import Account, Contact
from vocapp.app import BLUEPRINTS
from vocapp.campaigns.models import Wave
from vocapp.core.db import db, transaction
from vocapp.coverage.recording import record_footprints
from vocapp.engagement.queries import participations, voices
from vocapp.engagement.rules import Voice
from vocapp.identity.guards import public
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.responses.exporting import response_table
from vocapp.responses.models import Response, ResponseRevision
from vocapp.sync.fields import Entity
from vocapp.sync.projection import project

CANARY = "zebrafinch under the copper roof"
GUARDED = {blueprint.name for blueprint, guard in BLUEPRINTS if guard is not public}
ROLES = (RoleName.ADMIN, RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE)
FORMATS: tuple[dict[str, str], ...] = tuple({"file_format": name} for name in ("csv", "xlsx", "json"))
# What differs between two visits, and between two moments while somebody works on a style sheet.
CHANGING = re.compile(r'(name="csrf_token"|name="csrf-token")[^>]*|\?v=[0-9a-f]+')
# Pages in which an answer could show by how it is looked for or in what order things stand.
LOOKED_FOR = (
    f"/responses?q={CANARY.replace(' ', '+')}",
    "/responses?class=detractor",
    "/responses?class=promoter",
    "/responses?sort=rating",
    "/responses?sort=-rating",
    "/responses/quarantine?view=kept_out",
    f"/search?q={CANARY.replace(' ', '+')}",
    "/accounts?sort=strength",
    "/?sort=-sentiment",
)


@pytest.fixture(autouse=True)
def still_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


class World:
    """An account where one person answered in confidence, and another one openly; a doubtful form waits."""

    def __init__(self) -> None:
        a_company()
        self.users = {role: a_user(role) for role in ROLES}
        self.account: Account = a_full_account(owner_id=self.users[RoleName.CSM].id)
        an_account(owner_id=self.users[RoleName.CSM].id)
        self.wave: Wave = a_closed_wave()
        with transaction():
            self.wave.survey_version.survey.is_confidential = True
            self.wave.owner_id = self.users[RoleName.CSM].id
            self.wave.accounts.append(self.account)
        self.person: Contact = a_contact(self.account, personas=("decision_maker",))
        other = a_contact(self.account)
        an_invitation(self.wave, other, state="silent", settled_at=NOW - timedelta(days=30))
        invitation = an_invitation(self.wave, self.person)
        self.response: Response = a_response(
            invitation, answered_at=NOW - timedelta(days=50), changed_at=NOW - timedelta(days=50)
        )
        self.forms = [
            ResponseRevision(response_id=self.response.id, number=1, answers={}, at=NOW - timedelta(days=50)),
            ResponseRevision(
                response_id=self.response.id,
                number=2,
                answers={},
                at=NOW - timedelta(days=49),
                quarantine_reason="trap_field",
            ),
        ]
        with transaction():
            db.session.add_all(self.forms)

    def say(self, rating: int, comment: str, *, may_contact: bool | None) -> None:
        """Let the answer, and the doubtful form, be this."""
        answers = {"rating": rating, "why": comment, "may_contact": may_contact}
        with transaction():
            self.response.rating, self.response.comment = rating, comment
            self.response.may_contact, self.response.answers = may_contact, answers
            for form in self.forms:
                form.answers = answers
        rescored()
        with transaction():
            record_footprints([self.account.id], on=NOW.date(), now=NOW)

    @property
    def things(self) -> dict[str, Any]:
        return {
            "account_id": self.account.id,
            "contact_id": self.person.id,
            "wave_id": self.wave.id,
            "revision_id": self.forms[1].id,
            "response_id": self.response.id,
            "invitation_id": self.response.invitation_id,
            "user_id": self.users[RoleName.CSM].id,
            "key": "nps",
        }


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def addresses(app: Flask, things: dict[str, Any]) -> list[str]:
    """Every page of the staff, of this world's things."""
    links = app.url_map.bind("vocapp.invalid")
    found = list(LOOKED_FOR)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in GUARDED and "GET" in (rule.methods or ()):
            for file_format in FORMATS if "file_format" in rule.arguments else ({},):
                values = {argument: things.get(argument, 1) for argument in rule.arguments}
                with suppress(ValueError):
                    found.append(links.build(rule.endpoint, {**values, **file_format}))
    return found


class Reader(CheckingClient):
    """A browser that fetches parts of pages, too."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        for name in list(g):
            g.pop(name)
        return FlaskClient.open(self, *args, **kwargs)


def pages_of(app: Flask, user: User, things: dict[str, Any]) -> dict[str, str]:
    reader = Reader(app, app.response_class)
    reader.sign_in(user)
    seen = {address: reader.get(address, buffered=True) for address in addresses(app, things)}
    return {address: unpacked(answer.data) for address, answer in seen.items() if answer.status_code == 200}


def unpacked(content: bytes) -> str:
    """A page, or all sheets of a workbook, as text."""
    if content[:2] != b"PK":
        return CHANGING.sub("", content.decode())
    with ZipFile(BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


@pytest.mark.parametrize("role", ROLES)
def test_no_page_changes_with_what_was_said_in_confidence(app: Flask, world: World, role: RoleName) -> None:
    world.say(2, CANARY, may_contact=True)
    unhappy = pages_of(app, world.users[role], world.things)
    world.say(10, "", may_contact=None)
    happy = pages_of(app, world.users[role], world.things)
    assert len(unhappy) > 20
    assert [address for address, page in unhappy.items() if CANARY in page and "q=" not in address] == []
    assert [address for address in unhappy if unhappy[address] != happy.get(address)] == []


def test_no_file_report_or_crm_record_changes_with_it(world: World) -> None:
    world.say(2, CANARY, may_contact=True)
    unhappy = everything_written(world)
    world.say(10, "", may_contact=None)
    assert everything_written(world) == unhappy
    assert CANARY not in unhappy


def everything_written(world: World) -> str:
    answers = [list(row) for row in response_table().rows]
    paper = account_snapshot(world.account.id, now=NOW)
    ids = [world.account.id, world.person.id, world.response.id]
    records = [
        project(entity, ids, prefix="v") for entity in (Entity.ACCOUNT, Entity.CONTACT, Entity.RESPONSE)
    ]
    assert records[1]
    assert records[2] == {}
    return json.dumps([answers, paper, str(records)], default=str)


def test_it_scores_no_account_and_counts_as_taking_part(world: World) -> None:
    world.say(2, CANARY, may_contact=True)
    rows = participations([world.account.id], until=NOW)
    assert not rows.counts_as_sentiment.any()
    assert rows.rating.tolist() == [-1, -1]
    assert rows.counted.sum() == 2
    voice = voices([world.account.id], until=NOW)[world.person.id]
    assert (voice.voice, voice.rating) == (Voice.ANSWERED, None)
    score = score_of(world.account)
    assert (score.sentiment, score.answers) == (None, 0)
    assert score.engagement is not None


def test_the_quarantine_says_that_a_form_is_doubtful_and_not_what_it_says(
    client: CheckingClient, world: World
) -> None:
    world.say(2, CANARY, may_contact=True)
    client.sign_in(world.users[RoleName.LEADER])
    page = client.get("/responses/quarantine").get_data(as_text=True)
    assert "confidence" in page
    assert CANARY not in page
    assert f"/responses/quarantine/{world.forms[1].id}/release" in page


def test_a_person_sees_their_own_answer(client: CheckingClient, world: World) -> None:
    with transaction():
        world.wave.state = "open"
        world.wave.closed_at, world.wave.closes_at = None, NOW + timedelta(days=3)
    world.say(2, CANARY, may_contact=True)
    page = client.get(f"/s/{token_of(world.response.invitation)}").get_data(as_text=True)
    assert CANARY in page


def test_the_timeline_tells_that_somebody_answered(client: CheckingClient, world: World) -> None:
    world.say(2, CANARY, may_contact=True)
    client.sign_in(world.users[RoleName.CSM])
    page = client.get(f"/people/{world.person.id}").get_data(as_text=True)
    assert "Answered in confidence" in page
