"""Putting messages on their way, taking them back, and saying who must not be written to."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, delete, func, update

from vocapp.core.clock import utcnow
from vocapp.core.db import db, insert_new
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.outbox.models import Message, Suppression
from vocapp.outbox.queries import address_hash, is_suppressed, message_by_key
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


def queue_message(
    *,
    key: str,
    template: str,
    context: Mapping[str, Any],
    subject_kind: str,
    subject_id: int,
    to_address: str,
    to_name: str = "",
    language: str = "en",
    from_name: str = "",
    reply_to: str = "",
    send_at: datetime | None = None,
    send_by: datetime | None = None,
) -> Message:
    """Return the one message of a key, put on its way unless it was before.

    Asking again with the same key changes nothing, also when two processes ask at once. A message to a
    suppressed address is kept as `suppressed` and never sent. The mail is written when it is sent, by the
    template's letter function, so `context` holds what only the caller knows, and no secrets.
    """
    now = utcnow()
    is_blocked = heeds_suppression(subject_kind) and is_suppressed(to_address)
    due = max(send_at or now, now)
    values = {
        "key": key,
        "message_id": message_id_for(key, mail_from=gateways().settings.mail_from),
        "template": template,
        "context": dict(context),
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "language": language,
        "to_address": to_address.strip(),
        "to_name": to_name,
        "from_name": from_name,
        "reply_to": reply_to,
        "state": MessageState.SUPPRESSED if is_blocked else MessageState.QUEUED,
        "reason": OPTED_OUT_OR_DEAD if is_blocked else None,
        "next_attempt_at": due,
        "send_by": send_by,
    }
    added: Message | None = db.session.scalar(
        insert_new(Message).values(values).on_conflict_do_nothing(index_elements=["key"]).returning(Message)
    )
    if added is None:
        known = message_by_key(key)
        assert known is not None, "a conflicting message is there"
        return known
    # What is due later is found by `sweep_mail`: a waiting job for tomorrow would stand in today's way.
    if not is_blocked and due <= now:
        enqueue(DELIVER, {}, key=DELIVER)
    return added


def cancel_messages(subject_kind: str, subject_id: int, *, templates: Collection[str]) -> int:
    """Take back a subject's messages of some templates that are still queued; return how many."""
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
