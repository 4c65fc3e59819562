"""Small worlds for scores: who was asked when, and what came of it."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.builders import (
    NOW,
    a_contact,
    a_profile,
    a_response,
    a_tier,
    a_wave,
    an_account,
    an_invitation,
    save,
)
from vocapp.accounts.models import Account, Contact, TierProfile
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores
from vocapp.relationship.service import rescore

TODAY = NOW.date()


def a_closed_wave(launched_at: datetime = NOW - timedelta(days=60)) -> Wave:
    closed_at = launched_at + timedelta(days=21)
    return a_wave(
        state=WaveState.CLOSED,
        launch_at=launched_at,
        launched_at=launched_at,
        closes_at=closed_at,
        closed_at=closed_at,
    )


def asked(
    contact: Contact, wave: Wave, outcome: InvitationState = InvitationState.SILENT, rating: int | None = None
) -> Invitation:
    """An invitation and what came of it; with a rating it was answered ten days after the launch."""
    assert wave.launched_at is not None
    invitation = an_invitation(wave, contact, sent_at=wave.launched_at, delivered_at=wave.launched_at)
    if rating is not None:
        answered_at = wave.launched_at + timedelta(days=10) if wave.closed_at else wave.launched_at
        a_response(invitation, rating=rating, answered_at=answered_at, changed_at=answered_at)
        return invitation
    invitation.state = outcome
    is_waiting = outcome in (InvitationState.PLANNED, InvitationState.SENT, InvitationState.DELIVERED)
    invitation.settled_at = None if is_waiting else wave.closed_at or wave.launched_at
    save(invitation)
    return invitation


def people(account: Account, *personas: str) -> list[Contact]:
    return [
        a_contact(account, personas=(persona,), created_at=NOW - timedelta(days=900)) for persona in personas
    ]


def rescored(account: Account | None = None, *, on: date = TODAY) -> int:
    """Rescore one account, or all of them; return how many rows were written."""
    with transaction():
        return rescore(None if account is None else [account.id], as_of=on, now=NOW)


def score_of(account: Account) -> AccountScore:
    db.session.expire_all()
    return latest_scores([account.id])[account.id]


def a_full_account(**values: Any) -> Account:
    """An account whose tier asks for a decision maker and a champion."""
    tier = a_tier()
    if db.session.scalar(select(TierProfile.id).limit(1)) is None:
        a_profile(tier, decision_maker=1, champion=1)
    return an_account(tier_id=tier.id, **values)
