"""What an administrator may do with mail on its way out; every act is noted."""

from datetime import date, datetime

from sqlalchemy import select, update

from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.outbox.lanes import set_pacing
from vocapp.outbox.models import Message
from vocapp.outbox.pacing import EVERYTHING
from vocapp.outbox.queries import TROUBLED, is_suppressed
from vocapp.outbox.reconcile import requeue
from vocapp.outbox.rules import MessageState, heeds_suppression
from vocapp.outbox.service import changed_rows
from vocapp.outbox.standing import pause_everything, resume_lane

SUBJECT = "message"
LANE = "mail_lane"
BY_HAND = "An administrator stopped all mail."
GIVEN_UP = "An administrator gave it up."


def retry_message(message_id: int, *, is_twice_accepted: bool, by_id: int, now: datetime) -> None:
    """Let a message that failed or is in doubt go out once more, with a schedule of its own.

    Raises `DomainError` when that cannot be: its time is over, its address must not be written to, somebody
    else settled it, or it is in doubt and nobody said that it may come twice (`is_twice_accepted`).
    """
    message = _held(message_id)
    if message is None or message.state not in TROUBLED:
        raise DomainError("This mail has been settled meanwhile.")
    if message.state == MessageState.UNKNOWN and not is_twice_accepted:
        raise DomainError("Confirm that the person may get this mail twice.")
    if heeds_suppression(message.subject_kind) and is_suppressed(message.to_address):
        raise DomainError("This address must not be written to.")
    if message.send_by is not None and now > message.send_by:
        raise DomainError("Its time is over; it would say something that is no longer true.")
    before = message.state
    _note("mail_retried", by_id=by_id, message_id=message_id, state=before)
    changed_rows(update(Message).where(Message.id == message_id).values(attempts=0, first_tried_at=None))
    requeue(message, Message.id == message_id, "An administrator let it go out again.", now=now)


def drop_message(message_id: int, *, by_id: int) -> None:
    """Give up a message that failed, is in doubt or waits; raises `DomainError` when it was settled."""
    message = _held(message_id)
    if message is None or message.state not in (*TROUBLED, MessageState.QUEUED):
        raise DomainError("This mail has been settled meanwhile.")
    _note("mail_dropped", by_id=by_id, message_id=message_id, state=message.state)
    dropped = {"state": MessageState.CANCELLED, "reason": GIVEN_UP, "claimed_by": None, "claimed_until": None}
    changed_rows(update(Message).where(Message.id == message_id).values(dropped))


def stop_all_mail(*, by_id: int, now: datetime) -> None:
    """Stop all mail until somebody lets it go; mails people here ask for themselves go on."""
    if pause_everything(BY_HAND, now=now):
        record_act("mail_stopped", actor_id=by_id, subject_kind=LANE)


def let_mail_go(name: str, *, by_id: int, now: datetime) -> bool:
    """Let a lane, or everything, go on; False when nothing held it."""
    if not resume_lane(name, now=now):
        return False
    details = {} if name == EVERYTHING else {"lane": name}
    record_act("mail_resumed", actor_id=by_id, subject_kind=LANE, details=details)
    return True


def change_pacing(*, per_minute: int, warm_up_from: date | None, by_id: int) -> None:
    """Decide how fast mail goes."""
    set_pacing(per_minute=per_minute, warm_up_from=warm_up_from)
    details = {"per_minute": per_minute, "warm_up_from": warm_up_from.isoformat() if warm_up_from else None}
    record_act("mail_pacing_changed", actor_id=by_id, subject_kind=LANE, details=details)


def _held(message_id: int) -> Message | None:
    wanted = select(Message).where(Message.id == message_id).with_for_update()
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def _note(action: str, *, by_id: int, message_id: int, state: str) -> None:
    record_act(
        action, actor_id=by_id, subject_kind=SUBJECT, subject_id=message_id, details={"state": str(state)}
    )
