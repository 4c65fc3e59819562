"""The part of the results that moves while answers come in: scores, how far people got, where they stop."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from surveys.definition import SurveyDefinition
from surveys.measure import Measure
from surveys.questions import Question, QuestionKind
from vocapp.core.clock import utcnow
from vocapp.identity.rules import sees_all_accounts
from vocapp.method.queries import method_on
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.click_queries import click_intents
from vocapp.responses.click_rules import intent_rate
from vocapp.responses.rules import ResponseState
from vocapp.results.queries import (
    AlikeAnswers,
    Scope,
    answers_alike,
    funnel_of,
    open_answers,
    seconds_of_answering,
    versions_of,
    waves_of,
)
from vocapp.results.rules import (
    Funnel,
    RatingResult,
    ResultsFilter,
    rating_result,
    rating_results,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One version that was asked: what it asks, and what its rating is."""

    version: SurveyVersion
    definition: SurveyDefinition

    @property
    def kind(self) -> QuestionKind:
        """The kind of its rating."""
        return self.definition.kind

    @property
    def is_custom(self) -> bool:
        """Whether its wording is its own, so that its numbers are compared with nobody's."""
        return self.definition.is_custom or not self.version.is_standard


@dataclass(frozen=True, slots=True)
class Stop:
    """How many people sent this page last and have not gone on; `place` is its number of `pages`.

    `question` is the first one of the page.
    """

    place: int | None
    pages: int
    question: Question | None
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the results say at a glance. The first of the `ratings` is the main one; there is always one.

    `intent` is the share of delivered mails in which somebody chose a number and sent nothing (`clicked` of
    them); None where that is only known of more people than were asked for.
    """

    ratings: Sequence[RatingResult]
    sources: Mapping[str, int]
    funnel: Funnel
    seconds: float | None
    timed: int
    stops: Sequence[Stop]
    open_ratings: Sequence[RatingResult]
    clicked: int
    intent: Measure | None
    mark: str

    @property
    def n(self) -> int:
        """How many answers there are."""
        return sum(self.sources.values())


def asked_versions(scope: Scope) -> list[Asked]:
    """Return the versions of a scope, newest first; at least one."""
    return [Asked(version, definition_of(version)) for version in versions_of(scope)]


def overview_of(scope: Scope, wanted: ResultsFilter, asked: Sequence[Asked]) -> Overview:
    """Return scores, funnel, time and stops; nothing of it reads what single people said."""
    newest = asked[0]
    clicked, intent = _intent(scope, wanted)
    alike, funnel = answers_alike(scope, wanted), funnel_of(scope, wanted)
    seconds = seconds_of_answering(scope, wanted)
    empty = rating_result(newest.kind, (), is_custom=newest.is_custom)
    sources: Counter[str] = Counter()
    stops: Counter[str] = Counter()
    for answers in alike:
        sources[answers.source] += answers.many
        if answers.state == ResponseState.PARTIAL:
            stops[answers.last_page] += answers.many
    ratings = [(answers.version_id, answers.rating, answers.many) for answers in alike]
    return Overview(
        ratings=_scored(ratings, asked) or [empty],
        sources=sources,
        funnel=funnel,
        seconds=median(seconds) if seconds else None,
        timed=len(seconds),
        stops=_stops(stops, newest.definition),
        clicked=clicked,
        intent=intent,
        open_ratings=_scored(open_answers(scope), asked) if scope.wave is None else (),
        mark=_mark(alike, funnel),
    )


def mark_of(scope: Scope, wanted: ResultsFilter) -> str:
    """Return a word that changes whenever the live part of the results does."""
    return _mark(answers_alike(scope, wanted), funnel_of(scope, wanted))


def _mark(alike: Sequence[AlikeAnswers], funnel: Funnel) -> str:
    newest = max((answers.changed_at for answers in alike), default=None)
    moment = f"{newest:%y%m%d%H%M%S%f}" if newest else "never"
    steps = (funnel.sent, funnel.delivered, funnel.started, funnel.completed)
    return "-".join(str(part) for part in (sum(answers.many for answers in alike), moment, *steps))


def _intent(scope: Scope, wanted: ResultsFilter) -> tuple[int, Measure | None]:
    # Clicks are counted per wave: narrowed to some people they would not fit the funnel beside them.
    if not sees_all_accounts(scope.user.role) or replace(wanted, wave_id=None).is_set:
        return 0, None
    waves = [scope.wave.id] if scope.wave else [row.id for row in waves_of(scope)]
    if wanted.wave_id is not None:
        waves = [wave_id for wave_id in waves if wave_id == wanted.wave_id]
    counted = click_intents(waves).values()
    clicked = sum(one.clicked for one in counted)
    return clicked, intent_rate(clicked, sum(one.delivered for one in counted))


def _scored(counted: Sequence[tuple[int, int | None, int]], asked: Sequence[Asked]) -> list[RatingResult]:
    known = {one.version.id: one for one in asked}
    found = rating_results(
        (known[version].kind, known[version].is_custom, rating)
        for version, rating, count in counted
        if version in known
        for _each in range(count)
    )
    limits = method_on(utcnow().date()).parameters.confidence_limits
    return [replace(result, limits=limits) for result in found]


def _stops(counts: Mapping[str, int], definition: SurveyDefinition) -> list[Stop]:
    """Return the stops in the order of the newest version's pages; pages it no longer has come last."""
    pages = definition.pages
    places = {page.key: place for place, page in enumerate(pages, start=1)}
    firsts = {page.key: page.questions[0] for page in pages if page.questions}
    return [
        Stop(places.get(key), len(pages), firsts.get(key), count)
        for key, count in sorted(counts.items(), key=lambda stop: places.get(stop[0], len(pages) + 1))
        if len(pages) > 1
    ]
