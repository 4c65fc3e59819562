"""Surveys become frozen versions."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from surveys.catalog import load_survey
from surveys.definition import SurveyDefinition
from surveys.questions import QuestionText
from tests.builders import NOW, a_user
from tests.conftest import CheckingClient
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.drafting import Work, archive, discard, start_draft
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import (
    archived_keys,
    definition_of,
    draft_of,
    latest_version,
    listed_surveys,
)
from vocapp.questionnaires.service import publish, publish_from_library

pytestmark = pytest.mark.usefixtures("app")


def reworded(definition: SurveyDefinition) -> SurveyDefinition:
    rating = definition.rating_question
    texts = {**rating.texts, "en": QuestionText("Do you love {{company}}?", "no", "yes")}
    first = definition.pages[0]
    page = replace(first, questions=(replace(rating, texts=texts), *first.questions[1:]))
    return replace(definition, pages=(page, *definition.pages[1:]))


def test_publishing_twice_makes_one_version() -> None:
    with transaction():
        versions = {publish_from_library("nps").id for _ in range(2)}
    assert len(versions) == 1
    assert db.session.scalar(select(func.count()).select_from(SurveyVersion)) == 1


def test_a_version_keeps_the_definition_to_the_letter() -> None:
    with transaction():
        version = publish_from_library("nps")
    assert definition_of(version) == load_survey("nps")


def test_the_library_wording_is_standard() -> None:
    with transaction():
        assert publish_from_library("nps").is_standard


def test_changed_wording_becomes_the_next_version_and_is_custom() -> None:
    with transaction():
        first = publish_from_library("nps")
        second = publish(reworded(load_survey("nps")))
    assert (first.number, second.number) == (1, 2)
    assert not second.is_standard
    assert definition_of(first) == load_survey("nps")
    assert latest_version("nps") == second


def test_a_survey_nobody_wrote_is_refused_with_the_known_keys() -> None:
    with pytest.raises(DomainError, match=r"There is no survey 'nqs'; choose one of .*nps"):
        publish_from_library("nqs")


def test_surveys_are_listed_before_they_are_published() -> None:
    assert [(survey.key, survey.version) for survey in listed_surveys() if survey.key == "nps"] == [
        ("nps", None)
    ]


def test_a_survey_keeps_the_kind_of_its_rating_through_its_versions() -> None:
    with transaction():
        publish_from_library("nps")
    other, me = replace(load_survey("csat-onboarding"), key="nps"), a_user(RoleName.ADMIN)
    with pytest.raises(DomainError, match="rating of this survey was of another kind"), transaction():
        publish(other, by=me)
    assert [version.number for version in db.session.scalars(select(SurveyVersion))] == [1]


def test_an_archived_survey_stays_archived_when_its_draft_is_discarded() -> None:
    me = a_user(RoleName.ADMIN)
    with transaction():
        archive("pulse", by=me, now=NOW)
        step = start_draft("pulse", by=me, now=NOW).step
    with transaction():
        discard("pulse", Work(me, NOW, step))
    assert draft_of("pulse") is None
    assert archived_keys() == {"pulse"}


@pytest.mark.parametrize("page", ["preview?version={}", "look?version={}", "export.json?version={}"])
@pytest.mark.parametrize("number", ["0", "3000000000", "9" * 30, "٣"])
def test_a_version_with_an_impossible_number_is_not_there(
    client: CheckingClient, page: str, number: str
) -> None:
    publish_from_library("nps")
    client.sign_in(a_user(RoleName.ADMIN))
    assert client.get(f"/surveys/nps/{page.format(number)}").status_code == 404


@pytest.mark.parametrize("page", ["", "/results", "/compare", "/edit", "/look"])
def test_an_address_no_database_can_be_asked_for_leads_nowhere(client: CheckingClient, page: str) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    assert client.get(f"/surveys/%00{page}").status_code == 404
