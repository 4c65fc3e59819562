"""What mail providers report over HTTP: proved, read and put by, before anything follows from it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from sqlalchemy import select

from integrations.errors import Rejected
from integrations.mail.headers import wire_address
from integrations.mail.providers.catalog import Request, read_report
from integrations.mail.providers.report import Heard, ProviderEvent, Report
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.core.logs import discreet
from vocapp.core.typed_text import storable
from vocapp.inbound.ways import note_confirmation, note_worked
from vocapp.outbox.events import LONGEST_DETAIL
from vocapp.outbox.models import MailEvent, Message
from vocapp.outbox.queries import address_hash, message_by_message_id
from vocapp.outbox.return_path import message_of_report_mark
from vocapp.outbox.rules import MailEventKind

MAIL_HEARD = "mail_heard"
# How many events one job takes up.
AT_ONCE = 100
LONGEST_NAME = 200

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class HeardEvent:
    """One event as it waits for its job. It names nobody: the recipient is a keyed hash, "" for unknown."""

    provider: str
    kind: MailEventKind
    event_key: str
    occurred_at: datetime
    mark: str
    message_id: str
    recipient_hash: str
    status: str
    detail: str
    is_opt_out: bool

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Return an event from a job's payload."""
        values = {
            **payload,
            "kind": MailEventKind(payload["kind"]),
            "occurred_at": datetime.fromisoformat(payload["occurred_at"]),
        }
        return cls(**values)

    def write(self) -> dict[str, Any]:
        """Return the event for a job's payload."""
        return {**asdict(self), "occurred_at": self.occurred_at.isoformat()}


def read_hook(request: Request, *, now: datetime) -> Report:
    """Return what our mail provider's request says.

    Raises `NotGenuineError`, `UnreadableError`, and `Retryable` when it cannot be proved just now.
    """
    settings, certificates = gateways().settings.delivery, gateways().certificates
    assert settings.mail_events is not None, "there is a provider"
    return read_report(
        settings.mail_events, request, key=settings.mail_events_key, certificates=certificates, now=now
    )


def take_report(provider: str, report: Report, *, now: datetime) -> int:
    """Put by what a report says that was not heard before; return how many events that is.

    The same event sent twice before its job has run waits once, as it came first.
    """
    if report.confirm_url:
        note_confirmation(provider, report.confirm_url)
        return 0
    note_worked(provider, now=now)
    events = {event.event_key: event for event in (_heard(provider, each, now) for each in report.events)}
    for known in _known_keys(list(events)):
        del events[known]
    for some in _by_hundreds(list(events.values())):
        names = "\n".join(event.event_key for event in some)
        key = f"{MAIL_HEARD}:{hashlib.sha256(names.encode()).hexdigest()}"
        enqueue(MAIL_HEARD, {"events": [event.write() for event in some]}, key=key)
    return len(events)


def message_of_event(event: HeardEvent) -> Message | None:
    """Return the message of ours an event is about, None for any other.

    An event about somebody else than the message was written to is about none of ours.
    """
    message = message_of_report_mark(event.mark) if event.mark else None
    if message is None and event.message_id:
        message = message_by_message_id(event.message_id)
    if message is None or event.recipient_hash not in ("", *_hashes_of(message.to_address)):
        return None
    return message


def _heard(provider: str, event: ProviderEvent, now: datetime) -> HeardEvent:
    name = hashlib.sha256(event.name.encode("utf-8", "replace")).hexdigest()
    is_opt_out = event.kind is Heard.OPTED_OUT
    return HeardEvent(
        provider=provider,
        # Whoever wants no more mail has had one.
        kind=MailEventKind.ACCEPTED if is_opt_out else MailEventKind(event.kind.value),
        event_key=f"{provider}:{name}",
        occurred_at=min(event.occurred_at or now, now),
        mark=storable(event.mark)[:LONGEST_NAME],
        message_id=storable(event.message_id)[:LONGEST_NAME],
        recipient_hash=address_hash(storable(event.recipient)) if event.recipient else "",
        status=event.status,
        detail=discreet(storable(event.detail))[:LONGEST_DETAIL],
        is_opt_out=is_opt_out,
    )


def _known_keys(keys: Sequence[str]) -> Sequence[str]:
    known: list[str] = []
    for some in _by_hundreds(keys):
        known.extend(db.session.scalars(select(MailEvent.event_key).where(MailEvent.event_key.in_(some))))
    return known


def _by_hundreds(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _hashes_of(address: str) -> tuple[str, ...]:
    """Return what an address is compared by: as we write it, and as it goes over the wire."""
    try:
        return address_hash(address), address_hash(wire_address(address.strip()))
    except Rejected:
        return (address_hash(address),)
