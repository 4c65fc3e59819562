"""What SendGrid reports: many events to a request."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.mail.classify.dsn import DEAD_ADDRESS, status_of_failure
from integrations.mail.providers.marks import NAME
from integrations.mail.providers.reading import objects_of, text_of, time_of
from integrations.mail.providers.report import Heard, ProviderEvent

_KINDS = {
    "processed": Heard.ACCEPTED,
    "delivered": Heard.DELIVERED,
    "deferred": Heard.DEFERRED,
    "bounce": Heard.BOUNCED,
    "dropped": Heard.DROPPED,
    "spamreport": Heard.COMPLAINED,
    "unsubscribe": Heard.OPTED_OUT,
    "group_unsubscribe": Heard.OPTED_OUT,
}


def events_of(document: Any) -> Sequence[ProviderEvent]:
    """Return what a request says, leaving out what is no news of a mail, such as its being opened."""
    listed = objects_of({"events": document}, "events")
    return [_event(each, kind) for each in listed if (kind := _KINDS.get(text_of(each, "event")))]


def _event(document: Mapping[str, Any], kind: Heard) -> ProviderEvent:
    words = text_of(document, "reason") or text_of(document, "response")
    status = status_of_failure(text_of(document, "status"), words)
    if text_of(document, "type") == "blocked" and status in DEAD_ADDRESS:
        status = ""  # A block is about us, whatever code comes with it.
    parts = (text_of(document, key) for key in ("sg_message_id", "email", "timestamp"))
    return ProviderEvent(
        kind=kind,
        name=text_of(document, "sg_event_id") or ":".join((kind, *parts)),
        occurred_at=time_of(document, "timestamp"),
        mark=text_of(document, NAME),
        message_id=text_of(document, "smtp-id"),
        recipient=text_of(document, "email"),
        status=status if kind in (Heard.BOUNCED, Heard.DEFERRED) else "",
        detail=words,
    )
