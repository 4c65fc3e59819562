"""An account with a past: waves, answers and silences, scored."""

from datetime import datetime, timedelta
from typing import Any

from tests.builders import NOW, a_profile, a_response, a_tier, a_wave, an_account, an_invitation
from vocapp.accounts.models import Account, Contact, TierProfile
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.relationship.service import rescore


def a_customer(owner: User | None = None, **values: Any) -> Account:
    """An account of tier 1, which asks for one decision maker and one champion."""
    if db.session.query(TierProfile).first() is None:
        a_profile(decision_maker=1, champion=1)
    return an_account(**{"tier_id": a_tier().id, "owner_id": owner.id if owner else None, **values})


def a_past_wave(owner: User, weeks_ago: int = 10, **values: Any) -> Wave:
    launched = NOW - timedelta(weeks=weeks_ago)
    closes = launched + timedelta(days=21)
    dates = {"launch_at": launched, "launched_at": launched, "closes_at": closes, "closed_at": closes}
    return a_wave(owner, **{"state": WaveState.CLOSED, **dates, **values})


def answered(wave: Wave, contact: Contact, rating: int, **values: Any) -> None:
    at: datetime = (wave.launched_at or NOW) + timedelta(days=2)
    invitation = an_invitation(wave, contact, sent_at=wave.launched_at, delivered_at=wave.launched_at)
    a_response(invitation, rating=rating, **{"answered_at": at, "changed_at": at, **values})


def stayed_silent(wave: Wave, contact: Contact) -> None:
    an_invitation(wave, contact, state=InvitationState.SILENT, settled_at=wave.closes_at)


def scored(on: datetime = NOW) -> None:
    """Score every account as of a day."""
    with transaction():
        rescore(None, as_of=on.date(), now=on)
