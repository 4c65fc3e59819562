"""What a mail provider's report says, in one shape, and the ways one can be worth nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Heard(StrEnum):
    """What became of a mail, as a provider says; `opted_out` is about its reader."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    DROPPED = "dropped"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, kw_only=True)
class ProviderEvent:
    """One event about one mail to one recipient; texts as they came, "" for what was not said.

    `name` names it at its source and is the same when it is reported again; `mark` is what we gave the mail
    along (`marks.py`), `message_id` the mail's Message-ID. `status` is an enhanced status code that the
    receiving server gave.
    """

    kind: Heard
    name: str
    occurred_at: datetime | None = None
    mark: str = ""
    message_id: str = ""
    recipient: str = ""
    status: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """What one request said; `confirm_url` is set by a topic that asks whether it may report at all."""

    events: Sequence[ProviderEvent] = ()
    confirm_url: str = ""


class NotGenuineError(Exception):
    """The report does not prove whose it is; the message says in one sentence what is wrong."""


class UnreadableError(Exception):
    """The report is its provider's and cannot be read; the message says in one sentence what is wrong."""
