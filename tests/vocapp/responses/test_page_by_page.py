"""Answering page by page: what is saved as people go on, where they come back to, and what they are asked."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from surveys.catalog import library_keys
from tests.builders import NOW, a_response, a_wave, an_invitation
from tests.vocapp.responses.builders import a_link
from tests.vocapp.responses.surveys import ENDS, RATING, question, survey
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.core.opened import opened_mark
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


def revisions():
    return db.session.scalars(select(ResponseRevision).order_by(ResponseRevision.number)).all()


def state_of(invitation):
    db.session.refresh(invitation)
    return invitation.state


def page_key(page):
    return re.search(r'name="page" value="([^"]*)"', page.text).group(1)


def offered(page):
    return re.search(r'name="shown" value="([^"]*)"', page.text).group(1).split()


def test_a_page_is_saved_when_it_is_sent_and_leads_to_the_next(client):
    invitation, token = a_link(survey="paged")
    sent = client.post(f"/s/{token}", data={"page": "start", "score": "9", "seen": "0"})
    assert (sent.status_code, sent.location) == (303, f"/s/{token}?page=more")
    response = the_response()
    assert (response.rating, response.state, response.last_page) == (9, ResponseState.PARTIAL, "start")
    assert (response.completed_at, state_of(invitation)) == (None, InvitationState.STARTED)
    page = client.get(sent.location)
    assert page_key(page) == "more"
    assert "Page 2 of 2" in page.text
    assert "Why 9?" in page.text
    assert f'href="/s/{token}?lang=en&amp;page=start">Back</a>' in page.text


def test_a_partial_answer_with_its_number_is_scored_like_one(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1


def test_the_last_page_that_is_no_extra_completes_the_answer(client):
    invitation, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    with time_machine.travel(LATER + timedelta(minutes=1), tick=False):
        sent = client.post(f"/s/{token}", data={"page": "more", "how": "4", "why": "Because"})
    response = the_response()
    assert response.answers == {"rating": 9, "how": 4, "why": "Because"}
    assert (response.state, response.comment) == (ResponseState.COMPLETE, "Because")
    assert response.answered_at == LATER
    assert response.completed_at == LATER + timedelta(minutes=1)
    assert state_of(invitation) == InvitationState.COMPLETED
    assert [revision.page for revision in revisions()] == ["start", "more"]
    page = client.get(sent.location)
    assert "Saved. A little more, if you have a moment" in page.text
    assert "Page " not in page.text
    assert f'href="/s/{token}/thanks?lang=en">No, thank you</a>' in page.text


def test_an_extra_page_only_adds_to_a_complete_answer(client):
    invitation, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    client.post(f"/s/{token}", data={"page": "more", "how": "4"})
    sent = client.post(f"/s/{token}", data={"page": "bonus", "extra": "A dark mode", "seen": "2"})
    assert sent.location == f"/s/{token}/thanks"
    assert the_response().answers == {"rating": 9, "how": 4, "extra": "A dark mode"}
    assert state_of(invitation) == InvitationState.COMPLETED


@pytest.mark.parametrize("query", ["", "?score=9", "?page=bonus", "?page=nonsense", "?lang=de"])
def test_whoever_comes_back_is_where_they_stopped(client, query):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    assert page_key(client.get(f"/s/{token}{query}")) == "more"


def test_whoever_comes_back_reads_that_their_answers_are_kept(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    assert "Welcome back: we kept what you had filled in." in client.get(f"/s/{token}").text
    assert "Welcome back" not in client.get(f"/s/{token}?page=more").text


def test_another_number_of_the_mail_opens_the_first_page_again(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    page = client.get(f"/s/{token}?score=3")
    assert page_key(page) == "start"
    assert 'value="3" checked' in page.text
    assert the_response().rating == 9


def test_a_page_nobody_has_come_to_is_not_opened(client):
    _, token = a_link(survey="paged")
    assert page_key(client.get(f"/s/{token}?page=more")) == "start"


def test_going_back_shows_what_was_answered_and_forgets_nothing(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    client.post(f"/s/{token}", data={"page": "more", "how": "4", "why": "Because"})
    page = client.get(f"/s/{token}?page=start")
    assert 'value="9" checked' in page.text
    client.post(f"/s/{token}", data={"page": "start", "score": "7", "seen": "2"})
    response = the_response()
    assert response.answers == {"rating": 7, "how": 4, "why": "Because"}
    assert response.state == ResponseState.COMPLETE


def test_pages_sent_from_two_devices_make_one_answer(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9", "seen": "0"})
    client.post(f"/s/{token}", data={"page": "more", "why": "From the desk", "seen": "1", "how": ""})
    client.post(f"/s/{token}", data={"page": "start", "score": "8", "seen": "1"})
    assert the_response().answers == {"rating": 8, "why": "From the desk"}


def test_the_same_page_again_changes_nothing(client):
    _, token = a_link(survey="paged")
    for _turn in range(3):
        sent = client.post(f"/s/{token}", data={"page": "start", "score": "9"})
        assert sent.location == f"/s/{token}?page=more"
    assert len(revisions()) == 1


def test_a_page_left_empty_may_be_the_one_that_completes(client):
    document = survey(
        "short",
        [{"key": "start", "questions": [RATING]}, {"key": "why", "questions": [question("why", "text")]}],
    )
    invitation, token = a_link(survey=document)
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    assert client.post(f"/s/{token}", data={"page": "why", "why": ""}).location == f"/s/{token}/thanks"
    assert (the_response().state, len(revisions())) == (ResponseState.COMPLETE, 1)
    assert state_of(invitation) == InvitationState.COMPLETED


def test_what_is_wrong_on_a_later_page_is_said_there_and_the_rest_is_kept(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"page": "start", "score": "9"})
    page = client.post(f"/s/{token}", data={"page": "more", "why": "Typed", "how": "9"})
    assert page.status_code == 422
    assert page_key(page) == "more"
    assert '<a href="#q-how.1">Please choose one of the numbers shown.</a>' in page.text
    assert ">\nTyped</textarea>" in page.text
    assert "Saved so far." in page.text
    assert the_response().answers == {"rating": 9, "why": "Typed"}
    assert page_key(client.get(f"/s/{token}")) == "more"


def test_answers_of_another_page_are_left_out_and_the_rest_is_saved(client):
    _, token = a_link(survey="paged")
    page = client.post(f"/s/{token}", data={"page": "start", "score": "9", "how": "5", "extra": "x"})
    assert page.status_code == 422
    assert "Part of what was sent does not belong to this page and was left out" in page.text
    assert the_response().answers == {"rating": 9}


@pytest.mark.parametrize("page", ["bonus", "more", "nonsense", "\x00", "x" * 500])
def test_a_page_out_of_turn_is_not_stored(client, page):
    _, token = a_link(survey="paged")
    shown = client.post(f"/s/{token}", data={"page": page, "how": "4", "extra": "x"})
    assert shown.status_code == 422
    assert "This page was changed while you were answering." in shown.text
    assert page_key(shown) == "start"
    assert db.session.scalar(select(func.count()).select_from(Response)) == 0


@pytest.mark.parametrize("version", ["2", "0", "x", ""])
def test_a_form_of_another_version_is_shown_again_with_what_was_typed(client, version):
    _, token = a_link()
    page = client.post(f"/s/{token}", data={"score": "9", "why": "Typed", "version": version})
    assert page.status_code == 422
    assert "This page was changed while you were answering." in page.text
    assert ">\nTyped</textarea>" in page.text
    assert db.session.scalar(select(func.count()).select_from(Response)) == 0
    assert client.post(f"/s/{token}", data={"score": "9", "version": "1"}).status_code == 303


def test_when_somebody_began_and_ended_is_kept(client):
    _, token = a_link(survey="paged")
    client.post(f"/s/{token}", data={"score": "9", "opened": opened_mark(LATER - timedelta(minutes=2))})
    with time_machine.travel(LATER + timedelta(minutes=1), tick=False):
        mark = opened_mark(LATER)
        client.post(f"/s/{token}", data={"page": "more", "how": "4", "opened": mark})
    response = the_response()
    assert response.completed_at - response.started_at == timedelta(minutes=3)


# Questions that depend on others of the same page.


def test_questions_that_do_not_come_up_are_not_offered(client):
    _, token = a_link(survey="conditional")
    page = client.get(f"/s/{token}?score=9")
    assert offered(page) == ["rating", "high"]
    assert re.search(r'id="ask-low"[^>]* hidden disabled', page.text)
    assert not re.search(r'id="ask-high"[^>]* hidden', page.text)


def test_without_script_a_question_that_came_up_is_asked_by_itself(client):
    _, token = a_link(survey="conditional", contact={"personas": ["champion"]})
    sent = client.post(f"/s/{token}", data={"page": "start", "score": "3", "shown": "rating"})
    assert sent.location == f"/s/{token}?page=start&only=low#ask-low"
    assert (the_response().rating, the_response().state) == (3, ResponseState.PARTIAL)
    page = client.get(sent.location)
    assert offered(page) == ["low"]
    assert 'name="score"' not in page.text
    assert "Saved so far." in page.text
    fields = {"page": "start", "low": ["price", "support"], "shown": "low"}
    sent = client.post(f"/s/{token}", data=fields)
    assert "only=which" in sent.location
    needed = client.post(f"/s/{token}", data={"page": "start", "which": "", "shown": "which"})
    assert needed.status_code == 422
    sent = client.post(f"/s/{token}", data={"page": "start", "which": "Too high", "shown": "which"})
    assert sent.location == f"/s/{token}/thanks"
    response = the_response()
    assert response.answers == {"rating": 3, "low": ["price", "support"], "which": "Too high"}
    assert response.state == ResponseState.COMPLETE


def test_an_answer_that_no_longer_comes_up_does_not_count(client):
    _, token = a_link(survey="conditional")
    client.post(f"/s/{token}", data={"score": "3", "low": "support", "shown": "rating low"})
    client.post(f"/s/{token}", data={"score": "10", "high": "All", "shown": "rating high", "seen": "1"})
    assert the_response().answers == {"rating": 10, "high": "All"}


def test_nothing_about_the_person_stands_in_a_condition_on_their_page(client):
    _, token = a_link(survey="conditional", contact={"personas": ["champion"]})
    text = client.get(f"/s/{token}").text
    assert "champion" not in text
    assert "&#34;includes&#34;:&#34;price&#34;" in text


def test_a_question_for_other_personas_is_not_even_on_the_page(client):
    _, token = a_link(survey="conditional", contact={"personas": ["admin"]})
    assert "ask-which" not in client.get(f"/s/{token}").text


def for_whom(condition):
    asked = question("asked", "short_text", show_if=condition)
    return survey("whom", [{"key": "start", "questions": [RATING, asked]}])


@pytest.mark.parametrize(
    ("condition", "is_asked"),
    [
        ({"language": ["de"]}, True),
        ({"language": ["fr"]}, False),
        ({"product": ["Atlas"]}, True),
        ({"product": ["Other"]}, False),
        ({"tier": ["Strategic"]}, False),
        ({"persona": ["champion"]}, True),
        ({"previous": "rating", "between": [0, 6]}, True),
        ({"previous": "rating", "equals": 9}, False),
    ],
)
def test_conditions_know_who_answers_and_what_they_said_last_time(client, condition, is_asked):
    invitation, token = a_link(
        survey=for_whom(condition), contact={"personas": ["champion"], "language": "de"}
    )
    invitation.account.product = "Atlas"
    before = a_wave(survey_version_id=invitation.wave.survey_version_id, launched_at=NOW - timedelta(days=90))
    earlier = an_invitation(before, invitation.contact)
    a_response(earlier, rating=4, answers={"rating": 4}, answered_at=NOW - timedelta(days=80))
    assert ("ask-asked" in client.get(f"/s/{token}").text) is is_asked


def test_doubtful_answers_of_last_time_are_not_remembered(client):
    invitation, token = a_link(survey=for_whom({"previous": "rating", "between": [0, 10]}))
    before = a_wave(survey_version_id=invitation.wave.survey_version_id)
    earlier = an_invitation(before, invitation.contact)
    a_response(
        earlier,
        answers={"rating": 4},
        answered_at=NOW - timedelta(days=80),
        quarantine_reason="trap_field",
    )
    assert "ask-asked" not in client.get(f"/s/{token}").text


def test_words_for_a_persona_are_theirs(client):
    rating = question("rating", "nps", required=True, **ENDS)
    rating["variants"] = {
        "champion": {"en": {"prompt": "As our champion, {{first_name}}: would you?", **ENDS}}
    }
    document = survey("variants", [{"key": "start", "questions": [rating]}])
    _, token = a_link(survey=document, contact={"personas": ["champion"]})
    assert "As our champion, Zenobia: would you?" in client.get(f"/s/{token}").text


@pytest.mark.parametrize("key", library_keys())
def test_every_library_survey_is_answered_to_its_end(client, key):
    _, token = a_link(survey=key)
    address = f"/s/{token}"
    for _page in range(6):
        page = client.get(address)
        fields = {"page": page_key(page), "seen": re.search(r'name="seen" value="(\d+)"', page.text).group(1)}
        if 'name="score"' in page.text:
            fields["score"] = "4"
        sent = client.post(f"/s/{token}", data={**fields, "shown": " ".join(offered(page))})
        assert sent.status_code == 303
        address = sent.location
        if address.endswith("/thanks"):
            break
    assert "Thank you" in client.get(address).text
    assert the_response().state == ResponseState.COMPLETE
