"""What Brevo reports: one event to a request."""

from collections.abc import Sequence
from typing import Any

from integrations.mail.classify.dsn import status_of_failure
from integrations.mail.providers.marks import NAME
from integrations.mail.providers.reading import text_of, time_of
from integrations.mail.providers.report import Heard, ProviderEvent

_KINDS = {
    "request": Heard.ACCEPTED,
    "delivered": Heard.DELIVERED,
    "deferred": Heard.DEFERRED,
    # Brevo goes on trying after one.
    "soft_bounce": Heard.DEFERRED,
    "hard_bounce": Heard.BOUNCED,
    "invalid_email": Heard.BOUNCED,
    "blocked": Heard.DROPPED,
    "error": Heard.DROPPED,
    "spam": Heard.COMPLAINED,
    "complaint": Heard.COMPLAINED,
    "unsubscribed": Heard.OPTED_OUT,
}


def events_of(document: Any) -> Sequence[ProviderEvent]:
    """Return what a request says; nothing for what is no news of a mail, such as its being opened."""
    kind = _KINDS.get(text_of(document, "event"))
    if kind is None:
        return []
    words = text_of(document, "reason")
    # The number that comes with it is the webhook's, not the event's.
    parts = (text_of(document, key) for key in ("message-id", "email", "ts_event"))
    return [
        ProviderEvent(
            kind=kind,
            name=":".join((kind, *parts)),
            occurred_at=time_of(document, "ts_event"),
            mark=text_of(document, "X-Mailin-custom").removeprefix(f"{NAME}:"),
            message_id=text_of(document, "message-id"),
            recipient=text_of(document, "email"),
            status=status_of_failure("", words) if kind in (Heard.BOUNCED, Heard.DEFERRED) else "",
            detail=words,
        )
    ]
