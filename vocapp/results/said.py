"""What was answered in a scope, as few rows as it takes: answers that are alike, and comments; read only."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, func, select

from surveys.bands import Band, band_of
from surveys.questions import Question, QuestionKind
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import is_at_visible_account
from vocapp.campaigns.models import Wave
from vocapp.core.db import contains_text, db
from vocapp.core.web import Page, page_of
from vocapp.questionnaires.models import SurveyVersion
from vocapp.responses.models import Response, WrittenComment
from vocapp.responses.rules import THEME_MARK, themes_of
from vocapp.results.overview import Asked
from vocapp.results.queries import ANSWER_COLUMNS, Scope, among_counted
from vocapp.results.rules import ResultsFilter
from vocapp.results.tallies import is_counted

_NULL = "null"


@dataclass(frozen=True, slots=True)
class AlikeAnswers:
    """So `many` answers to one version, of one class, that say the same wherever one chooses or rates.

    Of what was written, and of people who were named, there is only that something was.
    """

    version_id: int
    band: Band | None
    answers: Mapping[str, Any]
    many: int


@dataclass(frozen=True, slots=True)
class ThemesCount:
    """So `many` comments of one class with the same themes; None: not analysed."""

    themes: tuple[str, ...] | None
    band: Band | None
    many: int


def alike_answers(scope: Scope, wanted: ResultsFilter, asked: Sequence[Asked]) -> list[AlikeAnswers]:
    """Return the answers of a scope, those that are alike together."""
    questions = {
        one.version.id: {question.key: question for question in one.definition.questions[1:]} for one in asked
    }
    # One key may have stood for a choice in one version and for words in another.
    keys = list(dict.fromkeys(key for known in questions.values() for key in known))
    chosen = [
        key for key in keys if any(is_counted(known[key]) for known in questions.values() if key in known)
    ]
    worded = [key for key in keys if key not in chosen]
    columns = [
        Wave.survey_version_id,
        Response.rating,
        *(cast(Response.answers[key], String).label(f"said_{at}") for at, key in enumerate(chosen)),
        *(
            Response.answers[key].as_string().is_not(None).label(f"wrote_{at}")
            for at, key in enumerate(worded)
        ),
    ]
    grouped = among_counted(select(*columns, func.count()), scope, wanted.people).group_by(*columns)
    kinds = {one.version.id: one.kind for one in asked}
    found = []
    for version_id, rating, *said, many in db.session.execute(grouped):
        answers = {
            key: _as_said(questions[version_id].get(key), value)
            for key, value in zip(chosen, said[: len(chosen)], strict=True)
            if value not in (None, _NULL)
        }
        wrote = zip(worded, said[len(chosen) :], strict=True)
        answers |= {key: "" for key, is_written in wrote if is_written}
        found.append(AlikeAnswers(version_id, band_of(kinds[version_id], rating), answers, many))
    return found


def _as_said(question: Question | None, stored: str) -> Any:
    """Return a stored answer as it was given; to what is not counted, only that something was said."""
    if question is None or not is_counted(question):
        return ""
    value = json.loads(stored)
    # SQLite takes true and false out of a document as numbers.
    return bool(value) if question.kind is QuestionKind.YES_NO and value in (0, 1) else value


def count_themes(scope: Scope, wanted: ResultsFilter) -> list[ThemesCount]:
    """Return how many comments fit everything that is wanted but the theme, by themes and class."""
    counted = (
        select(WrittenComment.themes, WrittenComment.band, func.count())
        .where(*_conditions(scope, wanted))
        .group_by(WrittenComment.themes, WrittenComment.band)
    )
    return [
        ThemesCount(themes_of(stored), Band(band) if band else None, many)
        for stored, band, many in db.session.execute(counted)
    ]


def page_of_comments(scope: Scope, wanted: ResultsFilter, *, number: int, size: int, total: int) -> Page:
    """Return one page of comments as (answer's id, question, text), newest first; `total` is how many fit."""
    conditions = _conditions(scope, wanted)
    if wanted.theme:
        has_theme = WrittenComment.themes.contains(f"{THEME_MARK}{wanted.theme}{THEME_MARK}", autoescape=True)
        conditions.append(has_theme)
    columns: tuple[Any, ...] = (WrittenComment.response_id, WrittenComment.question, WrittenComment.text)
    listed = (
        select(*columns)
        .where(*conditions)
        .order_by(WrittenComment.said_at.desc(), WrittenComment.response_id.desc(), WrittenComment.id)
    )
    return page_of(listed, number=number, size=size, scalars=False, total=total)


def answers_by_id(response_ids: Collection[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return some answers with what was said."""
    rows = select(*ANSWER_COLUMNS).join(Wave, Wave.id == Response.wave_id)
    return db.session.execute(rows.where(Response.id.in_(response_ids))).all()


def _conditions(scope: Scope, wanted: ResultsFilter) -> list[ColumnElement[bool]]:
    written = WrittenComment
    merged = select(Contact.id).where(Contact.merged_into_id.is_not(None))
    of_account = [
        column == wish
        for column, wish in (
            (Account.tier_id, wanted.tier_id),
            (Account.owner_id, wanted.owner_id),
            (Account.region, wanted.region or None),
        )
        if wish is not None
    ]
    wishes: tuple[tuple[Any, object], ...] = (
        (written.wave_id, wanted.wave_id),
        (written.persona_id, wanted.persona_id),
        (written.language, wanted.language or None),
        (written.question, wanted.question or None),
        (written.band, None if wanted.band is None else wanted.band.value),
    )
    conditions = [
        _is_in(scope),
        is_at_visible_account(written.account_id, scope.user),
        written.contact_id.not_in(merged),
        *(column == wish for column, wish in wishes if wish is not None),
    ]
    if of_account:
        conditions.append(written.account_id.in_(select(Account.id).where(and_(*of_account))))
    if wanted.source:
        conditions.append(written.response_id.in_(_given_by(wanted.source)))
    if wanted.text:
        conditions.append(contains_text(written.text, wanted.text))
    return conditions


def _is_in(scope: Scope) -> ColumnElement[bool]:
    if scope.wave is not None:
        return WrittenComment.wave_id == scope.wave.id
    versions = select(SurveyVersion.id).where(SurveyVersion.survey_id == scope.survey.id)
    return WrittenComment.wave_id.in_(select(Wave.id).where(Wave.survey_version_id.in_(versions)))


def _given_by(source: str) -> Select[int]:
    return select(Response.id).where(Response.source == source)
