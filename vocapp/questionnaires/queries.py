"""Surveys and their versions, read only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from surveys.catalog import library_keys, load_survey
from surveys.definition import SurveyDefinition, parse_definition
from surveys.standard_wording import is_standard
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyVersion


def latest_version(key: str) -> SurveyVersion | None:
    """Return the newest published version of a survey, or None before its first."""
    newest = (
        select(SurveyVersion)
        .join(Survey)
        .where(Survey.key == key)
        .order_by(SurveyVersion.number.desc())
        .limit(1)
    )
    return db.session.scalar(newest)


def published_versions() -> Sequence[SurveyVersion]:
    """Return the newest version of every survey, by the survey's name."""
    newest = (
        select(SurveyVersion.survey_id, func.max(SurveyVersion.number).label("number"))
        .group_by(SurveyVersion.survey_id)
        .subquery()
    )
    versions = (
        select(SurveyVersion)
        .join(
            newest,
            (SurveyVersion.survey_id == newest.c.survey_id) & (SurveyVersion.number == newest.c.number),
        )
        .join(Survey)
        .order_by(Survey.name, Survey.id)
    )
    return db.session.scalars(versions.options(joinedload(SurveyVersion.survey))).all()


def definition_of(version: SurveyVersion) -> SurveyDefinition:
    """Return what a version asks, as a checked value."""
    return _parsed(json.dumps(version.definition))


@cache
def _parsed(document: str) -> SurveyDefinition:
    return parse_definition(json.loads(document))


@dataclass(frozen=True)
class ListedSurvey:
    """A survey that can be asked: its newest version, or the library's words while none is published."""

    key: str
    definition: SurveyDefinition
    is_standard: bool
    version: SurveyVersion | None

    @property
    def name(self) -> str:
        """The survey's name in its default language."""
        return self.definition.languages[self.definition.default_language].name


def listed_surveys() -> list[ListedSurvey]:
    """Return every survey that can be asked, ready-made ones included, by name."""
    listed = {
        version.survey.key: ListedSurvey(
            version.survey.key, definition_of(version), version.is_standard, version
        )
        for version in published_versions()
    }
    for key in library_keys():
        definition = load_survey(key)
        listed.setdefault(key, ListedSurvey(key, definition, is_standard(definition), None))
    return sorted(listed.values(), key=lambda survey: (survey.name.casefold(), survey.key))


def listed_survey(key: str) -> ListedSurvey | None:
    """Return one survey that can be asked, or None."""
    return next((survey for survey in listed_surveys() if survey.key == key), None)
