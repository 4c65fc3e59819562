"""What every adapter of a customer relationship system provides, and how it fails.

An adapter that fulfils `Crm` is all a new system needs: reading changes in the order of their stamps, reading
and writing records by id or external id, and saying who and how much. `ACCESS_TROUBLE` tells the ways a
system can be out of reach apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from integrations.crm.records import (
    Batch,
    BulkResults,
    BulkStatus,
    CheckLine,
    Identity,
    ObjectInfo,
    Place,
    Record,
    Usage,
    Written,
)
from integrations.errors import Rejected, Retryable


class Access(StrEnum):
    """Why we are not let in."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    WRONG_CREDENTIALS = "wrong_credentials"
    WRONG_ORGANISATION = "wrong_organisation"
    WRONG_SCOPE = "wrong_scope"
    WRONG_ADDRESS = "wrong_address"
    CLOCK = "clock"


class NoAccess(Rejected):
    """The other side does not let us in; `hint` is one sentence that says what to do."""

    def __init__(self, reason: str, *, access: Access, hint: str, code: str | None = None) -> None:
        super().__init__(reason, code=code)
        self.access = access
        self.hint = hint


class QuotaSpent(Retryable):
    """The calls of the day are used up; waiting until `retry_after` is the only way."""


class TooBusy(Retryable):
    """Too much at once, a lock, an outage or a broken line: trying again after a pause may work."""


class SchemaChanged(Rejected):
    """A field or object is not there any more, or hidden from us; `object` and `field` say which."""

    def __init__(self, reason: str, *, object: str, field: str = "", code: str | None = None) -> None:
        super().__init__(reason, code=code)
        self.object = object
        self.field = field


class Crm(Protocol):
    """A customer relationship system. Times are aware UTC; every call may raise the errors above."""

    name: str
    has_bulk: bool

    @property
    def calls(self) -> int:
        """Calls made by this object so far."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...

    def identity(self) -> Identity:
        """Return who we are over there."""
        ...

    def check(self, objects: Mapping[str, Sequence[str]]) -> Iterator[CheckLine]:
        """Try the connection step by step; `objects` maps object → fields that are needed. Never raises."""
        ...

    def now(self) -> datetime:
        """Return the other side's clock."""
        ...

    def usage(self) -> Usage:
        """Return the calls of the day as last heard; asks once when nothing was heard yet."""
        ...

    def refresh_usage(self) -> Usage:
        """Ask for the calls of the day."""
        ...

    def objects(self) -> Mapping[str, str]:
        """Return name → label of the objects we may see."""
        ...

    def describe(self, name: str) -> ObjectInfo:
        """Return the fields of an object. Raises `SchemaChanged` when it is not there."""
        ...

    def changes(
        self,
        name: str,
        fields: Sequence[str],
        *,
        since: datetime | None,
        until: datetime,
        after: Place | None = None,
        where: str = "",
    ) -> Iterator[Sequence[Record]]:
        """Yield pages of records changed in [since, until), deleted ones included, by (stamp, id).

        `after` goes on behind a place reached before. `where` is a filter in the other side's own language,
        which deleted records pass by. `fields` may be paths to parents.
        """
        ...

    def fetch(self, name: str, ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Record | None]:
        """Return id → record as it is now; None for one that is deleted or hidden from us."""
        ...

    def find(self, name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Return the records whose text field holds one of some values."""
        ...

    def ids(self, name: str, *, where: str = "") -> Iterator[Sequence[str]]:
        """Yield the ids of everything we can see, page by page: for reconciliation."""
        ...

    def deleted_since(self, name: str, since: datetime, until: datetime) -> Mapping[str, datetime]:
        """Return id → when of what was deleted, for good or not, as far back as the other side knows."""
        ...

    def write(self, batch: Batch) -> Sequence[Written]:
        """Write at most `write_size` records and return what became of each, in their order.

        Raises `TooBusy` when nobody can know whether it happened; only upserts and updates may be sent again.
        """
        ...

    @property
    def write_size(self) -> int:
        """How many records one call writes at most."""
        ...

    @property
    def read_size(self) -> int:
        """How many records one call reads at most."""
        ...

    def open_bulk(self, batch: Batch) -> str:
        """Make an empty bulk job for a batch's object and operation, and return its id."""
        ...

    def fill_bulk(self, job_id: str, batch: Batch) -> None:
        """Hand over the rows of a job and say that they are all."""
        ...

    def bulk_status(self, job_id: str) -> BulkStatus:
        """Return where a job stands; `GONE` when it is not known (any more)."""
        ...

    def bulk_results(self, job_id: str, batch: Batch) -> BulkResults:
        """Return what became of a job's rows, joined by external id, or by id for updates."""
        ...

    def abort_bulk(self, job_id: str) -> None:
        """Give a job up; nothing when it is over already."""
        ...

    def record_url(self, name: str, record_id: str) -> str:
        """Return the address of a record for people's browsers."""
        ...


def pause_after(attempt: int, *, asked: timedelta | None, spread: float) -> timedelta:
    """Return the pause before a new try: what was asked for, else 1 s doubling to 60 s, spread by 0-1.

    `spread` is a random share, so that many who failed at once do not come back at once.
    """
    if asked is not None:
        return asked
    most = min(60.0, 2.0 ** max(attempt - 1, 0))
    return timedelta(seconds=most * (0.5 + spread / 2))


def chunks(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """Cut a sequence into pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
