"""Messages and suppressed addresses, read only."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select

from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import hash_address
from vocapp.outbox.models import Message, Suppression
from vocapp.outbox.rules import ADDRESS_DEAD, MessageState

HASHES_PER_QUERY = 500
TROUBLED = (MessageState.FAILED, MessageState.UNKNOWN)


def address_hash(address: str) -> str:
    """Return the hash a suppressed address is kept under."""
    return hash_address(gateways().settings.secret_key, address.strip())


def is_suppressed(address: str) -> bool:
    """Whether nobody here may write to an address."""
    return bool(suppressed_hashes([address]))


def is_dead_address(address: str) -> bool:
    """Whether nobody here may write to an address only because a mail server called it dead."""
    reason = select(Suppression.reason).where(Suppression.address_hash == address_hash(address))
    return db.session.scalar(reason) == ADDRESS_DEAD


def suppression_reasons(addresses: Iterable[str]) -> dict[str, str]:
    """Return address → why nobody here may write to it, of those that are suppressed."""
    hashes = {address_hash(address): address for address in addresses}
    names = list(hashes)
    found: dict[str, str] = {}
    for start in range(0, len(names), HASHES_PER_QUERY):
        some = names[start : start + HASHES_PER_QUERY]
        known = select(Suppression.address_hash, Suppression.reason).where(Suppression.address_hash.in_(some))
        found |= {hashes[name]: reason for name, reason in db.session.execute(known)}
    return found


def suppressed_hashes(addresses: Iterable[str]) -> frozenset[str]:
    """Return those of the addresses' hashes that are suppressed; compare with `address_hash`."""
    hashes = [address_hash(address) for address in addresses]
    found: set[str] = set()
    for start in range(0, len(hashes), HASHES_PER_QUERY):
        some = hashes[start : start + HASHES_PER_QUERY]
        known = select(Suppression.address_hash).where(Suppression.address_hash.in_(some))
        found.update(db.session.scalars(known))
    return frozenset(found)


def message_by_key(key: str) -> Message | None:
    """Return the message of a purpose and recipient."""
    return db.session.scalar(select(Message).where(Message.key == key))


def message_by_message_id(message_id: str) -> Message | None:
    """Return the message that went out under a Message-ID, with or without its angle brackets."""
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    return db.session.scalar(select(Message).where(Message.message_id == f"<{bare}>"))


def has_due_messages(now: datetime) -> bool:
    """Whether a message waits whose time has come, claimed or not."""
    due = select(Message.id).where(
        Message.state == MessageState.QUEUED, Message.next_attempt_at <= now, Message.is_held.is_(False)
    )
    return db.session.scalar(due.limit(1)) is not None


def unclosed_messages(now: datetime, *, limit: int) -> Sequence[Message]:
    """Return sent messages whose worker died before it wrote down what follows from their sending."""
    unclosed = select(Message).where(Message.claimed_until <= now, Message.state == MessageState.SENT)
    return db.session.scalars(unclosed.order_by(Message.id).limit(limit)).all()


def counts_by_state() -> dict[MessageState, int]:
    """Return how many messages stand in each state; states without any count 0."""
    rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state))
    counted = {MessageState(state): count for state, count in rows}
    return {state: counted.get(state, 0) for state in MessageState}


def troubled_messages(*, cause: str = "") -> Select[Message]:
    """Return messages that failed or are in doubt, of one cause or all, the last tried first."""
    troubled = select(Message).where(Message.state.in_(TROUBLED))
    if cause:
        troubled = troubled.where(Message.cause == cause)
    return troubled.order_by(func.coalesce(Message.tried_at, Message.created_at).desc(), Message.id)
