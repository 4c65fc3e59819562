"""The survey pages."""

from dataclasses import replace

import pytest

from surveys.catalog import load_survey
from surveys.questions import QuestionText
from tests.builders import a_company, a_user
from tests.conftest import CheckingClient
from vocapp.core.db import transaction
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.service import publish, publish_from_library


@pytest.fixture
def signed_in(client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.CSM))
    return client


def test_the_index_says_that_the_standard_wording_is_benchmarked(signed_in: CheckingClient) -> None:
    with transaction():
        publish_from_library("nps")
    page = signed_in.get("/surveys").get_data(as_text=True)
    assert "Standard, benchmarked" in page
    assert "Custom, not benchmarked" not in page


def test_the_index_says_that_changed_wording_is_not(signed_in: CheckingClient) -> None:
    definition = load_survey("nps")
    rating = definition.rating_question
    texts = {**rating.texts, "de": QuestionText("Lieben Sie {{company}}?", "nein", "ja")}
    with transaction():
        page = replace(definition.pages[0], questions=(replace(rating, texts=texts),))
        publish(replace(definition, pages=(page,)))
    assert "Custom, not benchmarked" in signed_in.get("/surveys").get_data(as_text=True)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "ja", "ar"])
def test_the_preview_shows_the_questions_of_each_language(signed_in: CheckingClient, language: str) -> None:
    page = signed_in.get(f"/surveys/nps/preview?lang={language}").get_data(as_text=True)
    prompt = load_survey("nps").rating_question.texts[language].prompt.replace("{{company}}", "Vendor")
    assert prompt in page
    assert f'lang="{language}"' in page


def test_the_preview_may_be_framed_by_our_own_pages_only(signed_in: CheckingClient) -> None:
    headers = signed_in.get("/surveys/nps/preview").headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]


def test_an_unknown_survey_is_not_found(signed_in: CheckingClient) -> None:
    assert signed_in.get("/surveys/nqs/preview").status_code == 404


def test_the_surveys_are_for_people_who_signed_in(client: CheckingClient) -> None:
    assert client.get("/surveys").status_code == 302
