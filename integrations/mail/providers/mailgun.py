"""What Mailgun reports: one event to a request."""

from collections.abc import Sequence
from typing import Any

from integrations.mail.classify.dsn import status_of_failure
from integrations.mail.providers.marks import NAME
from integrations.mail.providers.reading import part_of, text_of, time_of
from integrations.mail.providers.report import Heard, ProviderEvent

_KINDS = {
    "accepted": Heard.ACCEPTED,
    "delivered": Heard.DELIVERED,
    "rejected": Heard.DROPPED,
    "complained": Heard.COMPLAINED,
    "unsubscribed": Heard.OPTED_OUT,
}


def events_of(document: Any) -> Sequence[ProviderEvent]:
    """Return what a request says; nothing for what is no news of a mail, such as its being opened."""
    said = part_of(document, "event-data")
    kind = _kind(said)
    if kind is None:
        return []
    words = text_of(said, "delivery-status", "message") or text_of(said, "delivery-status", "description")
    status = status_of_failure(text_of(said, "delivery-status", "enhanced-code"), words)
    return [
        ProviderEvent(
            kind=kind,
            # Of a request only this is signed, so nothing else may make it another one.
            name=text_of(document, "signature", "token"),
            occurred_at=time_of(said, "timestamp"),
            mark=text_of(said, "user-variables", NAME),
            message_id=text_of(said, "message", "headers", "message-id"),
            recipient=text_of(said, "recipient"),
            status=status if kind in (Heard.BOUNCED, Heard.DEFERRED) else "",
            detail=words or text_of(said, "reason"),
        )
    ]


def _kind(said: Any) -> Heard | None:
    event = text_of(said, "event")
    if event != "failed":
        return _KINDS.get(event)
    if text_of(said, "severity") == "temporary":
        return Heard.DEFERRED
    is_withheld = text_of(said, "reason").startswith("suppress-")
    return Heard.DROPPED if is_withheld else Heard.BOUNCED
