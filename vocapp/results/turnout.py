"""What the pages "Who answered" and "Is this change real?" read; read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.orm import aliased

from surveys.rates import Disposition
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.engagement.rules import Reply, disposition_of
from vocapp.identity.models import User
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.rules import ResponseState
from vocapp.results.in_confidence import confidential_results
from vocapp.results.overview import asked_versions, overview_of
from vocapp.results.queries import Scope, waves_of
from vocapp.results.rules import RatingResult, ResultsFilter
from vocapp.results.turnout_rules import ANSWERED, Asked, Comparison, Turnout, compare, turnout_of

_Row = Row[*tuple[Any, ...]]

NO_PERSONA = ""
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class ComparedWaves:
    """A wave beside an earlier one, None where there is none to compare with; `choices` are (id, name).

    `is_early`: one of the two is still open, so that nothing is claimed yet.
    """

    earlier: Wave | None
    choices: Sequence[tuple[int, str]]
    comparison: Comparison | None
    is_early: bool = False


def turnout_in(scope: Scope) -> Turnout:
    """Return who answered in the wave of a scope, at the accounts its reader may see."""
    version, wave = asked_versions(scope)[0], wave_of(scope)
    asked = [_asked(row) for row in db.session.execute(_invited(scope, wave))]
    return turnout_of(
        asked,
        kind=version.kind,
        is_confidential=scope.survey.is_confidential,
        is_open=wave.state == WaveState.OPEN,
    )


def wave_of(scope: Scope) -> Wave:
    """Return the wave of a scope that is about one."""
    assert scope.wave is not None, "these pages are about one wave"
    return scope.wave


def compared(scope: Scope, earlier_id: int | None) -> ComparedWaves:
    """Return a wave beside an earlier one of its survey: the one asked for, or else the one before it."""
    wave = wave_of(scope)
    choices = _earlier_waves(scope, wave)
    wanted = earlier_id if earlier_id in dict(choices) else None
    if not choices:
        return ComparedWaves(None, choices, None)
    earlier = db.session.get_one(Wave, wanted or choices[0][0])
    before = Scope(scope.survey, earlier, scope.user)
    is_early = WaveState.OPEN in (wave.state, earlier.state)
    old, new = (None, None) if is_early else (_rating(before), _rating(scope))
    if old is None or new is None:
        return ComparedWaves(earlier, choices, None, is_early=is_early)
    is_confidential = scope.survey.is_confidential
    pairs = [] if is_confidential else _pairs(scope.user, earlier, wave)
    return ComparedWaves(earlier, choices, compare(old, new, pairs, is_confidential=is_confidential))


def _earlier_waves(scope: Scope, wave: Wave) -> list[tuple[int, str]]:
    """Return (id, name) of the waves of this survey that began before: those of the same sender first.

    One brought from another tool was never launched here, and began when it was made.
    """
    began = func.coalesce(Wave.launched_at, Wave.created_at)
    known = [row.id for row in waves_of(scope)]
    is_other = case((Wave.owner_id == wave.owner_id, 0), else_=1)
    earlier = (
        select(Wave.id, Wave.name, is_other, User.name)
        .join(User, User.id == Wave.owner_id)
        .where(Wave.id.in_(known), began < (wave.launched_at or wave.created_at))
        .order_by(is_other, began.desc(), Wave.id.desc())
    )
    return [
        (wave_id, f"{name} ({sender})" if of_another else name)
        for wave_id, name, of_another, sender in db.session.execute(earlier)
    ]


def _rating(scope: Scope) -> RatingResult | None:
    """Return the rating of a wave as its results page shows it, None where that may not be shown."""
    asked = asked_versions(scope)
    if scope.survey.is_confidential:
        return confidential_results(scope, asked[0], ResultsFilter(), page=1).rating
    return overview_of(scope, ResultsFilter(), asked).ratings[0]


def _pairs(user: User, earlier: Wave, later: Wave) -> list[tuple[int, int]]:
    """Return (earlier, later) ratings of the people who rated in both waves."""
    first, second = aliased(Response), aliased(Response)
    same_person = and_(second.contact_id == first.contact_id, second.wave_id == later.id)
    both = (
        select(first.rating, second.rating)
        .join(second, same_person)
        .join(Contact, Contact.id == first.contact_id)
        .where(
            first.wave_id == earlier.id,
            first.rating.is_not(None),
            second.rating.is_not(None),
            first.quarantine_reason.is_(None),
            second.quarantine_reason.is_(None),
            openly_given(first),
            openly_given(second),
            Contact.merged_into_id.is_(None),
            second.account_id.in_(visible_account_ids(user)),
        )
    )
    rows = db.session.execute(both)
    return [(before, now) for before, now in rows if before is not None and now is not None]


def _invited(scope: Scope, wave: Wave) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invitation.contact_id,
            Persona.name.label("persona"),
            Invitation.language,
            Invitation.state,
            Invitation.sent_at,
            Invitation.reminders_sent,
            Contact.status,
            User.name.label("owner"),
            Response.state.label("answer"),
            case((openly_given(), Response.rating)).label("rating"),
            Response.answered_at,
            Response.quarantine_reason,
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(User, User.id == Account.owner_id)
        .outerjoin(Persona, Persona.id == Invitation.persona_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Invitation.wave_id == wave.id,
            Invitation.account_id.in_(visible_account_ids(scope.user)),
            Contact.merged_into_id.is_(None),
        )
    )


def _asked(row: _Row) -> Asked:
    disposition = _disposition(row)
    is_answered = disposition in ANSWERED and row.answered_at is not None
    return Asked(
        contact_id=row.contact_id,
        persona=row.persona or NO_PERSONA,
        language=row.language,
        owner=row.owner or "",
        disposition=disposition,
        rating=row.rating if is_answered else None,
        day=_full_days(row.sent_at, row.answered_at) if is_answered else None,
        mails=row.reminders_sent + 1,
    )


def _disposition(row: _Row) -> Disposition:
    reply = Reply.NONE
    if row.answer is not None:
        is_partial = row.answer == ResponseState.PARTIAL
        given = Reply.PARTIAL if is_partial else Reply.COMPLETE
        reply = Reply.DOUBTFUL if row.quarantine_reason is not None else given
    return disposition_of(
        InvitationState(row.state), reply=reply, is_settled=True, contact_status=ContactStatus(row.status)
    )


def _full_days(sent_at: datetime | None, answered_at: datetime) -> int | None:
    """Return how many full days passed between mail and answer, None for an answer without a mail."""
    if sent_at is None:
        return None
    seconds = (answered_at.astimezone(UTC) - sent_at.astimezone(UTC)).total_seconds()
    return max(0, int(seconds // SECONDS_PER_DAY))
