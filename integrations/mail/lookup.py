"""Asking the other side what became of mails, by their Message-IDs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    """What became of a mail that was handed over, or not."""

    # The server has it, or had it, and answers for it.
    ACCEPTED = "accepted"
    # It gave the mail up or sent it back.
    BOUNCED = "bounced"
    # It certainly never had it: sending again cannot be a second time.
    NEVER = "never"


@dataclass(frozen=True)
class Found:
    """What a source knows of one mail: since when, and the status and words it gave, if any."""

    fate: Fate
    at: datetime | None = None
    status: str = ""
    detail: str = ""


class MailLookup(Protocol):
    """A source that knows which mails a server took."""

    def find(self, message_ids: Collection[str], *, since: datetime, until: datetime) -> Mapping[str, Found]:
        """Return what is known, by the Message-IDs as given; those that cannot be decided are left out.

        `since` is before the first of them was tried, `until` after the last. `Fate.NEVER` is only said
        when the source is known to be complete from before `since` until after `until`. Raises Retryable
        when the source cannot be asked now.
        """
        ...
