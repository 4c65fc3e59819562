"""Mails that keep to the working hours of whoever gets them: planned, put off, and held back."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import func, select, update

from vocapp.core.db import db
from vocapp.core.workdays import Place, morning_after_absence, next_polite_moment, place_of
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState


class WithHours(Protocol):
    """A message, or a row that holds the hours of one."""

    @property
    def hours_zone(self) -> str | None:
        """The time zone it keeps to, None for any hour."""

    @property
    def hours_country(self) -> str | None:
        """The country whose working days it keeps to."""


def hours_of(message: WithHours) -> Place | None:
    """Return where a message keeps to working hours, None when any hour will do."""
    if message.hours_zone is None:
        return None
    return place_of(message.hours_zone, country=message.hours_country or "")


def columns_of(hours: Place | None) -> dict[str, str | None]:
    """Return how a message keeps where its hours are."""
    if hours is None:
        return {"hours_zone": None, "hours_country": None}
    return {"hours_zone": str(hours.zone), "hours_country": hours.country}


def moment_within(hours: Place | None, moment: datetime) -> datetime:
    """Return a moment, or the next one at which a mail with such hours may leave."""
    return moment if hours is None else next_polite_moment(moment, hours)


def put_off_outside(messages: Iterable[Any], *, now: datetime) -> set[int]:
    """Let messages wait whose hours are over or have not begun; return their ids.

    Each needs `id`, `hours_zone` and `hours_country`. That they waited counts as no attempt. Whoever claimed
    one may not start it any more.
    """
    late: set[int] = set()
    for message in messages:
        later = moment_within(hours_of(message), now)
        if later > now:
            late.add(message.id)
            waiting = (Message.id == message.id, Message.state == MessageState.QUEUED)
            db.session.execute(update(Message).where(*waiting).values(next_attempt_at=later, **_FREE))
    return late


def hold_back(address: str, *, until: date) -> int:
    """Let what waits for an absent person wait for 09:00 on the second day after; return how many mails.

    Mails that may come at any hour, such as a password link, are not touched.
    """
    waiting = (
        select(Message)
        .where(
            func.lower(Message.to_address) == address.strip().lower(),
            Message.state == MessageState.QUEUED,
            Message.hours_zone.is_not(None),
        )
        .order_by(Message.id)
        .with_for_update()
    )
    held = 0
    for message in db.session.scalars(waiting.execution_options(populate_existing=True)).all():
        hours = hours_of(message)
        back = morning_after_absence(until, hours) if hours else message.next_attempt_at
        if message.next_attempt_at < back:
            message.next_attempt_at, held = back, held + 1
            message.claimed_by = message.claimed_until = None
    db.session.flush()
    return held


_FREE: dict[str, None] = {"claimed_by": None, "claimed_until": None}
