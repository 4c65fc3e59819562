"""Forms that arrive at the same moment, and refusals that take the same time; on a database of their own."""

import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.vocapp.responses.builders import a_link
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.rules import ResponseState


def send_at_once(app, path, forms):
    def send(form):
        return FlaskClient(app, app.response_class).post(path, data=form).status_code

    with ThreadPoolExecutor(len(forms)) as threads:
        return Counter(threads.map(send, forms))


@pytest.fixture
def link(separate_app):
    with separate_app.app_context():
        return a_link(wave={"closes_at": utcnow() + timedelta(days=1)})[1]


def test_one_form_sent_fifty_times_at_once_is_one_answer(separate_app, link):
    codes = send_at_once(separate_app, f"/s/{link}", [{"score": "9", "why": "Good", "seen": "0"}] * 50)
    assert codes == {303: 50}
    with separate_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Response)) == 1
        assert db.session.scalar(select(func.count()).select_from(ResponseRevision)) == 1
        assert db.session.scalar(select(func.count()).select_from(Job)) == 1
        assert db.session.scalars(select(Invitation.state)).all() == [InvitationState.COMPLETED]


def test_of_different_forms_sent_at_once_one_counts_and_the_others_are_asked(separate_app, link):
    forms = [{"score": str(score), "seen": "0"} for score in range(11)]
    assert send_at_once(separate_app, f"/s/{link}", forms) == {303: 1, 409: 10}
    with separate_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ResponseRevision)) == 1


def test_forms_that_do_not_say_what_they_saw_become_revisions_one_by_one(separate_app, link):
    forms = [{"score": str(score)} for score in range(11)]
    assert send_at_once(separate_app, f"/s/{link}", forms) == {303: 11}
    with separate_app.app_context():
        numbers = db.session.scalars(select(ResponseRevision.number).order_by(ResponseRevision.number)).all()
        assert numbers == list(range(1, 12))
        assert db.session.scalars(select(Response.revision)).all() == [11]


@pytest.fixture
def paged_link(separate_app):
    with separate_app.app_context():
        return a_link(survey="paged", wave={"closes_at": utcnow() + timedelta(days=1)})[1]


def test_one_page_sent_fifty_times_at_once_is_one_partial_answer(separate_app, paged_link):
    forms = [{"page": "start", "score": "9", "seen": "0"}] * 50
    assert send_at_once(separate_app, f"/s/{paged_link}", forms) == {303: 50}
    with separate_app.app_context():
        assert db.session.scalars(select(Response.state)).all() == [ResponseState.PARTIAL]
        assert db.session.scalar(select(func.count()).select_from(ResponseRevision)) == 1
        assert db.session.scalars(select(Invitation.state)).all() == [InvitationState.STARTED]


def test_pages_and_what_saves_itself_at_once_make_one_answer(separate_app, paged_link):
    send_at_once(separate_app, f"/s/{paged_link}", [{"page": "start", "score": "9"}])
    saving = [{"page": "more", "why": "x" * (number + 1), "autosave": "1"} for number in range(15)]
    sending = [{"page": "more", "why": "Sent", "how": "4"}] * 5
    codes = send_at_once(separate_app, f"/s/{paged_link}", saving + sending)
    assert codes == {204: 15, 303: 5}
    with separate_app.app_context():
        (response,) = db.session.scalars(select(Response)).all()
        assert response.answers == {"rating": 9, "why": "Sent", "how": 4}
        assert response.state == ResponseState.COMPLETE


def test_opting_out_twenty_times_at_once_is_opting_out(separate_app, link):
    codes = send_at_once(separate_app, f"/u/{link}", [{"List-Unsubscribe": "One-Click"}] * 20)
    assert codes == {200: 20}


def test_a_wrong_link_and_a_closed_one_are_refused_in_the_same_time(separate_app, link):
    with separate_app.app_context():
        closed = a_link(wave={"state": WaveState.CLOSED})[1]
    client = FlaskClient(separate_app, separate_app.response_class)
    taken: dict[int, list[float]] = {404: [], 410: []}
    for number in range(150):
        for path in (f"/s/{number:043d}", f"/s/{closed}"):
            started = time.perf_counter()
            code = client.get(path).status_code
            taken[code].append(time.perf_counter() - started)
    assert abs(statistics.median(taken[404]) - statistics.median(taken[410])) < 0.005
