"""Asking a few first: who they are, and whether the others may follow by themselves; pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

# More than this is no pilot.
MOST_PERCENT = 50
MOST_PEOPLE = 1000
MOST_DAYS = 30
# Above this share of mails that came back something is wrong with the list, and a person should look.
MOST_BOUNCED = 0.05


@dataclass(frozen=True, kw_only=True)
class PilotOrder:
    """How many somebody wants asked first: a share or a number, 0 of both for no pilot.

    The others follow by themselves after `days`, or None: when somebody says so.
    """

    percent: int = 0
    people: int = 0
    days: int | None = None


def pilot_size(asked: int, *, percent: int, people: int) -> int:
    """Return how many of so many people are asked first: a number of them, else a share, at least one.

    With neither there is no pilot, and all are asked at once.
    """
    if people:
        return min(people, asked)
    return ceil(asked * percent / 100) if percent else asked


def asked_first(contact_ids: Iterable[int], *, percent: int, wave_id: int, people: int = 0) -> frozenset[int]:
    """Return the contacts whom a wave asks first, `pilot_size` of them, by lot.

    The lot is drawn from the numbers alone, so that whoever was asked first is found again however often a
    launch is begun anew.
    """
    everybody = list(contact_ids)

    def lot(contact_id: int) -> bytes:
        return hashlib.sha256(f"{wave_id}:{contact_id}".encode()).digest()

    size = pilot_size(len(everybody), percent=percent, people=people)
    return frozenset(everybody if size == len(everybody) else sorted(everybody, key=lot)[:size])


@dataclass(frozen=True, kw_only=True)
class PilotResult:
    """What came of the mails of a pilot, as far as it is known."""

    asked: int
    sent: int
    answered: int
    bounced: int
    complained: int
    opted_out: int

    @property
    def bounce_share(self) -> float | None:
        """The share of mails that came back, None before any left."""
        reached = self.sent + self.bounced
        return self.bounced / reached if reached else None


def may_release(result: PilotResult, *, launched_at: datetime, after_days: int | None, now: datetime) -> bool:
    """Whether the others may be asked without anybody looking: the time is over and nothing went wrong.

    Wrong is any complaint, more mails that came back than `MOST_BOUNCED`, or that no mail left at all.
    """
    if after_days is None or now < launched_at + timedelta(days=after_days):
        return False
    share = result.bounce_share
    return result.sent > 0 and share is not None and share <= MOST_BOUNCED and result.complained == 0
