"""Sending an answer: what is stored, what is shown again, and what happens when forms cross."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.builders import NOW, a_response
from tests.vocapp.responses.builders import a_link
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import queue_message
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.rules import ResponseState

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(LATER, tick=False):
        yield


def the_response():
    db.session.expire_all()
    return db.session.scalars(select(Response)).one()


def how_many(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_one_post_records_the_whole_answer(client):
    invitation, token = a_link()
    sent = client.post(f"/s/{token}", data={"score": "9", "why": "Fast help", "may_contact": "yes"})
    assert sent.status_code == 303
    response = the_response()
    assert (response.rating, response.comment, response.may_contact) == (9, "Fast help", True)
    assert (response.state, response.revision, response.answered_at) == (ResponseState.COMPLETE, 1, LATER)
    assert response.account_id == invitation.account_id
    db.session.refresh(invitation)
    assert (invitation.state, invitation.settled_at) == (InvitationState.COMPLETED, LATER)


def test_the_thank_you_says_what_happens_next(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9"})
    text = client.get(f"/s/{token}/thanks").text
    assert "Your answer is saved." in text
    assert "Ana Silva reads every answer" in text
    assert "You can change it until" in text
    assert "will write to you" not in text


def test_somebody_who_wants_to_be_contacted_reads_by_when(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "2", "may_contact": "yes"})
    assert "Ana Silva will write to you by March 18, 2026." in client.get(f"/s/{token}/thanks").text


def test_a_number_is_enough(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "0"})
    response = the_response()
    assert (response.rating, response.comment, response.may_contact) == (0, "", None)


def test_an_answer_asks_for_the_account_to_be_looked_at(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9"})
    response = the_response()
    job = db.session.scalars(select(Job).where(Job.kind == "response_received")).one()
    assert job.payload == {"response_id": response.id, "account_id": response.account_id}


def test_an_answer_takes_back_the_reminder(client):
    invitation, token = a_link()
    queue_message(
        key=f"reminder:{invitation.id}",
        template="reminder",
        context={},
        subject_kind="invitation",
        subject_id=invitation.id,
        to_address="zenobia@customer.example",
        send_at=LATER + timedelta(days=3),
    )
    client.post(f"/s/{token}", data={"score": "9"})
    db.session.expire_all()
    assert db.session.scalars(select(Message.state)).all() == [MessageState.CANCELLED]


def test_the_same_form_again_changes_nothing(client):
    _, token = a_link()
    for _turn in range(3):
        assert client.post(f"/s/{token}", data={"score": "9", "why": "Good"}).status_code == 303
    assert how_many(ResponseRevision) == 1
    assert the_response().revision == 1


def test_another_answer_is_a_revision_of_the_same_response(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "3", "why": "Slow", "seen": "0"})
    client.post(f"/s/{token}", data={"score": "8", "why": "Better", "seen": "1"})
    response = the_response()
    assert (response.rating, response.comment, response.revision) == (8, "Better", 2)
    kept = db.session.scalars(select(ResponseRevision.answers).order_by(ResponseRevision.number)).all()
    assert kept == [{"rating": 3, "why": "Slow"}, {"rating": 8, "why": "Better"}]


def test_an_answer_without_its_form_is_revised_from_where_it_stands(client):
    invitation, token = a_link()
    a_response(invitation, rating=3, answers={"rating": 3})
    client.post(f"/s/{token}", data={"score": "8", "seen": "1"})
    assert (the_response().rating, the_response().revision) == (8, 2)
    assert client.post(f"/s/{token}", data={"score": "5", "seen": "1"}).status_code == 409


def test_a_revision_keeps_the_time_of_the_first_answer(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "3"})
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        client.post(f"/s/{token}", data={"score": "8"})
    response = the_response()
    assert (response.answered_at, response.changed_at) == (LATER, LATER + timedelta(days=1))


def test_a_form_from_before_somebody_elses_answer_is_asked_about_first(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "3", "why": "From the phone", "seen": "0"})
    page = client.post(f"/s/{token}", data={"score": "8", "why": "From the desk", "seen": "0"})
    assert page.status_code == 409
    assert "You have already answered. Replace your answer?" in page.text
    assert "From the phone" in page.text
    assert ">\nFrom the desk</textarea>" in page.text
    assert the_response().rating == 3
    again = client.post(f"/s/{token}", data={"score": "8", "why": "From the desk", "seen": "1"})
    assert again.status_code == 303
    assert the_response().rating == 8


def test_a_form_without_a_number_is_shown_again_with_all_that_was_typed(client):
    invitation, token = a_link()
    page = client.post(f"/s/{token}", data={"why": "Because <i>so</i>", "may_contact": "no", "lang": "en"})
    assert page.status_code == 422
    assert "Please look at this again:" in page.text
    assert '<a href="#q-rating.0">Please choose a number.</a>' in page.text
    assert ">\nBecause &lt;i&gt;so&lt;/i&gt;</textarea>" in page.text
    assert 'value="no" checked' in page.text
    assert how_many(Response) == 0
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.STARTED


def test_an_empty_form_begins_nothing(client):
    invitation, token = a_link()
    assert client.post(f"/s/{token}", data={}).status_code == 422
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.DELIVERED


def test_an_empty_form_in_doubt_is_shown_again_and_kept_nowhere(client):
    _, token = a_link()
    page = client.post(f"/s/{token}", data={"website": "x"})
    assert page.status_code == 422
    assert "Please choose a number." in page.text
    assert how_many(Response) == 0


def test_a_number_is_kept_although_the_comment_is_too_long(client):
    _, token = a_link()
    page = client.post(f"/s/{token}", data={"score": "4", "why": "x" * 10_001})
    assert page.status_code == 422
    assert "Your number is saved." in page.text
    assert "x" * 10_001 in page.text
    response = the_response()
    assert (response.rating, response.comment, response.state) == (4, "", ResponseState.PARTIAL)
    assert client.post(f"/s/{token}", data={"score": "4", "why": "short", "seen": "1"}).status_code == 303
    response = the_response()
    assert (response.comment, response.state, response.revision) == ("short", ResponseState.COMPLETE, 2)


def test_a_form_with_errors_never_replaces_a_complete_answer(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9", "why": "Good"})
    assert client.post(f"/s/{token}", data={"score": "4", "why": "x" * 10_001}).status_code == 422
    assert (the_response().rating, the_response().comment) == (9, "Good")


@pytest.mark.parametrize(
    "comment",
    [
        "x" * 10_000,
        "👩‍👩‍👧‍👦 " * 300,
        "الدعم ممتاز، لكن التقارير بطيئة‏",
        "  two lines\r\nwith spaces  ",
        "'; DROP TABLE responses; -- {{ 7*7 }} ${7*7} <script>alert(1)</script>",
        "Ａ\u0301 \u202eabc\u202c \ufeff \u200b",
        "=1+1",
    ],
)
def test_a_comment_is_kept_to_the_character(client, comment):
    _, token = a_link()
    assert client.post(f"/s/{token}", data={"score": "9", "why": comment}).status_code == 303
    assert the_response().comment == comment


def test_a_character_no_database_stores_is_dropped_and_the_answer_kept(client):
    _, token = a_link()
    assert client.post(f"/s/{token}", data={"score": "9", "why": "be\x00fore"}).status_code == 303
    assert the_response().comment == "before"


def test_a_comment_of_spaces_is_no_comment(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9", "why": " \n "})
    assert the_response().answers == {"rating": 9}


@pytest.mark.parametrize("state", [WaveState.CLOSED, WaveState.CANCELLED])
def test_a_wave_that_ended_while_the_page_was_open_says_so(client, state):
    invitation, token = a_link()
    assert client.get(f"/s/{token}").status_code == 200
    invitation.wave.state = state
    db.session.commit()
    page = client.post(f"/s/{token}", data={"score": "9"})
    assert page.status_code == 410
    assert "This question is closed" in page.text
    assert how_many(Response) == 0


def test_an_answer_for_an_unknown_link_is_stored_nowhere(client):
    assert client.post("/s/no-such-token", data={"score": "9"}).status_code == 404
    assert how_many(Response) == 0


@pytest.mark.parametrize(
    "state",
    [InvitationState.PLANNED, InvitationState.SENT, InvitationState.BOUNCED, InvitationState.OPTED_OUT],
)
def test_whoever_answers_has_answered_whatever_was_known_before(client, state):
    invitation, token = a_link(state=state)
    client.post(f"/s/{token}", data={"score": "9"})
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.COMPLETED


def test_fields_nobody_asked_for_are_ignored(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9", "account_id": "1", "state": "x", "quarantine_reason": "x"})
    assert the_response().answers == {"rating": 9}


@pytest.fixture
def fuzzed_link(app):
    return a_link()[1]


@pytest.fixture
def bare_client(app):
    """A client that accepts pages with control characters, which are typed text and not ours to drop."""
    return FlaskClient(app, app.response_class)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=nonsense",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "application/json",
            "",
        ]
    ),
    path=st.sampled_from(["/s/{}", "/s/{}/not-me", "/s/{}/somebody-else", "/u/{}"]),
    prefix=st.sampled_from(
        [b"", b"score=", b"score=9&why=", b"name=A&email=", b"--x\r\n", b"website=", b"seen="]
    ),
)
def test_no_form_breaks_a_page(bare_client, fuzzed_link, body, kind, path, prefix):
    sent = bare_client.post(path.format(fuzzed_link), data=prefix + body, content_type=kind or None)
    assert sent.status_code < 500


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["score", "why", "may_contact", "seen", "lang", "website", "name", "email", "reason"]
        ),
        st.text(max_size=60)
        | st.sampled_from(["9", "yes", "left_company", "a@b.example", "99999999999999999999"]),
    ),
    path=st.sampled_from(["/s/{}", "/s/{}/not-me", "/s/{}/somebody-else", "/u/{}"]),
)
def test_no_field_breaks_a_page(bare_client, fuzzed_link, fields, path):
    encodable = {key: value.encode("utf-8", "replace").decode() for key, value in fields.items()}
    assert bare_client.post(path.format(fuzzed_link), data=encodable).status_code < 500


def test_a_form_of_absurd_size_is_refused_politely(client):
    _, token = a_link()
    page = client.post(f"/s/{token}", data={"score": "9", "why": "x" * 3_000_000})
    assert page.status_code == 413
    assert "That did not work" in page.text


def test_a_machine_is_doubted_before_the_batch_of_its_mail_is_written_down(client):
    invitation, token = a_link(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    mail = queue_message(
        key=f"invitation:{invitation.id}",
        template="invitation",
        context={},
        subject_kind="invitation",
        subject_id=invitation.id,
        to_address=invitation.contact.email,
    )
    mail.first_tried_at = LATER - timedelta(seconds=2)
    db.session.commit()
    client.post(f"/s/{token}", data={"score": "9"}, headers={"User-Agent": ""})
    assert the_response().quarantine_reason == "soon+bot"
