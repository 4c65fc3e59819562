"""What Postmark reports: one event to a request."""

from collections.abc import Sequence
from typing import Any

from integrations.mail.classify.dsn import status_of_failure
from integrations.mail.providers.marks import NAME
from integrations.mail.providers.reading import text_of, time_of
from integrations.mail.providers.report import Heard, ProviderEvent

_BOUNCES = {
    "HardBounce": Heard.BOUNCED,
    "SoftBounce": Heard.BOUNCED,
    "Blocked": Heard.BOUNCED,
    "SpamNotification": Heard.BOUNCED,
    "VirusNotification": Heard.BOUNCED,
    "DnsError": Heard.BOUNCED,
    "BadEmailAddress": Heard.BOUNCED,
    "DMARCPolicy": Heard.BOUNCED,
    "Unknown": Heard.BOUNCED,
    "Transient": Heard.DEFERRED,
    "ManuallyDeactivated": Heard.DROPPED,
    "TemplateRenderingFailed": Heard.DROPPED,
    "SMTPApiError": Heard.DROPPED,
    "SpamComplaint": Heard.COMPLAINED,
    "Unsubscribe": Heard.OPTED_OUT,
}


def events_of(document: Any) -> Sequence[ProviderEvent]:
    """Return what a request says; nothing for what is no news of a mail, such as its being opened."""
    said = text_of(document, "RecordType")
    if said == "Delivery":
        return [_event(document, Heard.DELIVERED, "DeliveredAt", recipient="Recipient")]
    if said == "SpamComplaint":
        return [_event(document, Heard.COMPLAINED, "BouncedAt")]
    if said == "SubscriptionChange":
        is_leaving = document.get("SuppressSending") is True
        is_reader = text_of(document, "Origin") == "Recipient"
        if is_leaving and is_reader and text_of(document, "SuppressionReason") == "ManualSuppression":
            return [_event(document, Heard.OPTED_OUT, "ChangedAt", recipient="Recipient")]
        return []
    kind = _BOUNCES.get(text_of(document, "Type")) if said == "Bounce" else None
    return [_event(document, kind, "BouncedAt")] if kind else []


def _event(document: Any, kind: Heard, moment: str, *, recipient: str = "Email") -> ProviderEvent:
    # Only bounces and complaints have numbers of their own.
    number = text_of(document, "ID")
    parts = (text_of(document, "MessageID"), text_of(document, recipient), text_of(document, moment))
    words = text_of(document, "Details") or text_of(document, "Description")
    is_failure = kind in (Heard.BOUNCED, Heard.DEFERRED)
    return ProviderEvent(
        kind=kind,
        name=":".join((kind, number) if number else (kind, *parts)),
        occurred_at=time_of(document, moment),
        mark=text_of(document, "Metadata", NAME),
        recipient=text_of(document, recipient),
        status=status_of_failure("", words) if is_failure else "",
        detail=words,
    )
