"""Forms of one visit that arrive at the same moment; on a database of their own."""

import statistics
import time

import pytest
from flask.testing import FlaskClient

from tests.builders import NOW
from tests.vocapp.open_links.builders import address_of, an_open_link, open_answers
from tests.vocapp.responses.test_at_once import send_at_once

VISIT = "a-word-of-one-visit-only"


@pytest.fixture
def address(separate_app):
    with separate_app.app_context():
        return address_of(an_open_link())


def test_one_form_sent_fifty_times_at_once_is_one_answer(separate_app, address):
    codes = send_at_once(separate_app, address, [{"score": "9", "why": "Good", "visit": VISIT}] * 50)
    assert codes == {200: 50}
    with separate_app.app_context():
        assert [(one.rating, one.comment) for one in open_answers()] == [(9, "Good")]


def test_forms_of_different_visitors_sent_at_once_are_all_kept(separate_app, address):
    forms = [{"score": str(number % 11), "visit": f"a-visit-of-number-{number:02d}"} for number in range(30)]
    assert send_at_once(separate_app, address, forms) == {200: 30}
    with separate_app.app_context():
        assert len(open_answers()) == 30


def test_empty_forms_sent_at_once_leave_nothing(separate_app, address):
    assert send_at_once(separate_app, address, [{"visit": VISIT}] * 20) == {422: 20}
    with separate_app.app_context():
        assert open_answers() == []


def test_a_wrong_link_and_a_closed_one_are_refused_in_the_same_time(separate_app, address):
    with separate_app.app_context():
        closed = address_of(an_open_link(closed_at=NOW))
    client = FlaskClient(separate_app, separate_app.response_class)
    taken: dict[int, list[float]] = {404: [], 410: []}
    for number in range(150):
        for path in (f"/e/{number:043d}", closed):
            started = time.perf_counter()
            code = client.get(path).status_code
            taken[code].append(time.perf_counter() - started)
    assert abs(statistics.median(taken[404]) - statistics.median(taken[410])) < 0.005
