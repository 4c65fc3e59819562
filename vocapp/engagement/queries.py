"""Who was asked and what came of it, read for one account or ten thousand with the same statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Integer, Select, case, cast, extract, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from surveys.weights import OTHER_PERSONA_WEIGHT
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import persona_facts
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.engagement.rules import (
    CONTACT_STATUSES,
    DAYS_PER_MONTH,
    DECISION_MAKER,
    REPLIES,
    SENTIMENT_WINDOW,
    STATES,
    VOICES,
    Numbers,
    Participations,
    People,
    Reply,
    Voice,
    dispositions,
    people_of,
)
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response
from vocapp.responses.rules import ResponseState

# Answers to these surveys tell how people feel about us as a whole.
SENTIMENT_SURVEYS = ("nps",)

ACCOUNTS_AT_ONCE = 1000

AccountIds = Sequence[int] | Select[Any]
_ROWS_AT_ONCE = 20_000
_SECONDS_PER_DAY = 86_400


def participations(account_ids: AccountIds, *, until: datetime) -> Participations:
    """Return every invitation that went out in waves launched before `until`, as things stood then.

    Answers given and outcomes reached at `until` or later are unknown here; personas count as they were when
    asked and weigh what they did on the last of those days, while a contact's status is today's: no history
    of it is kept. Hand over at most `ACCOUNTS_AT_ONCE` accounts.
    """
    columns = _columns(_rows(account_ids, until))
    invitation, account, contact, wave, persona = columns[:5]
    state, reply, settled, status, rating, answered = columns[5:]
    launched, is_sentiment = _waves(wave)
    weights = _persona_weights((until - timedelta(microseconds=1)).date())
    place = np.searchsorted(weights.ids, persona)
    order = np.lexsort((invitation, launched, contact, account))
    age = (until.timestamp() - launched) / (_SECONDS_PER_DAY * DAYS_PER_MONTH)
    oldest = (until - SENTIMENT_WINDOW).timestamp()
    is_active = status == CONTACT_STATUSES.index(ContactStatus.ACTIVE)
    has_rating = np.isin(reply, [REPLIES.index(Reply.PARTIAL), REPLIES.index(Reply.COMPLETE)]) & (rating >= 0)
    counts = has_rating & is_sentiment & is_active & (answered >= oldest)
    return Participations(
        invitation=invitation[order],
        account=account[order],
        contact=contact[order],
        wave=wave[order],
        launched=launched[order],
        disposition=dispositions(state, reply, settled, status)[order],
        weight=weights.weight[place][order],
        age_months=np.maximum(age, 0.0)[order],
        rating=np.where(has_rating, rating, -1)[order],
        answered=np.where(has_rating, answered, -1)[order],
        is_active=is_active[order],
        is_decision_maker=(weights.ids[place] == weights.decision_maker)[order],
        counts_as_sentiment=counts[order],
    )


def active_contacts(account_ids: AccountIds, *, until: datetime) -> dict[int, int]:
    """Return account id → its active contacts known before `until`; accounts without one are left out."""
    rows = db.session.execute(
        select(Contact.account_id, func.count())
        .where(
            Contact.account_id.in_(account_ids),
            Contact.status == ContactStatus.ACTIVE,
            Contact.created_at < until,
        )
        .group_by(Contact.account_id)
    )
    return dict(rows.all())


@dataclass(frozen=True)
class PersonVoice:
    """What we have from one contact: voice, invitations left silent in a row, the answer that counts."""

    contact_id: int
    account_id: int
    voice: Voice
    silent_streak: int
    is_waiting: bool
    rating: int | None
    is_decision_maker: bool


def voices(account_ids: Sequence[int], *, until: datetime) -> dict[int, PersonVoice]:
    """Return contact id → what we have from everybody who was ever asked; the others were never asked."""
    found: dict[int, PersonVoice] = {}
    for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
        some = account_ids[start : start + ACCOUNTS_AT_ONCE]
        found.update(_voices(people_of(participations(some, until=until))))
    return found


def _voices(people: People) -> Mapping[int, PersonVoice]:
    columns = (
        people.contact,
        people.account,
        people.voice,
        people.silent_streak,
        people.is_waiting,
        people.rating,
        people.is_decision_maker,
    )
    return {
        contact: PersonVoice(
            contact_id=contact,
            account_id=account,
            voice=VOICES[voice],
            silent_streak=streak,
            is_waiting=waiting,
            rating=None if rating < 0 else rating,
            is_decision_maker=decides,
        )
        for contact, account, voice, streak, waiting, rating, decides in zip(
            *(column.tolist() for column in columns), strict=True
        )
    }


def _rows(account_ids: AccountIds, until: datetime) -> Select[Any]:
    return (
        select(
            Invitation.id,
            Invitation.account_id,
            Invitation.contact_id,
            Invitation.wave_id,
            func.coalesce(Invitation.persona_id, 0),
            case({state.value: code for code, state in enumerate(STATES)}, value=Invitation.state),
            _reply(until),
            cast(or_(Invitation.settled_at.is_(None), Invitation.settled_at < until), Integer),
            case({status.value: code for code, status in enumerate(CONTACT_STATUSES)}, value=Contact.status),
            func.coalesce(Response.rating, -1),
            func.coalesce(_seconds(Response.answered_at), -1),
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Invitation.account_id.in_(account_ids),
            # Planned is not asked: no mail has gone out.
            Invitation.state != InvitationState.PLANNED,
            Wave.launched_at < until,
            # What a merge left with the merged record was the same person, asked twice.
            Contact.merged_into_id.is_(None),
        )
    )


def _reply(until: datetime) -> ColumnElement[int]:
    return case(
        (
            or_(Response.id.is_(None), Response.answered_at >= until),
            REPLIES.index(Reply.NONE),
        ),
        (Response.quarantine_reason.is_not(None), REPLIES.index(Reply.DOUBTFUL)),
        (Response.state == ResponseState.PARTIAL, REPLIES.index(Reply.PARTIAL)),
        else_=REPLIES.index(Reply.COMPLETE),
    )


def _seconds(moment: Any) -> ColumnElement[int]:
    return cast(extract("epoch", moment), BigInteger)


def _columns(statement: Select[Any]) -> Numbers:
    """Return the rows of a statement of whole numbers as an array of columns, without keeping the rows."""
    width = len(statement.selected_columns)
    rows = db.session.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE))
    blocks = [
        np.fromiter(chain.from_iterable(block), dtype=np.int64, count=len(block) * width).reshape(-1, width)
        for block in rows.partitions()
    ]
    return np.concatenate([np.empty((0, width), dtype=np.int64), *blocks]).T


def _waves(used: Numbers) -> tuple[Numbers, Any]:
    """Return launch (seconds since 1970) and whether it asked for sentiment, per element of wave ids."""
    ids, place = np.unique(used, return_inverse=True)
    launched: dict[int, int] = {}
    sentiment: dict[int, bool] = {}
    for start in range(0, len(ids), ACCOUNTS_AT_ONCE):
        found = db.session.execute(
            select(Wave.id, _seconds(Wave.launched_at), Survey.key.in_(SENTIMENT_SURVEYS))
            .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
            .join(Survey, Survey.id == SurveyVersion.survey_id)
            .where(Wave.id.in_(ids[start : start + ACCOUNTS_AT_ONCE].tolist()))
        )
        for wave, seconds, is_sentiment in found:
            launched[wave], sentiment[wave] = seconds, bool(is_sentiment)
    times = np.array([launched[wave] for wave in ids.tolist()], dtype=np.int64)
    flags = np.array([sentiment[wave] for wave in ids.tolist()], dtype=np.bool_)
    return times[place], flags[place]


@dataclass(frozen=True)
class _PersonaWeights:
    ids: Numbers
    weight: Any
    decision_maker: int


def _persona_weights(on: date) -> _PersonaWeights:
    """Return persona ids in order, 0 for none first, with their weights in force on a date."""
    known = sorted(persona_facts(on), key=lambda persona: persona.id)
    return _PersonaWeights(
        ids=np.array([0, *(persona.id for persona in known)], dtype=np.int64),
        weight=np.array([OTHER_PERSONA_WEIGHT, *(persona.weight for persona in known)]),
        decision_maker=next((persona.id for persona in known if persona.key == DECISION_MAKER), -1),
    )
