"""Stories of accounts and people, and the waves, scores and answers behind them, read only."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from surveys.questions import QuestionKind
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.engagement.queries import SENTIMENT_SURVEYS
from vocapp.engagement.rules import outcome_of
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.relationship.models import AccountScore
from vocapp.responses.models import Response
from vocapp.responses.queries import confidential_waves, openly_given
from vocapp.responses.scales import kind_of, kinds_of_waves
from vocapp.timeline.elsewhere import elsewhere_sources
from vocapp.timeline.knowing import knowing_sources
from vocapp.timeline.listening import WaveNumbers, listening_sources, silent_people, wave_numbers
from vocapp.timeline.sources import NAME_COLUMNS, Scope, name_of, newest_events
from vocapp.timeline.story import Asked, Event, EventKind, Place, ScoreDay, Story, Topic, WaveRun, page_of

NAMES_TOLD = 5
WAVE_KINDS = (EventKind.WAVE_LAUNCHED, EventKind.WAVE_CLOSED)


def story_of(scope: Scope, *, topic: Topic | None = None, before: Place | None = None, size: int) -> Story:
    """Return the newest `size` events before a place, of one topic or of all.

    The number of statements is that of the sources and two more, and each source reads at most a page: a
    story of ten thousand events costs what a short one costs.
    """
    sources = [*listening_sources(scope), *knowing_sources(scope), *elsewhere_sources(scope)]
    events: list[Event] = []
    for source in sources:
        if topic is None or source.topic is topic:
            events += newest_events(source, before=before, most=size + 1)
    story = page_of(events, before=before, size=size)
    return replace(story, events=_with_wave_numbers(scope, story.events))


def _with_wave_numbers(scope: Scope, events: Sequence[Event]) -> list[Event]:
    """Count only in the waves a page tells of: a long past costs nothing."""
    ids = {event.wave_id for event in events if event.kind in WAVE_KINDS and event.wave_id is not None}
    numbers = wave_numbers(scope.account_id, ids) if ids else {}
    silent = [wave_id for wave_id, found in numbers.items() if found.silent]
    names = silent_people(scope.account_id, silent, most=NAMES_TOLD) if silent else {}
    return [_numbered(event, numbers, names) for event in events]


def _numbered(event: Event, numbers: Mapping[int, WaveNumbers], names: Mapping[int, Sequence[str]]) -> Event:
    if event.kind not in WAVE_KINDS or event.wave_id is None or event.wave_id not in numbers:
        return event
    found = numbers[event.wave_id]
    if event.kind is EventKind.WAVE_LAUNCHED:
        return replace(event, whole=found.asked)
    people = tuple(names.get(event.wave_id, ()))
    return replace(event, number=found.answered, whole=found.asked, more=found.silent, people=people)


def wave_runs(account_id: int, *, most: int) -> list[WaveRun]:
    """Return the latest launched waves that asked somebody at the account, newest first."""
    latest = db.session.scalars(
        select(Wave)
        .where(
            Wave.launched_at.is_not(None),
            Wave.id.in_(select(Invitation.wave_id).where(Invitation.account_id == account_id)),
        )
        .order_by(Wave.launched_at.desc(), Wave.id.desc())
        .limit(most)
    ).all()
    ids = [wave.id for wave in latest]
    asked = _asked_in(ids, account_id) if latest else {}
    kinds = kinds_of_waves(ids)
    confidential = set(db.session.scalars(confidential_waves().where(Wave.id.in_(ids)))) if latest else set()
    return [
        WaveRun(
            wave_id=wave.id,
            name=wave.name,
            launched_at=wave.launched_at,
            closes_at=wave.closed_at or wave.closes_at,
            is_open=wave.state == WaveState.OPEN,
            is_confidential=wave.id in confidential,
            is_nps=kinds[wave.id] is QuestionKind.NPS,
            asked=asked.get(wave.id, ()),
        )
        for wave in latest
        if wave.launched_at is not None
    ]


def _asked_in(wave_ids: list[int], account_id: int) -> dict[int, list[Asked]]:
    rows = db.session.execute(
        select(
            Invitation.wave_id,
            Invitation.contact_id,
            *NAME_COLUMNS,
            Contact.status,
            Invitation.state,
            Response.state.label("response_state"),
            Response.quarantine_reason,
            case((openly_given(), Response.rating)).label("rating"),
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.account_id == account_id, Invitation.wave_id.in_(wave_ids))
        .order_by(Contact.last_name, Contact.id)
    )
    found: defaultdict[int, list[Asked]] = defaultdict(list)
    for row in rows:
        outcome = outcome_of(row.state, row.status, row.response_state, row.quarantine_reason)
        rating = row.rating if row.quarantine_reason is None else None
        found[row.wave_id].append(Asked(row.contact_id, name_of(row), outcome, rating))
    return found


def score_days(account_id: int) -> list[ScoreDay]:
    """Return the scores of an account by day, oldest first."""
    rows = db.session.execute(
        select(
            AccountScore.as_of,
            AccountScore.status,
            AccountScore.strength,
            AccountScore.measures["strength"]["ci"],
            AccountScore.method_version,
        )
        .where(AccountScore.account_id == account_id)
        .order_by(AccountScore.as_of)
    )
    return [
        ScoreDay(as_of, status, strength, (ci[0], ci[1]) if ci else None, version)
        for as_of, status, strength, ci, version in rows
    ]


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The newest answer of a person not given in confidence; `is_sentiment`: about us as a whole."""

    contact_id: int
    rating: int | None
    comment: str
    language: str
    answered_at: datetime
    wave: str
    wave_id: int
    rating_kind: str
    is_sentiment: bool


def last_answers(account_id: int, contact_ids: Collection[int] | None = None) -> dict[int, list[LastAnswer]]:
    """Return contact id → their newest answer about us as a whole and their newest other one, newest first.

    Of everybody at an account, or of some of them.
    """
    is_sentiment = Survey.key.in_(SENTIMENT_SURVEYS)
    place = func.row_number().over(
        partition_by=(Response.contact_id, is_sentiment),
        order_by=(Response.answered_at.desc(), Response.id.desc()),
    )
    answers = (
        select(
            Response.contact_id,
            Response.rating,
            Response.comment,
            Response.language,
            Response.answered_at,
            Wave.name.label("wave"),
            Wave.id.label("wave_id"),
            kind_of().label("rating_kind"),
            is_sentiment.label("is_sentiment"),
            place.label("place"),
        )
        .join(Wave, Wave.id == Response.wave_id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Response.account_id == account_id, Response.quarantine_reason.is_(None), openly_given())
    )
    if contact_ids is not None:
        answers = answers.where(Response.contact_id.in_(contact_ids))
    ranked = answers.subquery()
    rows: Any = db.session.execute(
        select(ranked).where(ranked.c.place == 1).order_by(ranked.c.answered_at.desc())
    )
    found: defaultdict[int, list[LastAnswer]] = defaultdict(list)
    for row in rows:
        found[row.contact_id].append(_answer(row))
    return dict(found)


def _answer(row: Any) -> LastAnswer:
    return LastAnswer(
        contact_id=row.contact_id,
        rating=row.rating,
        comment=row.comment,
        language=row.language,
        answered_at=row.answered_at,
        wave=row.wave,
        wave_id=row.wave_id,
        rating_kind=row.rating_kind,
        is_sentiment=bool(row.is_sentiment),
    )
