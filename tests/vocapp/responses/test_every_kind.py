"""Every kind of question on an answer page: what is stored, shown again, refused, and what follows."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW
from tests.vocapp.responses.builders import a_link
from tests.vocapp.responses.surveys import RATING, question, survey
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.freshness.models import Suggestion
from vocapp.freshness.rules import SuggestionKind
from vocapp.questionnaires.models import Survey
from vocapp.responses.models import Referral, Response

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(LATER, tick=False):
        yield


def the_response():
    db.session.expire_all()
    return db.session.scalars(select(Response)).one()


def state_of(invitation):
    db.session.refresh(invitation)
    return invitation.state


EVERY_ANSWER = {
    "score": "9",
    "csat": "5",
    "ces": "7",
    "stars": "10",
    "drivers.price": "1",
    "drivers.support": "7",
    "one": "other",
    "one.other": "The people",
    "many": ["price", "product"],
    "line": "Atlas",
    "why": "Two\r\nlines",
    "again": "yes",
    "contact": "phone",
    "colleague.name": "Ken Ito",
    "colleague.email": "ken@customer.example",
}


def test_every_kind_of_answer_is_stored_as_it_was_meant_and_shown_again(client):
    _, token = a_link(survey="everything")
    assert client.post(f"/s/{token}", data={**EVERY_ANSWER, "page": "start"}).status_code == 303
    response = the_response()
    assert response.answers == {
        "rating": 9,
        "csat": 5,
        "ces": 7,
        "stars": 10,
        "drivers": {"price": 1, "support": 7},
        "one": "other",
        "one.other": "The people",
        "many": ["price", "product"],
        "line": "Atlas",
        "why": "Two\r\nlines",
        "again": True,
        "contact": "phone",
        "colleague": {"name": "Ken Ito", "email": "ken@customer.example"},
    }
    assert (response.comment, response.may_contact) == ("Two\r\nlines", True)
    text = client.get(f"/s/{token}").text
    assert re.findall(r'name="([^"]+)"[^>]* value="([^"]*)" checked', text) == [
        ("score", "9"),
        ("csat", "5"),
        ("ces", "7"),
        ("stars", "10"),
        ("drivers.price", "1"),
        ("drivers.support", "7"),
        ("one", "other"),
        ("many", "price"),
        ("many", "product"),
        ("again", "yes"),
        ("contact", "phone"),
    ]
    for typed in ("The people", "Atlas", "Ken Ito", "ken@customer.example"):
        assert f'value="{typed}"' in text


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("csat", "6", "Please choose one of the numbers shown."),
        ("stars", "0", "Please choose one of the numbers shown."),
        ("drivers.price", "8", "Please choose one of the numbers shown."),
        ("one", "nothing", "Please choose one of the answers."),
        ("many", "nothing", "Please choose one of the answers."),
        ("line", "x" * 301, "Please shorten this to 300 characters."),
        ("why", "x" * 10_001, "Please shorten your text to 10,000 characters."),
        ("again", "maybe", "Please choose yes or no."),
        ("contact", "pigeon", "Please choose one of the answers."),
        ("colleague.name", "", "Please give a name and an e-mail address."),
    ],
)
def test_every_kind_says_in_one_sentence_what_is_wrong(client, field, typed, sentence):
    _, token = a_link(survey="everything")
    page = client.post(f"/s/{token}", data={**EVERY_ANSWER, field: typed})
    assert page.status_code == 422
    assert page.text.count(sentence) == 2
    target = re.search(r'<li><a href="#([^"]+)">', page.text).group(1)
    assert f'id="{target}"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert the_response().rating == 9


def test_the_order_of_shuffled_options_stays_a_persons_own(client):
    options = {f"option{number}": f"Option {number}" for number in range(12)}
    many = question("many", "multiple_choice", options=options, is_shuffled=True)
    document = survey("shuffled", [{"key": "start", "questions": [RATING, many]}])
    orders = []
    for _person in range(3):
        _, token = a_link(survey=document)
        texts = [client.get(f"/s/{token}?lang={code}").text for code in ("en", "de")]
        first, second = (re.findall(r'name="many"[^>]* value="([^"]+)"', text) for text in texts)
        assert first == second
        assert sorted(first) == sorted(options)
        orders.append(tuple(first))
    assert len(set(orders)) == 3


# People who are named in an answer.


def test_a_person_named_in_an_answer_is_suggested_once_and_the_sender_stays(client):
    invitation, token = a_link(survey="everything")
    client.post(f"/s/{token}", data=EVERY_ANSWER)
    client.post(f"/s/{token}", data={**EVERY_ANSWER, "line": "Another"})
    suggestion = db.session.scalars(select(Suggestion)).one()
    assert (suggestion.kind, suggestion.source_id) == (SuggestionKind.NEW_PERSON, the_response().id)
    assert suggestion.named_by_id == invitation.contact_id
    assert suggestion.values["email"] == "ken@customer.example"
    assert db.session.scalar(select(func.count()).select_from(Referral)) == 0
    assert state_of(invitation) == InvitationState.COMPLETED


def test_contact_is_not_wanted_by_whoever_refuses_it(client):
    _, token = a_link(survey="everything")
    client.post(f"/s/{token}", data={**EVERY_ANSWER, "contact": "no"})
    assert the_response().may_contact is False


# Answers given in confidence.


def test_a_confidential_survey_says_so_and_suggests_nobody(client):
    invitation, token = a_link(survey="everything")
    db.session.get(Survey, invitation.wave.survey_version.survey_id).is_confidential = True
    db.session.commit()
    text = client.get(f"/s/{token}").text
    assert "Your answer is confidential: Vendor sees answers only in groups" in text
    assert "with your name" not in text
    client.post(f"/s/{token}", data=EVERY_ANSWER)
    assert db.session.scalar(select(func.count()).select_from(Suggestion)) == 0
