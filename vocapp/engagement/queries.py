"""Who was asked and what came of it, read for one account or ten thousand with the same statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Integer, Select, and_, case, cast, exists, extract, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from surveys.weights import OTHER_PERSONA_WEIGHT
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import persona_facts
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import UNSENT, InvitationState
from vocapp.core.db import db
from vocapp.engagement.rules import (
    CONTACT_STATUSES,
    DAYS_PER_MONTH,
    DECISION_MAKER,
    REPLIES,
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
from vocapp.identity.models import Company
from vocapp.method.queries import method_on
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.rules import ResponseSource, ResponseState

# Answers to these surveys tell how people feel about us as a whole.
SENTIMENT_SURVEYS = ("nps",)

ACCOUNTS_AT_ONCE = 1000

AccountIds = Sequence[int] | Select[Any]
_ROWS_AT_ONCE = 20_000
_SECONDS_PER_DAY = 86_400


def participations(
    account_ids: AccountIds, *, until: datetime, sentiment_window: timedelta | None = None
) -> Participations:
    """Return every invitation that went out in waves launched before `until`, as things stood then.

    Answers given and outcomes reached at `until` or later are unknown here; personas count as they were when
    asked and weigh what they did on the last of those days, while a contact's status is today's: no history
    of it is kept. Answers of imported waves are there for their rating, and tell of nobody's taking part;
    those of sources the company does not score are no sentiment, nor are those older than the window: that of
    the method in force on the last day, unless another is given. Hand over at most `ACCOUNTS_AT_ONCE`
    accounts.
    """
    last_day = (until - timedelta(microseconds=1)).date()
    if sentiment_window is None:
        sentiment_window = method_on(last_day).parameters.sentiment_window
    columns = _columns(_rows(account_ids, until))
    invitation, account, contact, wave, persona = columns[:5]
    state, reply, settled, status, rating, answered, is_scored = columns[5:]
    launched, is_sentiment, is_imported = _waves(wave)
    launched = np.where(is_imported, answered, launched)
    weights = _persona_weights(last_day)
    place = np.searchsorted(weights.ids, persona)
    order = np.lexsort((invitation, launched, contact, account))
    age = (until.timestamp() - launched) / (_SECONDS_PER_DAY * DAYS_PER_MONTH)
    oldest = (until - sentiment_window).timestamp()
    is_active = status == CONTACT_STATUSES.index(ContactStatus.ACTIVE)
    has_rating = np.isin(reply, [REPLIES.index(Reply.PARTIAL), REPLIES.index(Reply.COMPLETE)]) & (rating >= 0)
    counts = has_rating & is_sentiment & is_active & (answered >= oldest) & is_scored.astype(np.bool_)
    return Participations(
        invitation=invitation[order],
        account=account[order],
        contact=contact[order],
        wave=wave[order],
        launched=launched[order],
        disposition=dispositions(state, reply, settled, status, is_imported=is_imported)[order],
        weight=weights.weight[place][order],
        age_months=np.maximum(age, 0.0)[order],
        rating=np.where(has_rating, rating, -1)[order],
        answered=np.where(has_rating, answered, -1)[order],
        is_active=is_active[order],
        is_decision_maker=(weights.ids[place] == weights.decision_maker)[order],
        counts_as_sentiment=counts[order],
        is_imported=is_imported[order],
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


def custom_worded_accounts(*, since: datetime) -> set[int]:
    """Return the accounts with an answer since then to a relationship question in words of our own.

    Such answers count for the account, but a changed question shifts them: they compare with nobody's.
    """
    # From the few waves to their answers: the other way round all answers would be looked at.
    custom = (
        select(Wave.id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Survey.key.in_(SENTIMENT_SURVEYS), SurveyVersion.is_standard.is_(False))
    )
    answered = select(Response.account_id).where(
        Response.wave_id.in_(custom),
        openly_given(),
        Response.rating.is_not(None),
        Response.answered_at >= since,
    )
    return set(db.session.scalars(answered.distinct()))


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
            # What was said in confidence scores no account; that it was said is participation.
            func.coalesce(case((openly_given(), Response.rating)), -1),
            func.coalesce(_seconds(Response.answered_at), -1),
            _is_scored(),
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Invitation.account_id.in_(account_ids),
            # Planned is not asked: no mail has gone out.
            Invitation.state.not_in((InvitationState.PLANNED, *UNSENT)),
            or_(Wave.launched_at < until, and_(Wave.is_imported, Response.answered_at < until)),
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


def _is_scored() -> ColumnElement[int]:
    """Return 1 where an answer's source counts in scores, as the company has decided, else 0."""
    left_out = {
        ResponseSource.PHONE: exists().where(Company.is_phone_scored.is_(False)),
        ResponseSource.REPLY: exists().where(Company.is_reply_scored.is_(False)),
        ResponseSource.IMPORT: exists().where(Company.is_import_scored.is_(False)),
    }
    return case(*((and_(Response.source == source, no), 0) for source, no in left_out.items()), else_=1)


def _waves(used: Numbers) -> tuple[Numbers, Any, Any]:
    """Return per element of wave ids: launch (seconds since 1970, -1 for none), sentiment asked, imported."""
    ids, place = np.unique(used, return_inverse=True)
    known: dict[int, tuple[int, bool, bool]] = {}
    for start in range(0, len(ids), ACCOUNTS_AT_ONCE):
        found = db.session.execute(
            select(
                Wave.id,
                func.coalesce(_seconds(Wave.launched_at), -1),
                Survey.key.in_(SENTIMENT_SURVEYS),
                Wave.is_imported,
            )
            .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
            .join(Survey, Survey.id == SurveyVersion.survey_id)
            .where(Wave.id.in_(ids[start : start + ACCOUNTS_AT_ONCE].tolist()))
        )
        for wave, seconds, is_sentiment, is_imported in found:
            known[wave] = (seconds, bool(is_sentiment), bool(is_imported))
    rows = np.array([known[wave] for wave in ids.tolist()], dtype=np.int64).reshape(-1, 3)
    launched, is_sentiment, is_imported = rows[place].T
    return launched, is_sentiment.astype(np.bool_), is_imported.astype(np.bool_)


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
