"""What Amazon SES reports: an event about some recipients of one mail, in a message of Amazon SNS."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.mail.classify.dsn import status_of_failure
from integrations.mail.providers.marks import NAME, mark_in_tag
from integrations.mail.providers.reading import address_of, objects_of, part_of, text_of, time_of
from integrations.mail.providers.report import Heard, ProviderEvent

# What Amazon kept back by itself says nothing about what the receiving server thinks.
_WITHHELD = frozenset({"Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"})
_LEAVES_ALL = ("subscription", "newTopicPreferences", "unsubscribeAll")


@dataclass(frozen=True)
class _Said:
    kind: Heard
    recipient: str
    at: datetime | None
    status: str = ""
    words: str = ""


def events_of(document: Any, *, name: str) -> Sequence[ProviderEvent]:
    """Return what a message says; `name` is the message's own, and the same when it comes again."""
    mark = mark_in_tag(_first_of(part_of(document, "mail", "tags", NAME)))
    headers = objects_of(document, "mail", "headers")
    ids = [text_of(each, "value") for each in headers if text_of(each, "name").lower() == "message-id"]
    return [
        ProviderEvent(
            kind=said.kind,
            name=f"{name}:{number}",
            occurred_at=said.at,
            mark=mark,
            message_id=ids[0] if ids else "",
            recipient=address_of(said.recipient),
            status=said.status,
            detail=said.words,
        )
        for number, said in enumerate(_said(document))
    ]


def _first_of(found: Any) -> str:
    return text_of({"first": found[0]}, "first") if isinstance(found, list) and found else ""


def _said(document: Any) -> Iterator[_Said]:
    kind = text_of(document, "eventType") or text_of(document, "notificationType")
    if kind == "Bounce":
        yield from _bounced(part_of(document, "bounce"))
    elif kind == "Complaint":
        yield from _complained(part_of(document, "complaint"))
    elif kind == "DeliveryDelay":
        delay = part_of(document, "deliveryDelay")
        for each in objects_of(delay, "delayedRecipients"):
            yield _failed(Heard.DEFERRED, each, time_of(delay, "timestamp"))
    else:
        yield from _others(kind, document)


def _bounced(bounce: Any) -> Iterator[_Said]:
    is_withheld = text_of(bounce, "bounceSubType") in _WITHHELD
    types = (text_of(bounce, "bounceType"), text_of(bounce, "bounceSubType"))
    for each in objects_of(bounce, "bouncedRecipients"):
        kind = Heard.DROPPED if is_withheld else Heard.BOUNCED
        if types == ("Transient", "General") and not text_of(each, "diagnosticCode"):
            # An automatic reply is reported like this: no server refused anything.
            kind = Heard.DEFERRED
        yield _failed(kind, each, time_of(bounce, "timestamp"))


def _failed(kind: Heard, recipient: Mapping[str, Any], at: datetime | None) -> _Said:
    words = text_of(recipient, "diagnosticCode")
    status = "" if kind is Heard.DROPPED else status_of_failure(text_of(recipient, "status"), words)
    return _Said(kind, text_of(recipient, "emailAddress"), at, status, words)


def _complained(complaint: Any) -> Iterator[_Said]:
    if text_of(complaint, "complaintFeedbackType") == "not-spam":
        return
    is_withheld = text_of(complaint, "complaintSubType") in _WITHHELD
    for each in objects_of(complaint, "complainedRecipients"):
        kind = Heard.DROPPED if is_withheld else Heard.COMPLAINED
        yield _Said(kind, text_of(each, "emailAddress"), time_of(complaint, "timestamp"))


def _others(kind: str, document: Any) -> Iterator[_Said]:
    """Yield what is about all recipients alike; our mails have one."""
    recipient = _first_of(part_of(document, "mail", "destination"))
    sent_at = time_of(document, "mail", "timestamp")
    if kind == "Delivery":
        at = time_of(document, "delivery", "timestamp")
        yield _Said(Heard.DELIVERED, recipient, at, words=text_of(document, "delivery", "smtpResponse"))
    elif kind == "Send":
        yield _Said(Heard.ACCEPTED, recipient, sent_at)
    elif kind == "Reject":
        yield _Said(Heard.DROPPED, recipient, sent_at, words=text_of(document, "reject", "reason"))
    elif kind == "Subscription" and part_of(document, *_LEAVES_ALL) is True:
        yield _Said(Heard.OPTED_OUT, recipient, time_of(document, "subscription", "timestamp"))
