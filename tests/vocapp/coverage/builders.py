"""Accounts with gaps, recorded."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tests.builders import NOW, a_profile, a_tier, an_account
from vocapp.accounts.models import Account, TierProfile
from vocapp.core.db import db, transaction
from vocapp.coverage.recording import record_coverage, record_footprints

TODAY = NOW.date()


def profiled_account(quotas: dict[str, int] | None = None, **values: Any) -> Account:
    """An account of tier 1, whose profile asks for a decision maker and a champion unless told otherwise."""
    tier = a_tier()
    if db.session.scalar(select(TierProfile.id).where(TierProfile.tier_id == tier.id)) is None:
        a_profile(tier, **(quotas or {"decision_maker": 1, "champion": 1}))
    return an_account(**{"tier_id": tier.id, **values})


def record_all(*, days: int = 0) -> None:
    """Record every account and the sums, so many days from today."""
    now = NOW + timedelta(days=days)
    with transaction():
        record_footprints(None, on=now.date(), now=now)
        record_coverage(now.date())
