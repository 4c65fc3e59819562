"""Putting messages on their way, taking them back, and saying who must not be written to."""

from collections.abc import Collection, Container, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Required, TypedDict, Unpack, cast

from sqlalchemy import CursorResult, Executable, Select, bindparam, delete, func, select, update

from vocapp.core.clock import utcnow
from vocapp.core.db import db, insert_new
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.core.workdays import Place
from vocapp.outbox.causes import Cause
from vocapp.outbox.hours import columns_of, moment_within
from vocapp.outbox.models import Message, Suppression
from vocapp.outbox.pacing import OWN_LANE
from vocapp.outbox.queries import address_hash, message_by_key, suppressed_hashes
from vocapp.outbox.rules import (
    ADDRESS_DEAD,
    ASKED_FOR_THEMSELVES,
    MessageState,
    heeds_suppression,
    message_id_for,
    states_before,
)

DELIVER = "deliver_mail"
OPTED_OUT_OR_DEAD = "This address must not be written to."


class Order(TypedDict, total=False):
    """A mail that somebody wants sent.

    The mail is written when it is sent, by the template's letter function, so `context` holds what only the
    caller knows, and no secrets. It leaves at `send_at` (now), or not at all after `send_by`. One that
    `is_held` waits until it is released. With `hours` it leaves only in working hours there, however often it
    is put off.
    """

    key: Required[str]
    template: Required[str]
    context: Required[Mapping[str, Any]]
    subject_kind: Required[str]
    subject_id: Required[int]
    to_address: Required[str]
    to_name: str
    language: str
    from_name: str
    reply_to: str
    send_at: datetime | None
    send_by: datetime | None
    is_held: bool
    hours: Place | None


def queue_message(**order: Unpack[Order]) -> Message:
    """Return the one message of a key, put on its way unless it was before.

    Asking again with the same key changes nothing, also when two processes ask at once. A message to a
    suppressed address is kept as `suppressed` and never sent.
    """
    queue_messages([order])
    queued = message_by_key(order["key"])
    assert queued is not None, "it is there, by whomever it was queued"
    return queued


def queue_messages(orders: Sequence[Order]) -> None:
    """Put many messages on their way at once, each as `queue_message` would."""
    now = utcnow()
    blocked = suppressed_hashes(
        order["to_address"] for order in orders if heeds_suppression(order["subject_kind"])
    )
    rows = [_row(order, blocked, now=now) for order in orders]
    if not rows:
        return
    db.session.execute(insert_new(Message).on_conflict_do_nothing(index_elements=["key"]), rows)
    # What is due later is found by `sweep_mail`: a waiting job for tomorrow would stand in today's way.
    if any(_is_due(row, now) for row in rows):
        enqueue(DELIVER, {}, key=DELIVER)


def _row(order: Order, blocked: Container[str], *, now: datetime) -> dict[str, Any]:
    """Return the columns of a new message."""
    settings, hours = gateways().settings, order.get("hours")
    heeds = heeds_suppression(order["subject_kind"])
    is_blocked = heeds and address_hash(order["to_address"]) in blocked
    name = message_id_for(order["key"], mail_from=settings.mail_from, secret=settings.secret_key)
    return {
        "key": order["key"],
        "message_id": name,
        "template": order["template"],
        "context": dict(order["context"]),
        "subject_kind": order["subject_kind"],
        "subject_id": order["subject_id"],
        "language": order.get("language", "en"),
        "to_address": order["to_address"].strip(),
        "to_name": order.get("to_name", ""),
        "from_name": order.get("from_name", ""),
        "reply_to": order.get("reply_to", ""),
        "state": MessageState.SUPPRESSED if is_blocked else MessageState.QUEUED,
        "reason": OPTED_OUT_OR_DEAD if is_blocked else None,
        "next_attempt_at": moment_within(hours, max(order.get("send_at") or now, now)),
        "send_by": order.get("send_by"),
        "is_held": order.get("is_held", False),
        "lane": None if heeds else OWN_LANE,
        **columns_of(hours),
    }


def _is_due(row: Mapping[str, Any], now: datetime) -> bool:
    return row["state"] == MessageState.QUEUED and not row["is_held"] and row["next_attempt_at"] <= now


def cancel_messages(subject_kind: str, subject_id: int, *, templates: Collection[str]) -> int:
    """Take back a subject's messages of some templates that are still queued; return how many."""
    # Every answer passes here, and most find nothing to take back: asking costs a tenth of trying.
    about = {"kind": subject_kind, "id": subject_id, "templates": tuple(templates)}
    if db.session.scalar(_queued_about(), about) is None:
        return 0
    return changed_rows(
        update(Message)
        .where(
            Message.subject_kind == subject_kind,
            Message.subject_id == subject_id,
            Message.template.in_(templates),
            Message.state.in_(states_before(MessageState.CANCELLED)),
        )
        .values(state=MessageState.CANCELLED, reason="It was no longer wanted.")
    )


def move_deadline(subject_kind: str, subject_ids: Select[int], *, send_by: datetime) -> None:
    """Let what is still queued about some subjects leave until another time."""
    waiting = (
        Message.subject_kind == subject_kind,
        Message.subject_id.in_(subject_ids),
        Message.state == MessageState.QUEUED,
    )
    changed_rows(
        update(Message).where(*waiting).values(send_by=send_by).execution_options(synchronize_session="fetch")
    )


def send_after_all(keys: Collection[str], *, send_by: datetime, is_held: bool, now: datetime) -> None:
    """Let messages leave now that were given up because their time was over; they have until `send_by`."""
    late = (Message.key.in_(keys), Message.state == MessageState.FAILED, Message.cause == Cause.TOO_LATE)
    waiting = {
        "state": MessageState.QUEUED,
        "next_attempt_at": now,
        "send_by": send_by,
        "is_held": is_held,
        "attempts": 0,
        "first_tried_at": None,
        "reason": None,
        "cause": None,
        "claimed_by": None,
        "claimed_until": None,
    }
    if changed_rows(update(Message).where(*late).values(waiting)):
        enqueue(DELIVER, {}, key=DELIVER)


@cache
def _queued_about() -> Select[int]:
    return (
        select(Message.id)
        .where(
            Message.subject_kind == bindparam("kind"),
            Message.subject_id == bindparam("id"),
            Message.template.in_(bindparam("templates", expanding=True)),
            Message.state.in_(states_before(MessageState.CANCELLED)),
        )
        .limit(1)
    )


def suppress_address(address: str, *, reason: str, source: str) -> None:
    """Write to an address no more: not to be queued, claimed or sent from the caller's commit on.

    What is queued for it becomes `suppressed` in the same transaction; doing so waits for a worker that is
    just marking such a message as `sending`, so either that mark or this stop comes first. Saying it again
    changes nothing, except that any other reason replaces a dead address: that one alone can be lifted.
    """
    said = insert_new(Suppression).values(address_hash=address_hash(address), reason=reason, source=source)
    db.session.execute(
        said.on_conflict_do_update(
            index_elements=["address_hash"],
            set_={"reason": said.excluded.reason, "source": said.excluded.source},
            where=Suppression.reason == ADDRESS_DEAD,
        )
    )
    changed_rows(
        update(Message)
        .where(
            func.lower(Message.to_address) == address.strip().lower(),
            Message.subject_kind.not_in(ASKED_FOR_THEMSELVES),
            Message.state.in_(states_before(MessageState.SUPPRESSED)),
        )
        .values(state=MessageState.SUPPRESSED, reason=OPTED_OUT_OR_DEAD)
    )


def lift_dead_address(address: str) -> None:
    """Let an address be written to again that a mail server called dead; an opt-out stays."""
    dead = delete(Suppression).where(
        Suppression.address_hash == address_hash(address), Suppression.reason == ADDRESS_DEAD
    )
    db.session.execute(dead)


def changed_rows(statement: Executable) -> int:
    """Run an update and return how many rows it changed."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount
