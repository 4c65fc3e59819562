"""Cohorts frozen when a wave closes: where an account stood then never moves afterwards."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select

from vocapp.benchmarks.frozen_rules import FrozenWave
from vocapp.benchmarks.models import FrozenCohort, FrozenStanding
from vocapp.benchmarks.queries import customers_among_others
from vocapp.campaigns.models import Wave
from vocapp.core.db import db


def cohorts_now(account_ids: Collection[int]) -> FrozenWave:
    """Return where some accounts stand among all customers now, and their cohorts; writes nothing."""
    return FrozenWave.of(customers_among_others(), account_ids)


def freeze_cohorts(wave_id: int, found: FrozenWave, *, now: datetime) -> bool:
    """Keep the cohorts of a wave that has closed; False when they are kept already, or the wave is gone.

    The first to come wins: a second try would see scores of later.
    """
    held = select(Wave.id).where(Wave.id == wave_id).with_for_update(key_share=True)
    is_there = db.session.scalar(held) is not None
    if not is_there or is_frozen(wave_id):
        return False
    if found.cohorts:
        db.session.execute(insert(FrozenCohort), [{"wave_id": wave_id, **one} for one in found.cohorts])
    if found.places:
        own = [
            {"wave_id": wave_id, "account_id": account_id, "places": places, "frozen_at": now}
            for account_id, places in found.places.items()
        ]
        db.session.execute(insert(FrozenStanding), own)
    return True


def is_frozen(wave_id: int) -> bool:
    """Whether the cohorts of a wave are kept."""
    kept = select(FrozenStanding.account_id).where(FrozenStanding.wave_id == wave_id).limit(1)
    return db.session.scalar(kept) is not None
