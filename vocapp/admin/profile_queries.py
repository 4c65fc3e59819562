"""What the pages about personas, tiers and overrides show, read only."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, case, or_, select
from sqlalchemy.orm import joinedload

from vocapp.accounts.models import Account, PersonaWeight, ProfileOverride, TierProfile
from vocapp.core.db import db


def profile_dates(today: date) -> Sequence[date]:
    """Return the dates after today from which some tier profile holds."""
    later = select(TierProfile.effective_from).where(TierProfile.effective_from > today)
    return db.session.scalars(later.distinct().order_by(TierProfile.effective_from)).all()


def coming_weights(today: date) -> dict[int, list[PersonaWeight]]:
    """Return persona id → weights that begin after today, the earliest first."""
    lines = select(PersonaWeight).where(PersonaWeight.effective_from > today)
    coming: defaultdict[int, list[PersonaWeight]] = defaultdict(list)
    for line in db.session.scalars(lines.order_by(PersonaWeight.effective_from)):
        coming[line.persona_id].append(line)
    return dict(coming)


def overrides_in_order(today: date) -> Select[Any]:
    """Return a select of all overrides: those that hold or will, then those that ended, newest first."""
    is_over = or_(ProfileOverride.ends_on <= today, ProfileOverride.ends_on <= ProfileOverride.effective_from)
    return (
        select(ProfileOverride)
        .options(
            joinedload(ProfileOverride.persona),
            joinedload(ProfileOverride.tier),
            joinedload(ProfileOverride.account),
        )
        .order_by(
            case((is_over, 1), else_=0), ProfileOverride.effective_from.desc(), ProfileOverride.id.desc()
        )
    )


def known_places() -> Sequence[str]:
    """Return the names of all segments and regions that accounts have."""
    segments = select(Account.segment).where(Account.segment != "")
    regions = select(Account.region).where(Account.region != "")
    return sorted(set(db.session.scalars(segments.union(regions))))


def known_currencies() -> Sequence[str]:
    """Return the currencies that accounts have."""
    used = select(Account.currency).where(Account.currency != "").distinct().order_by(Account.currency)
    return db.session.scalars(used).all()
