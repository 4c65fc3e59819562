"""Who has to wait is asked later in the same wave, when that still leaves them time to answer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, and_, select, update

from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.asked import budget_in_force
from vocapp.campaigns.models import Exclusion, Wave
from vocapp.campaigns.rules import PASSING, WaveState
from vocapp.campaigns.timing import timetable_of
from vocapp.core.clock import utcnow
from vocapp.core.db import db


def plan_later(wave: Wave) -> None:
    """Say anew when a wave asks those it leaves out for a time, if at all, by its end as it is."""
    times = timetable_of(wave, answer_days=budget_in_force().answer_days, now=utcnow())
    waiting = (
        select(Exclusion.contact_id, Exclusion.until, Contact.time_zone, Account.time_zone, Account.country)
        .join(Contact, Contact.id == Exclusion.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .where(Exclusion.wave_id == wave.id, Exclusion.reason.in_(PASSING), Exclusion.until.is_not(None))
        .order_by(Exclusion.contact_id)
    )
    for contact_id, until, *where in db.session.execute(waiting).all():
        at = times.later(until, times.place(*where))
        same = (Exclusion.wave_id == wave.id, Exclusion.contact_id == contact_id)
        db.session.execute(update(Exclusion).where(*same).values(ask_at=at))


def rested_people(*, now: datetime, limit: int) -> Sequence[Row[int, int]]:
    """Return wave and contact of people whose waiting is over, of waves that run, in their order."""
    due = (
        select(Exclusion.wave_id, Exclusion.contact_id)
        .join(Wave, Wave.id == Exclusion.wave_id)
        .where(
            Exclusion.ask_at <= now,
            Wave.state == WaveState.OPEN,
            Wave.closes_at > now,
            Wave.paused_at.is_(None),
            # While a pilot is out, everybody else waits.
            and_(Wave.pilot_percent == 0, Wave.pilot_people == 0) | Wave.pilot_released_at.is_not(None),
        )
        .order_by(Exclusion.wave_id, Exclusion.ask_at, Exclusion.contact_id)
        .limit(limit)
    )
    return db.session.execute(due).all()
