"""What an answer page saves by itself while somebody is at it: a part, one step of history, no decision."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW
from tests.vocapp.responses.builders import a_link
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.core.limits import EXTENSION_KEY
from vocapp.freshness.models import Suggestion
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.rules import ResponseState

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False) as clock:
        yield clock


def responses():
    db.session.expire_all()
    return db.session.scalars(select(Response)).all()


def how_many_revisions():
    return db.session.scalar(select(func.count()).select_from(ResponseRevision))


def autosave(client, token, **fields):
    sent = client.post(f"/s/{token}", data={"page": "start", "autosave": "1", **fields})
    assert (sent.status_code, sent.data) == (204, b"")
    return sent


def test_what_stands_there_is_kept_as_a_partial_answer(client):
    invitation, token = a_link()
    autosave(client, token, score="9", why="So f")
    (response,) = responses()
    assert (response.rating, response.comment, response.state) == (9, "So f", ResponseState.PARTIAL)
    assert (response.completed_at, response.last_page) == (None, "")
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.STARTED


def test_one_visit_is_one_revision_however_often_it_is_saved(client, clock):
    _, token = a_link()
    for length in range(1, 6):
        clock.shift(timedelta(seconds=20))
        autosave(client, token, score="9", why="x" * length)
    (response,) = responses()
    assert (response.comment, response.revision, how_many_revisions()) == ("xxxxx", 1, 1)
    clock.shift(timedelta(hours=2))
    autosave(client, token, score="9", why="Much later")
    assert how_many_revisions() == 2


def test_what_was_sent_is_never_overwritten_by_what_saves_itself(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    autosave(client, token, score="8")
    kept = db.session.scalars(select(ResponseRevision.answers).order_by(ResponseRevision.number)).all()
    assert kept == [{"rating": 9}, {"rating": 8}]


def test_sending_what_has_been_saved_completes_it(client):
    invitation, token = a_link()
    autosave(client, token, score="9", why="Good", seen="0")
    sent = client.post(f"/s/{token}", data={"page": "start", "score": "9", "why": "Good", "seen": "0"})
    assert sent.status_code == 303
    (response,) = responses()
    assert (response.state, response.completed_at, how_many_revisions()) == (ResponseState.COMPLETE, LATER, 1)
    assert db.session.scalars(select(ResponseRevision.is_autosaved)).all() == [False]
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.COMPLETED


def test_sending_something_else_than_was_saved_is_the_next_revision(client):
    _, token = a_link()
    autosave(client, token, score="9", why="Goo", seen="0")
    client.post(f"/s/{token}", data={"page": "start", "score": "9", "why": "Good", "seen": "0"})
    assert how_many_revisions() == 2
    assert responses()[0].comment == "Good"


def test_a_complete_answer_is_left_alone(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9", "why": "Good"})
    autosave(client, token, score="3", seen="1")
    (response,) = responses()
    assert (response.rating, response.state, how_many_revisions()) == (9, ResponseState.COMPLETE, 1)


def test_an_extra_page_adds_to_a_complete_answer_and_can_be_sent_after(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9"})
    autosave(client, token, page="drivers", drivers_high="support", seen="1")
    assert responses()[0].answers == {"rating": 9, "drivers_high": ["support"]}
    fields = {"page": "drivers", "drivers_high": ["support", "product"], "seen": "1"}
    assert client.post(f"/s/{token}", data=fields).status_code == 303
    assert responses()[0].answers == {"rating": 9, "drivers_high": ["product", "support"]}
    assert responses()[0].state == ResponseState.COMPLETE


def test_an_extra_page_from_before_a_new_answer_saves_nothing(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9", "seen": "0"})
    client.post(f"/s/{token}", data={"score": "10", "seen": "1"})
    autosave(client, token, page="drivers", drivers_high="support", seen="1")
    assert responses()[0].answers == {"rating": 10}


def test_without_a_number_nothing_is_kept_but_that_somebody_began(client):
    invitation, token = a_link()
    autosave(client, token, why="Typing")
    assert responses() == []
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.STARTED


def test_half_a_persons_address_suggests_nobody(client):
    _, token = a_link(survey="everything")
    autosave(client, token, score="9", **{"colleague.name": "Ken", "colleague.email": "ken@c"})
    assert db.session.scalar(select(func.count()).select_from(Suggestion)) == 0


def test_what_a_machine_saves_is_kept_nowhere(client):
    invitation, token = a_link()
    autosave(client, token, score="0", website="x")
    assert responses() == []
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.DELIVERED


@pytest.mark.parametrize("fields", [{"score": "99"}, {"page": "drivers"}, {"version": "7", "score": "9"}, {}])
def test_what_cannot_be_kept_is_passed_over_in_silence(client, fields):
    _, token = a_link()
    autosave(client, token, **fields)
    assert responses() == []


def test_a_closed_wave_takes_nothing(client):
    _, token = a_link(wave={"state": WaveState.CLOSED})
    assert client.post(f"/s/{token}", data={"autosave": "1", "score": "9"}).status_code == 410


def test_saving_in_passing_never_uses_up_the_sending(client, app, monkeypatch):
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    app.extensions[EXTENSION_KEY].reset()
    _, token = a_link()
    codes = [
        client.post(f"/s/{token}", data={"autosave": "1", "score": str(number % 11)}).status_code
        for number in range(80)
    ]
    assert set(codes) == {204, 429}
    assert client.post(f"/s/{token}", data={"score": "9"}).status_code == 303
    app.extensions[EXTENSION_KEY].reset()
