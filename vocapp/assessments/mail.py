"""The weekly mail about assessments that wait: queued by user and week, written when it is sent."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select

from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus
from vocapp.assessments.queries import is_due, last_at, worst_first
from vocapp.assessments.rules import week_of
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.formats import ago, short_money
from vocapp.core.web import absolute_url
from vocapp.core.workdays import next_polite_moment, place_of
from vocapp.identity.models import User
from vocapp.identity.rules import may_write
from vocapp.outbox.models import Message
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message

TEMPLATE = SUBJECT = "assessments_due"
NAMED_IN_MAIL = 5
# After that, next week's mail says it better.
WORTH = timedelta(days=4)


def people_to_remind(now: datetime) -> list[int]:
    """Return the ids of those who may sign in and write, and look after customers that wait."""
    waiting = _waiting(now).with_only_columns(Account.owner_id)
    owners = select(User).where(User.active, User.id.in_(waiting)).order_by(User.id)
    return [user.id for user in db.session.scalars(owners).unique() if may_write(user.role)]


def queue_reminder(user_id: int, *, now: datetime) -> Message | None:
    """Put the week's mail to a user on its way, on a working morning where they are; None if they are gone.

    Asking again in the same week changes nothing.
    """
    user = db.session.get(User, user_id)
    if user is None or not user.active:
        return None
    place = place_of(user.time_zone)
    send_at = next_polite_moment(now, place)
    return queue_message(
        key=f"{TEMPLATE}:{user.id}:{week_of(send_at.astimezone(place.zone))}",
        template=TEMPLATE,
        context={"user_id": user.id},
        subject_kind=SUBJECT,
        subject_id=user.id,
        to_address=user.email,
        to_name=user.name,
        send_at=send_at,
        send_by=send_at + WORTH,
    )


def assessments_due_letter(message: Message) -> LetterContext | None:
    """Return the mail as things are now; None when nothing waits any more, or the reader may not sign in."""
    user = db.session.get(User, message.subject_id)
    if user is None or not user.active:
        return None
    now = utcnow()
    waiting = _waiting(now).where(Account.owner_id == user.id)
    count = db.session.scalar(waiting.with_only_columns(func.count()).order_by(None)) or 0
    if not count:
        return None
    columns: tuple[Any, ...] = (Account.name, Account.arr, Account.currency, last_at)
    first = db.session.execute(waiting.with_only_columns(*columns).limit(NAMED_IN_MAIL)).all()
    return LetterContext(
        {
            "name": user.name,
            "count": count,
            "accounts": [
                {"name": name, "arr": _money(arr, currency), "last": ago(at) if at else ""}
                for name, arr, currency, at in first
            ],
            "more": count - len(first),
            "due_url": absolute_url("assessments.due"),
        }
    )


def _waiting(now: datetime) -> Select[Any]:
    """Return a select of the customers that wait for an assessment, worst first."""
    on = now.date()
    return (
        select(Account).where(Account.status == AccountStatus.ACTIVE, is_due(on)).order_by(*worst_first(on))
    )


def _money(arr: Decimal | None, currency: str) -> str:
    return "" if arr is None else short_money(arr, currency)
