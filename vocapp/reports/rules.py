"""What kinds of reports there are, how far one is, and what names it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any


class ReportKind(StrEnum):
    """What a report is about."""

    ACCOUNT = "account"
    PORTFOLIO = "portfolio"
    BOOK = "book"
    WAVE = "wave"


class Audience(StrEnum):
    """For whose eyes: our own people, or the customer's as well."""

    INTERNAL = "internal"
    CUSTOMER = "customer"


class PaperSize(StrEnum):
    """The sheet a report is laid out for."""

    A4 = "a4"
    LETTER = "letter"


# Only what is about one customer can be shown to one.
FOR_CUSTOMERS = frozenset({ReportKind.ACCOUNT})


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for: everything but the moment that makes a snapshot.

    `account_id`, `wave_id` and `user_id` (whose book) name the subject of their kind; `reader_id` is whose
    sight limits a portfolio: None sees every account.
    """

    kind: ReportKind
    account_id: int | None = None
    wave_id: int | None = None
    user_id: int | None = None
    reader_id: int | None = None
    audience: Audience = Audience.INTERNAL
    language: str = "en"
    paper: PaperSize = PaperSize.A4
    has_appendix: bool = False


class ReportState(StrEnum):
    """How far a report is."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


# Drawing takes seconds; after this long somebody should look whether the worker runs.
SLOW = timedelta(minutes=2)


def takes_long(created_at: datetime, *, now: datetime) -> bool:
    """Whether a report has waited longer than drawing takes."""
    return now - created_at > SLOW


def file_name(title: str, on: date, ending: str = "pdf") -> str:
    """Return a name for the file that every file system takes, in the account's own letters."""
    kept = "".join(letter if letter.isalnum() else " " for letter in title)
    return f"{'-'.join(kept.split())[:60] or 'report'}-{on.isoformat()}.{ending}"


def snapshot_id(snapshot: Mapping[str, Any]) -> str:
    """Return a short name for a snapshot: the same inputs have the same one, on any machine."""
    text = json.dumps(snapshot, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
