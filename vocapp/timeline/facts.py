"""What is stored about one account: its waves, answers, referrals, scores and renewals, read only."""

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from vocapp.accounts.models import Contact, Persona
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.engagement.rules import outcome_of
from vocapp.relationship.models import AccountScore
from vocapp.renewals.models import RenewalOutcome
from vocapp.responses.models import Referral, Response
from vocapp.timeline.story import Asked, Facts, RenewalEnd, ScoreDay, Told, WaveRun


def facts_of(account_id: int) -> Facts:
    """Return everything that happened at an account, in a fixed number of statements."""
    return Facts(
        waves=_waves(account_id),
        scores=_scores(account_id),
        told=_told(account_id),
        renewals=_renewals(account_id),
    )


def _waves(account_id: int) -> list[WaveRun]:
    """Return the launched waves that asked somebody at the account, newest first."""
    rows = db.session.execute(
        select(
            Wave.id,
            Wave.name,
            Wave.launched_at,
            Wave.closes_at,
            Wave.closed_at,
            Wave.state,
            Invitation.contact_id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.title,
            Contact.status,
            Persona.name.label("persona"),
            Invitation.state.label("invitation_state"),
            Invitation.settled_at,
            Response.state.label("response_state"),
            Response.quarantine_reason,
            Response.rating,
            Response.comment,
            Response.language,
            Response.answered_at,
            Response.may_contact,
        )
        .join(Invitation, Invitation.wave_id == Wave.id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Persona, Persona.id == Invitation.persona_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.account_id == account_id, Wave.launched_at.is_not(None))
        .order_by(Wave.launched_at.desc(), Wave.id.desc(), Contact.last_name, Contact.id)
    )
    asked: defaultdict[int, list[Asked]] = defaultdict(list)
    waves: dict[int, Any] = {}
    for row in rows:
        waves.setdefault(row.id, row)
        asked[row.id].append(_asked(row))
    return [
        WaveRun(
            wave_id=wave_id,
            name=row.name,
            launched_at=row.launched_at,
            closes_at=row.closed_at or row.closes_at,
            is_open=row.state == WaveState.OPEN,
            asked=asked[wave_id],
        )
        for wave_id, row in waves.items()
    ]


def _asked(row: Any) -> Asked:
    # An answer in quarantine is nobody's answer yet.
    is_counted = row.answered_at is not None and row.quarantine_reason is None
    return Asked(
        wave_id=row.id,
        contact_id=row.contact_id,
        person=f"{row.first_name} {row.last_name}".strip() or row.email,
        title=row.title,
        persona=row.persona or "",
        state=row.invitation_state,
        outcome=outcome_of(row.invitation_state, row.status, row.response_state, row.quarantine_reason),
        settled_at=row.settled_at,
        rating=row.rating if is_counted else None,
        comment=row.comment if is_counted else "",
        language=row.language or "",
        answered_at=row.answered_at if is_counted else None,
        may_contact=row.may_contact if is_counted else None,
    )


def _scores(account_id: int) -> list[ScoreDay]:
    rows = db.session.execute(
        select(
            AccountScore.as_of,
            AccountScore.status,
            AccountScore.strength,
            AccountScore.measures["strength"]["ci"],
        )
        .where(AccountScore.account_id == account_id)
        .order_by(AccountScore.as_of)
    )
    return [
        ScoreDay(as_of, status, strength, (ci[0], ci[1]) if ci else None)
        for as_of, status, strength, ci in rows
    ]


def _told(account_id: int) -> list[Told]:
    rows = db.session.execute(
        select(
            Referral.created_at,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Referral.named_person,
            Referral.named_email,
            Referral.reason,
        )
        .join(Invitation, Invitation.id == Referral.invitation_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(Referral.account_id == account_id)
    )
    return [
        Told(at, contact_id, f"{first} {last}".strip() or email, named or address, reason)
        for at, contact_id, first, last, email, named, address, reason in rows
    ]


def _renewals(account_id: int) -> list[RenewalEnd]:
    rows = db.session.execute(
        select(RenewalOutcome.renewal_date, RenewalOutcome.outcome, RenewalOutcome.amount).where(
            RenewalOutcome.account_id == account_id
        )
    )
    return [
        RenewalEnd(on, outcome, None if amount is None else float(amount)) for on, outcome, amount in rows
    ]
