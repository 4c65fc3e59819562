"""Surveys and their versions, read only."""

import json
from collections.abc import Sequence
from functools import cache

from sqlalchemy import func, select

from surveys.definition import SurveyDefinition, parse_definition
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
    return db.session.scalars(versions).all()


def definition_of(version: SurveyVersion) -> SurveyDefinition:
    """Return what a version asks, as a checked value."""
    return _parsed(json.dumps(version.definition))


@cache
def _parsed(document: str) -> SurveyDefinition:
    return parse_definition(json.loads(document))
