"""Surveys become frozen versions."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from surveys.catalog import load_survey
from surveys.definition import SurveyDefinition
from surveys.questions import QuestionText
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import definition_of, latest_version, listed_surveys
from vocapp.questionnaires.service import publish, publish_from_library

pytestmark = pytest.mark.usefixtures("app")


def reworded(definition: SurveyDefinition) -> SurveyDefinition:
    rating = definition.rating_question
    texts = {**rating.texts, "en": QuestionText("Do you love {{company}}?", "no", "yes")}
    return replace(definition, questions=(replace(rating, texts=texts), *definition.questions[1:]))


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
