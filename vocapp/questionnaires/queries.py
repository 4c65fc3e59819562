"""Surveys and their versions, read only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from surveys.catalog import library_keys, load_survey
from surveys.definition import SurveyDefinition
from surveys.documents import parse_definition
from surveys.standard_wording import is_standard
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyDraft, SurveyVersion


def survey_of(key: str) -> Survey | None:
    """Return a survey that somebody published, drafts or archived, by its key."""
    return db.session.scalar(select(Survey).where(Survey.key == key))


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


def version_of(key: str, number: int) -> SurveyVersion | None:
    """Return one version of a survey by its number, or None."""
    wanted = select(SurveyVersion).join(Survey).where(Survey.key == key, SurveyVersion.number == number)
    return db.session.scalar(wanted)


def draft_of(key: str) -> SurveyDraft | None:
    """Return the draft of a survey, or None when nobody works on one."""
    return db.session.scalar(select(SurveyDraft).join(Survey).where(Survey.key == key))


def versions_of(key: str) -> Sequence[SurveyVersion]:
    """Return every published version of a survey, the oldest first."""
    versions = select(SurveyVersion).join(Survey).where(Survey.key == key)
    return db.session.scalars(versions.order_by(SurveyVersion.number)).all()


def drafts_by_key() -> dict[str, SurveyDraft]:
    """Return every draft by the key of its survey."""
    drafts = select(SurveyDraft).join(Survey).options(joinedload(SurveyDraft.survey))
    return {draft.survey.key: draft for draft in db.session.scalars(drafts)}


def archived_keys() -> frozenset[str]:
    """Return the keys of the surveys that are no longer asked."""
    return frozenset(db.session.scalars(select(Survey.key).where(Survey.archived_at.is_not(None))))


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


def rating_kind() -> ColumnElement[str]:
    """Return the kind of a version's rating, which is its first question, as an expression on its table."""
    document = SurveyVersion.definition
    first = ("questions", 0, "kind")
    # The flat format is the older one.
    return func.coalesce(document[("pages", 0, *first)].as_string(), document[first].as_string())


def definition_of(version: SurveyVersion) -> SurveyDefinition:
    """Return what a version asks, as a checked value."""
    document, definition = _read.get(version, (None, None))
    if definition is None or document is not version.definition:
        # Many rows hold the same document, and one row is asked for it again and again.
        definition = _parsed(json.dumps(version.definition))
        _read[version] = (version.definition, definition)
    return definition


def definition_of_draft(draft: SurveyDraft) -> SurveyDefinition:
    """Return what a draft would ask, as a value; it may miss words and need not be askable."""
    return parse_definition(draft.document)


# What was read of a row, for as long as somebody holds it and its document is the same.
_read: WeakKeyDictionary[SurveyVersion, tuple[dict[str, Any], SurveyDefinition]] = WeakKeyDictionary()


@cache
def _parsed(document: str) -> SurveyDefinition:
    return parse_definition(json.loads(document))


@dataclass(frozen=True)
class ListedSurvey:
    """A survey that can be asked: its newest version, or the library's words while none is published.

    One that `is_archived` is asked no more, except by waves that were made before.
    """

    key: str
    definition: SurveyDefinition
    is_standard: bool
    version: SurveyVersion | None
    is_archived: bool = False

    @property
    def name(self) -> str:
        """The survey's name in its default language."""
        return self.definition.languages[self.definition.default_language].name


def listed_surveys(*, with_archived: bool = False) -> list[ListedSurvey]:
    """Return every survey that can be asked, ready-made ones included, by name."""
    archived = archived_keys()
    listed = {
        version.survey.key: ListedSurvey(
            version.survey.key,
            definition_of(version),
            version.is_standard,
            version,
            is_archived=version.survey.key in archived,
        )
        for version in published_versions()
    }
    for key in library_keys():
        definition = load_survey(key)
        ready = ListedSurvey(key, definition, is_standard(definition), None, is_archived=key in archived)
        listed.setdefault(key, ready)
    shown = (survey for survey in listed.values() if with_archived or not survey.is_archived)
    return sorted(shown, key=lambda survey: (survey.name.casefold(), survey.key))


def proposed_key(surveys: Sequence[ListedSurvey]) -> str:
    """Return the key of the survey to propose among some: the relationship NPS, else the first."""
    return next((survey.key for survey in surveys if survey.key == "nps"), surveys[0].key)


def listed_survey(key: str) -> ListedSurvey | None:
    """Return one survey that can be or could once be asked, or None."""
    return next((survey for survey in listed_surveys(with_archived=True) if survey.key == key), None)
