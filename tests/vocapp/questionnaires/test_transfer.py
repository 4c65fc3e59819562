"""Surveys as files, versions side by side, and the test to oneself."""

from dataclasses import replace
from io import BytesIO

import pytest
from sqlalchemy import func, select

from surveys.catalog import load_survey
from surveys.documents import parse_definition
from surveys.questions import QuestionText
from tests.builders import NOW, a_company, a_user
from tests.conftest import CheckingClient
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.questionnaires.models import Survey, SurveyDraft
from vocapp.questionnaires.queries import draft_of
from vocapp.questionnaires.service import publish, publish_from_library
from vocapp.questionnaires.transfer import LARGEST_JSON, import_survey, survey_file


@pytest.fixture
def signed_in(client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


def sent(client: CheckingClient, content: bytes, filename: str, **fields: str) -> tuple[int, str]:
    """Send a survey file and return status and page."""
    form = {"file": (BytesIO(content), filename), **fields}
    answer = client.post("/surveys/import", data=form, content_type="multipart/form-data")
    return answer.status_code, answer.text


def test_an_exported_survey_comes_back_as_it_was(signed_in: CheckingClient) -> None:
    file = signed_in.get("/surveys/nps/export.json")
    assert file.headers["Content-Disposition"] == "attachment; filename=nps.json"
    status, page = sent(signed_in, file.data, "nps.json", key="ours")

    assert (status, "Everything in the file was taken over." in page) == (200, True)
    draft = draft_of("ours")
    assert draft is not None
    assert parse_definition(draft.document) == replace(load_survey("nps"), key="ours")


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (b'{"key": 1}', "a.json", "This file is no survey"),
        (b"[" * 100_000, "a.json", "not JSON that can be read"),
        (b'{"a": "\xff"}', "a.json", "UTF-8"),
        (b"", "a.json", "empty"),
        (b"nothing of the kind", "a.lss", "LimeSurvey"),
        (survey_file(load_survey("nps")), "nps.json", "a survey with the key “nps”"),
    ],
)
def test_a_file_that_cannot_be_taken_in_gets_one_sentence_and_leaves_nothing(
    signed_in: CheckingClient, content: bytes, filename: str, sentence: str
) -> None:
    status, page = sent(signed_in, content, filename)

    assert status == 422
    assert sentence in page
    assert db.session.scalar(select(func.count()).select_from(Survey)) == 0
    assert db.session.scalar(select(func.count()).select_from(SurveyDraft)) == 0


@pytest.mark.usefixtures("app")
def test_a_file_larger_than_any_survey_is_not_read() -> None:
    with pytest.raises(DomainError, match="at most 4 MB"):
        import_survey(b"{" + b" " * LARGEST_JSON, "a.json", key="", by=a_user(RoleName.ADMIN), now=NOW)


def test_two_versions_stand_side_by_side(signed_in: CheckingClient) -> None:
    definition = load_survey("nps")
    rating = definition.rating_question
    texts = {**rating.texts, "en": QuestionText("Do you love {{company}}?", "No", "Yes")}
    first = definition.pages[0]
    changed = replace(first, questions=(replace(rating, texts=texts), *first.questions[1:]))
    with transaction():
        publish_from_library("nps")
        publish(replace(definition, pages=(changed, *definition.pages[1:]), is_custom=True))

    page = signed_in.get("/surveys/nps/compare").text

    assert "Changed in meaning" in page
    assert "Do you love {{company}}?" in page
    assert "no longer asked in the same standard words" in page
    assert "No difference" in signed_in.get("/surveys/nps/compare?before=2&after=2").text


def test_one_version_has_nothing_to_compare_with(signed_in: CheckingClient) -> None:
    with transaction():
        publish_from_library("nps")
    assert "Only one version so far" in signed_in.get("/surveys/nps/compare").text
    assert signed_in.get("/surveys/absent/compare").status_code == 404


def test_a_test_goes_to_whoever_asked_for_it(signed_in: CheckingClient) -> None:
    signed_in.post("/surveys/nps/test", data={"lang": "ar"})
    message = db.session.scalars(select(Message)).one()
    assert (message.template, message.language) == ("survey_test", "ar")


def test_a_survey_is_looked_at_as_anybody_in_any_language_and_width(signed_in: CheckingClient) -> None:
    page = signed_in.get("/surveys/pulse/look?lang=ar&persona=champion&width=desktop").text
    assert "/surveys/pulse/preview?lang=ar&amp;persona=champion" in page
    assert "v-frame--phone" not in page
    assert "v-frame--phone" in signed_in.get("/surveys/pulse/look?width=sideways").text
    assert signed_in.get("/surveys/absent/look").status_code == 404


def test_only_administrators_take_surveys_in(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.LEADER))
    assert client.get("/surveys/import").status_code == 404
