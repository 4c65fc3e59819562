"""Salesforce as a customer relationship system: everything the protocol asks for, in one object."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

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
from integrations.crm.salesforce import bulk, checking, describing, identity, reading, soql, writing
from integrations.crm.salesforce.access import SalesforceAccess
from integrations.crm.salesforce.ids import long_id
from integrations.crm.salesforce.line import Files, Line
from integrations.crm.salesforce.session import Timeouts

# From here on a query job takes fewer calls than pages of 2,000.
_MANY = 50_000


class SalesforceCrm:
    """One connection to one organisation; see `Crm`. For one thread at a time; a context manager."""

    name = "Salesforce"
    has_bulk = True
    write_size = writing.WRITE_SIZE
    read_size = reading.READ_SIZE

    def __init__(
        self,
        access: SalesforceAccess,
        *,
        timeouts: Timeouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is sent before the first call. `sleep` waits between tries, in seconds."""
        self.access = access
        self.line = Line(access, timeouts=timeouts, sleep=sleep)
        self._described: dict[str, ObjectInfo] = {}
        self._identity: Identity | None = None

    def __repr__(self) -> str:
        return f"SalesforceCrm({self.access.domain})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up. A later call opens a new connection."""
        self.line.close()

    @property
    def calls(self) -> int:
        """Return how many counted calls were sent, tries without an answer included."""
        return self.line.ear.calls

    def identity(self) -> Identity:
        """Return who we are over there; asks once."""
        if self._identity is None:
            self._identity = identity.read_identity(self.line)
        return self._identity

    def check(self, objects: Mapping[str, Sequence[str]]) -> Iterator[CheckLine]:
        """Try the connection step by step; nothing is written. See `Crm`."""
        return checking.check(self.line, objects)

    def now(self) -> datetime:
        """Return Salesforce's clock, to the second; asks without spending a call of the day."""
        return identity.read_clock(self.line)

    def versions(self) -> list[str]:
        """Return the API versions on offer, such as "64.0"; spends no call of the day."""
        return identity.read_versions(self.line)

    def usage(self) -> Usage:
        """Return the calls of the day as the latest answer put them."""
        return self.line.ear.usage or self.refresh_usage()

    def refresh_usage(self) -> Usage:
        """Ask for the calls of the day."""
        return identity.read_usage(self.line)

    def objects(self) -> Mapping[str, str]:
        """Return name → label of the objects we may see."""
        return describing.list_objects(self.line)

    def describe(self, name: str) -> ObjectInfo:
        """Return the fields of an object as they are now. Raises SchemaChanged when it is not there."""
        self._described[name] = describing.describe_object(self.line, name)
        return self._described[name]

    def ask(
        self,
        method: str,
        path: str,
        /,
        *,
        files: Files | None = None,
        json: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON of any call under the API's version; only a GET is sent again after an outage."""
        return self.line.send(
            method, path, files=files, json=json, params=params, is_repeatable=method == "GET"
        )

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
        """Yield pages of changed records by (stamp, id); see `Crm`. Raises SchemaChanged before the first."""
        shape = self._shape(name, fields)
        return reading.changes(self.line, shape, since=since, until=until, after=after, where=where)

    def fetch(self, name: str, ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Record | None]:
        """Return id, as given and of either length → record; None for one that is deleted or hidden."""
        return reading.fetch(self.line, self._shape(name, fields), ids)

    def find(self, name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Return the records whose text field holds one of some values, in capitals or not."""
        return reading.find(self.line, self._shape(name, fields), field, values)

    def ids(self, name: str, *, where: str = "") -> Iterator[Sequence[str]]:
        """Yield the ids of everything we can see; many of them come by a query job."""
        if reading.count(self.line, name, where) >= _MANY:
            yield from bulk.query_ids(self.line, name, where)
        else:
            yield from reading.ids(self.line, name, where)

    def deleted_since(self, name: str, since: datetime, until: datetime) -> Mapping[str, datetime]:
        """Return id → when of deletions; Salesforce remembers 15 days, and lags behind by some minutes."""
        return reading.deleted_since(self.line, name, since, until, self.now())

    def write(self, batch: Batch) -> Sequence[Written]:
        """Write at most 200 records in one call; see `Crm`."""
        return writing.write(self.line, batch)

    def open_bulk(self, batch: Batch) -> str:
        """Make an empty job and return its id. Raises ValueError for a batch no job can carry."""
        return bulk.open_job(self.line, batch)

    def fill_bulk(self, job_id: str, batch: Batch) -> None:
        """Hand over the rows; after TooBusy, look at `bulk_status`: abort a job that is open."""
        bulk.fill_job(self.line, job_id, batch)

    def bulk_status(self, job_id: str) -> BulkStatus:
        """Return where a job stands."""
        return bulk.job_status(self.line, job_id)

    def bulk_results(self, job_id: str, batch: Batch) -> BulkResults:
        """Return what became of a job's rows, by external id, or by id for updates."""
        return bulk.job_results(self.line, job_id, batch)

    def abort_bulk(self, job_id: str) -> None:
        """Give a job up; nothing when it is over already."""
        bulk.abort_job(self.line, job_id)

    def delete_bulk(self, job_id: str) -> None:
        """Remove a job that is over, with the rows Salesforce would keep for seven days."""
        bulk.delete_job(self.line, job_id)

    def record_url(self, name: str, record_id: str) -> str:
        """Return the address of a record for people's browsers."""
        host = identity.host(self.line)
        if host.endswith(".my.salesforce.com"):
            host = host.removesuffix(".my.salesforce.com") + ".lightning.force.com"
        return f"https://{host}/lightning/r/{soql.name(name)}/{long_id(record_id)}/view"

    def _shape(self, name: str, fields: Sequence[str]) -> reading.Shape:
        return reading.shape(self._described.get(name) or self.describe(name), fields)


def make_salesforce(
    access: SalesforceAccess, *, sleep: Callable[[float], None] = time.sleep
) -> SalesforceCrm:
    """Return a connection for some settings; nothing is sent yet. `sleep` waits between tries, in seconds."""
    return SalesforceCrm(access, sleep=sleep)
