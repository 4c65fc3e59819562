"""HubSpot behind the protocol of a CRM."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from integrations.crm.base import Access, NoAccess, SchemaChanged, chunks
from integrations.crm.hubspot.access import HubspotAccess
from integrations.crm.hubspot.checking import check_lines
from integrations.crm.hubspot.reading import BATCH, Reader, place_of
from integrations.crm.hubspot.schema import COMPANY, KINDS, OWNERS, object_of, owner_object
from integrations.crm.hubspot.values import (
    EPOCH,
    number_of,
    owner_record,
    read_conditions,
    read_moment,
    read_record,
)
from integrations.crm.hubspot.wire import Wire
from integrations.crm.hubspot.writing import write_batch
from integrations.crm.no_bulk import NoBulk
from integrations.crm.records import (
    Batch,
    CheckLine,
    Identity,
    ObjectInfo,
    Operation,
    Place,
    Record,
    Usage,
    Written,
)
from integrations.errors import Rejected

_PAGE = 200
_SANDBOXES = frozenset({"SANDBOX", "DEVELOPER_TEST", "APP_DEVELOPER"})


class HubspotCrm(NoBulk):
    """A HubSpot account. Use it as a context manager, or call `close`; not for several threads at once.

    Ids of records are numbers and compared as such. A `where` is a JSON list of HubSpot's search filters.
    Fields are properties of the object itself; paths to parents are not read. `page` is for tests.
    """

    name = "HubSpot"

    def __init__(self, access: HubspotAccess, *, wire: Wire | None = None, page: int = _PAGE) -> None:
        self._access = access
        self._wire = wire or Wire(access)
        self._reader = Reader(self._wire, page=page)
        self._who: Identity | None = None
        self._interface = "app.hubspot.com"
        self._now: datetime | None = None
        self._described: dict[str, ObjectInfo] = {}

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def calls(self) -> int:
        """Calls made so far."""
        return self._wire.calls

    @property
    def write_size(self) -> int:
        """How many records one call writes at most."""
        return BATCH

    @property
    def read_size(self) -> int:
        """How many records one call reads at most."""
        return self._reader.page

    def identity(self) -> Identity:
        """Ask which account the token belongs to. Raises `NoAccess` when it is not the expected one."""
        answer = self._wire.read("GET", "/account-info/v3/details")
        portal = str(answer.body.get("portalId") or "")
        expected = self._access.expected_organisation
        if not portal or (expected and portal != expected):
            theirs = f"the HubSpot account {portal}" if portal else "no HubSpot account we can name"
            raise NoAccess(
                f"The token belongs to {theirs}, not to {expected or 'one'}.",
                access=Access.WRONG_ORGANISATION,
                hint="Paste a token of the account this connection was made for, or make a new connection.",
            )
        self._now = answer.at
        self._interface = str(answer.body.get("uiDomain") or self._interface)
        self._who = Identity(
            organisation=portal,
            user_id="",
            is_sandbox=str(answer.body.get("accountType")) in _SANDBOXES,
            address=f"https://{self._interface}",
        )
        return self._who

    def check(self, objects: Mapping[str, Sequence[str]]) -> Iterator[CheckLine]:
        """Try the connection step by step. Never raises."""
        return check_lines(self, objects)

    def now(self) -> datetime:
        """Return HubSpot's clock, in whole seconds."""
        self.identity()
        return self._now or datetime.now(UTC)

    def usage(self) -> Usage:
        """Return the calls of the day as last heard; searches do not say."""
        return self._wire.usage if self._wire.usage.allowed is not None else self.refresh_usage()

    def refresh_usage(self) -> Usage:
        """Ask for the calls of the day."""
        self.identity()
        return self._wire.usage

    def objects(self) -> Mapping[str, str]:
        """Return name → label of the objects this adapter knows."""
        return {**{name: kind.label for name, kind in KINDS.items()}, OWNERS: "Owners"}

    def describe(self, name: str) -> ObjectInfo:
        """Ask for the properties of an object."""
        self._be_sure()
        if name == OWNERS:
            return owner_object()
        if name not in KINDS:
            raise SchemaChanged(
                f"HubSpot's {name!r} are not synchronised; choose another object.", object=name
            )
        found = self._wire.read("GET", f"/crm/v3/properties/{name}").body
        self._described[name] = object_of(name, found.get("results") or [])
        return self._described[name]

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
        """Yield pages of records changed in [since, until), archived and merged ones included.

        A record that others were merged into brings these along, as deleted, whenever it changes.
        """
        info = self._known(name, fields)
        if name == OWNERS:
            yield from self._owner_pages(fields, since=since, until=until, after=after)
            return
        conditions = read_conditions(where)
        yield from self._reader.changes(info, fields, conditions, since=since, until=until, after=after)

    def fetch(self, name: str, ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Record | None]:
        """Return id → record as it is now; None for one that is archived, merged away or hidden from us."""
        info = self._known(name, fields)
        if name == OWNERS:
            known = {record.id: record for record in self._owners(fields)}
        else:
            asked = [record_id for record_id in ids if number_of(record_id) >= 0]
            known = self._reader.fetch(info, asked, fields)
        return {record_id: known.get(record_id) for record_id in ids}

    def find(self, name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Return the records whose text property holds one of some values.

        A unique property finds what was written a moment ago; others only what the search has taken in.
        """
        info = self._known(name, [field, *fields])
        wanted = {value for value in values if value}
        if name == OWNERS:
            owners = self._owners(sorted({field, *fields}))
            lowered = {value.casefold() for value in wanted}
            hits = [owner for owner in owners if str(owner.values[field] or "").casefold() in lowered]
            return [_only(owner, fields) for owner in hits]
        rows = []
        if info.fields[field].is_external_id:
            rows = self._reader.read_batch(name, sorted(wanted), [field, *fields], id_property=field)
        else:
            # HubSpot compares the listed values of text in lower case.
            for chunk in chunks(sorted({value.lower() for value in wanted}), BATCH):
                condition = {"propertyName": field, "operator": "IN", "values": list(chunk)}
                rows += [row for page in self._reader.by_id(name, fields, [condition]) for row in page]
        records = {str(row["id"]): read_record(row, info, fields) for row in rows if not row.get("archived")}
        return self._reader.with_companies(name, fields, sorted(records.values(), key=place_of))

    def ids(self, name: str, *, where: str = "") -> Iterator[Sequence[str]]:
        """Yield the ids of everything we can see, page by page."""
        self._known(name, ())
        if name == OWNERS:
            yield [record.id for record in self._owners(())]
            return
        conditions = read_conditions(where)
        pages = self._reader.by_id(name, (), conditions) if conditions else self._reader.listed(_path(name))
        for page in pages:
            yield [str(row["id"]) for row in page]

    def deleted_since(self, name: str, since: datetime, until: datetime) -> Mapping[str, datetime]:
        """Return id → when of what was archived, up to 90 days back; merged records do not show here."""
        self._known(name, ())
        if name == OWNERS:
            return {}
        rows = self._reader.archived_since(name, (), since, until)
        return {str(row["id"]): read_moment(str(row["archivedAt"])) for row in rows}

    def write(self, batch: Batch) -> Sequence[Written]:
        """Write at most `write_size` records and return what became of each, in their order."""
        self._be_sure()
        if batch.object not in KINDS:
            raise Rejected(f"HubSpot's {batch.object} cannot be written from here.", code="read_only")
        if len(batch.writes) > BATCH:
            raise Rejected(f"At most {BATCH} records are written at once.", code="size")
        if batch.operation is Operation.UPSERT and not batch.external_id_field:
            raise Rejected("An upsert needs the name of a unique property.", code="external_id")
        if not KINDS[batch.object].primary and any(COMPANY in write.values for write in batch.writes):
            raise SchemaChanged("Companies have no company.", object=batch.object, field=COMPANY)
        return write_batch(self._wire, batch)

    def record_url(self, name: str, record_id: str) -> str:
        """Return the address of a record for people's browsers."""
        who = self._who or self.identity()
        if name not in KINDS:
            return f"https://{self._interface}/settings/{who.organisation}/users"
        return (
            f"https://{self._interface}/contacts/{who.organisation}/record/{KINDS[name].number}/{record_id}"
        )

    def first(self, name: str) -> int:
        """Read one record, to see whether it can be done, and return how many came."""
        path = "/crm/v3/owners" if name == OWNERS else _path(name)
        return len(self._wire.read("GET", path, params={"limit": 1, "archived": "false"}).body["results"])

    def scopes(self) -> frozenset[str] | None:
        """Ask what the token may do."""
        token = {"tokenKey": self._access.token.strip()}
        found = self._wire.read("POST", "/oauth/v2/private-apps/get/access-token-info", body=token).body
        listed = found.get("scopes")
        return frozenset(map(str, listed)) if isinstance(listed, list) else None

    def _be_sure(self) -> None:
        """Make sure once that the token still belongs to the account it was meant for."""
        if self._who is None and self._access.expected_organisation:
            self.identity()

    def _known(self, name: str, fields: Sequence[str]) -> ObjectInfo:
        """Return an object that has these fields; HubSpot itself leaves out unknown ones without a word."""
        info = self._described.get(name) or self.describe(name)
        for field in fields:
            if field not in info.fields:
                reason = f"The property {field!r} of {name} is not there any more; map another or add it."
                raise SchemaChanged(reason, object=name, field=field)
        return info

    def _owners(self, fields: Sequence[str]) -> list[Record]:
        pages = [
            page for gone in (False, True) for page in self._reader.listed("/crm/v3/owners", is_archived=gone)
        ]
        # Somebody who left and came back is listed twice; the one who is here counts.
        found = {str(row["id"]): row for page in reversed(pages) for row in page}
        return sorted((owner_record(row, fields) for row in found.values()), key=place_of)

    def _owner_pages(
        self, fields: Sequence[str], *, since: datetime | None, until: datetime, after: Place | None
    ) -> Iterator[Sequence[Record]]:
        reached = (after.stamp, number_of(after.id)) if after else None
        chosen = [
            owner
            for owner in self._owners(fields)
            if (since or EPOCH) <= owner.changed_at < until and (reached is None or place_of(owner) > reached)
        ]
        for start in range(0, len(chosen), self._reader.page):
            yield chosen[start : start + self._reader.page]


def _path(name: str) -> str:
    return f"/crm/v3/objects/{name}"


def _only(record: Record, fields: Sequence[str]) -> Record:
    values = {name: record.values[name] for name in fields}
    return Record(record.object, record.id, values, record.changed_at)
