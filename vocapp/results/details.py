"""What was said: answers per question, comments with their themes, and what they can be filtered by."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from surveys.bands import Band, band_of
from surveys.comments import ThemeFinder
from surveys.questions import Question
from surveys.translation import phrase_book
from vocapp.accounts.queries import personas_in_order, tiers_by_rank
from vocapp.core.web import Page
from vocapp.responses.rules import ResponseState
from vocapp.results.dictionary import active_themes
from vocapp.results.overview import Asked
from vocapp.results.queries import (
    Scope,
    kinds_of_people,
    names_of_users,
    people_behind,
    waves_of,
)
from vocapp.results.rules import GivenAnswer, ResultsFilter
from vocapp.results.said import (
    ThemesCount,
    alike_answers,
    answers_by_id,
    count_themes,
    page_of_comments,
)
from vocapp.results.tallies import (
    Comment,
    Given,
    QuestionResult,
    answered_by,
    question_result,
    questions_of,
)

COMMENTS_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class FoundComment:
    """A comment with its themes, by key the word each was found by; None: not analysed in this language."""

    comment: Comment
    themes: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """How many comments are about something, and of which classes they are."""

    key: str
    name: str
    count: int
    by_band: Mapping[Band, int]


@dataclass(frozen=True, slots=True)
class Details:
    """What was said. `comments` is a page of `FoundComment`, `people` who wrote them, by their answer's id.

    `theme_counts` count the comments that fit every filter but that of the theme; `not_analysed` are those in
    languages the dictionary has no words in.
    """

    questions: Sequence[QuestionResult]
    comments: Page
    people: Mapping[int, Row[*tuple[Any, ...]]]
    theme_counts: Sequence[ThemeCount]
    theme_names: Mapping[str, str]
    commented: int
    not_analysed: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the answers of a scope can be filtered by, as (value, text)."""

    waves: Sequence[tuple[int, str]]
    tiers: Sequence[tuple[int, str]]
    personas: Sequence[tuple[int, str]]
    owners: Sequence[tuple[int, str]]
    regions: Sequence[tuple[str, str]]
    languages: Sequence[tuple[str, str]]
    sources: Sequence[str]


def given_answers(rows: Sequence[Row[*tuple[Any, ...]]], asked: Sequence[Asked]) -> list[GivenAnswer]:
    """Return rows of answers as values, in their order."""
    known = {one.version.id: (one.kind, one.is_custom) for one in asked}
    return [
        GivenAnswer(
            response=row.id,
            respondent=row.contact_id,
            account=row.account_id,
            version_id=row.survey_version_id,
            kind=known[row.survey_version_id][0],
            is_custom=known[row.survey_version_id][1],
            rating=row.rating,
            answers=row.answers,
            language=row.language,
            is_complete=row.state == ResponseState.COMPLETE,
            band=band_of(known[row.survey_version_id][0], row.rating),
        )
        for row in rows
    ]


def details_of(scope: Scope, wanted: ResultsFilter, asked: Sequence[Asked], *, page: int) -> Details:
    """Return the answers per question, and one page of the comments that were asked for, newest first."""
    questions = answered_questions(alike_answers(scope, wanted, asked), asked)
    counted = count_themes(scope, wanted)
    themes = active_themes()
    names = {theme.key: theme.name_in("en") for theme in themes}
    listed = page_of_comments(
        scope,
        wanted,
        number=page,
        size=COMMENTS_AT_ONCE,
        total=sum(one.many for one in counted if not wanted.theme or wanted.theme in (one.themes or ())),
    )
    people = {row.response_id for row in listed.items}
    answers = {one.response: one for one in given_answers(answers_by_id(people), asked)}
    finder, language = ThemeFinder(themes), asked[0].definition.default_language
    return Details(
        questions=[question_result(*answered) for answered in questions],
        # Read again for the word each theme was found by; a page holds few.
        comments=replace(
            listed,
            items=[
                FoundComment(
                    Comment(answers[row.response_id], row.question, row.text),
                    finder.find(row.text, answers[row.response_id].language or language),
                )
                for row in listed.items
            ],
        ),
        people=people_behind(people),
        theme_counts=theme_counts(counted, names),
        theme_names=names,
        commented=sum(one.many for one in counted),
        not_analysed=sum(one.many for one in counted if one.themes is None),
    )


def questions_by_version(asked: Sequence[Asked]) -> dict[int, Sequence[Question]]:
    """Return the questions of each version, by its id."""
    return {one.version.id: one.definition.questions for one in asked}


def answered_questions(given: Sequence[Given], asked: Sequence[Asked]) -> list[tuple[Question, list[Given]]]:
    """Return the questions behind the rating of the versions somebody answered, with who did.

    Without any answer, those of the newest version.
    """
    answered = {answer.version_id for answer in given} or {asked[0].version.id}
    used = [one for one in asked if one.version.id in answered]
    behind = {one.version.id: one.definition.questions[1:] for one in used}
    result = []
    for question in questions_of(behind.values()):
        versions = {
            version
            for version, questions in behind.items()
            if any((one.key, one.kind) == (question.key, question.kind) for one in questions)
        }
        result.append((question, answered_by(question, given, versions)))
    return result


def theme_counts(counted: Sequence[ThemesCount], names: Mapping[str, str]) -> list[ThemeCount]:
    """Return the themes that were found, the most frequent first."""
    counts: Counter[str] = Counter()
    bands: defaultdict[str, Counter[Band]] = defaultdict(Counter)
    for one in counted:
        for key in one.themes or ():
            counts[key] += one.many
            if one.band is not None:
                bands[key][one.band] += one.many
    return [
        ThemeCount(key, names[key], count, {band: bands[key][band] for band in Band})
        for key, count in counts.most_common()
        # Themes nobody uses any more are gone with the next reading.
        if key in names
    ]


def choices_of(scope: Scope) -> Choices:
    """Return what the answers of a scope can be filtered by, in four statements."""
    people = kinds_of_people(scope)
    tiers, personas, owners, regions, languages, sources = (
        {row[place] for row in people} - {None, ""} for place in range(6)
    )
    spoken = phrase_book().languages
    return Choices(
        waves=[(row.id, row.name) for row in waves_of(scope)] if scope.wave is None else [],
        tiers=[(tier.id, tier.name) for tier in tiers_by_rank() if tier.id in tiers],
        personas=[(one.id, one.name) for one in personas_in_order() if one.id in personas],
        owners=list(names_of_users(owners).items()),
        regions=[(region, region) for region in sorted(regions)],
        languages=[(code, spoken[code].name if code in spoken else code) for code in sorted(languages)],
        sources=sorted(sources),
    )
