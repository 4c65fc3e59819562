"""Reading HubSpot's records in the order of their stamps, whatever changes meanwhile."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from integrations.crm.base import chunks
from integrations.crm.hubspot.schema import COMPANY, KINDS, MERGED
from integrations.crm.hubspot.values import (
    EPOCH,
    merged_ids,
    milliseconds,
    number_of,
    read_moment,
    read_record,
)
from integrations.crm.hubspot.wire import Wire
from integrations.crm.records import ObjectInfo, Place, Record

BATCH = 100
_LIST_PAGE = 100
_LINKS = 1_000
_STEP = timedelta(milliseconds=1)
_ID = "hs_object_id"

Found = Mapping[str, Any]


class Reader:
    """Reads records of HubSpot over a wire. `page` is how many a search returns, at most 200."""

    def __init__(self, wire: Wire, *, page: int) -> None:
        self._wire = wire
        self.page = page

    def changes(
        self,
        info: ObjectInfo,
        fields: Sequence[str],
        conditions: Sequence[Found],
        *,
        since: datetime | None,
        until: datetime,
        after: Place | None,
    ) -> Iterator[Sequence[Record]]:
        """Yield pages of changed, archived and merged records by (stamp, id), ids compared as numbers."""
        low = max(since or EPOCH, after.stamp if after else EPOCH)
        gone = sorted(self._gone(info, fields, since=low, until=until), key=place_of)
        alive = self._walk(info, fields, conditions, low=low, until=until)
        reached = (after.stamp, number_of(after.id)) if after else None
        page: list[Record] = []
        for record in heapq.merge(gone, alive, key=place_of):
            if reached is None or place_of(record) > reached:
                page.append(record)
            if len(page) == self.page:
                yield self.with_companies(info.name, fields, page)
                page = []
        if page:
            yield self.with_companies(info.name, fields, page)

    def _walk(
        self,
        info: ObjectInfo,
        fields: Sequence[str],
        conditions: Sequence[Found],
        *,
        low: datetime,
        until: datetime,
    ) -> Iterator[Record]:
        """Yield what a search finds by (stamp, id).

        Each search starts at the last stamp of the one before. Numbered pages would skip a record whenever
        one of an earlier page changes meanwhile, and end at 10,000. HubSpot sorts by one property only, so
        records of one stamp are taken together and put in order here.
        """
        stamp = KINDS[info.name].stamp
        while low < until:
            window = [
                _condition(stamp, "GTE", milliseconds(low)),
                _condition(stamp, "LT", milliseconds(until)),
            ]
            rows, has_more = self.search(info.name, fields, [*conditions, *window], sort=stamp)
            records = [read_record(row, info, fields) for row in rows]
            if not has_more:
                yield from _in_order(rows, records)
                return
            last = max(record.changed_at for record in records)
            done = [index for index, record in enumerate(records) if record.changed_at < last]
            if done and last > low:
                yield from _in_order([rows[index] for index in done], [records[index] for index in done])
                low = last
                continue
            # One moment fills the page: go through it by id.
            at = [*conditions, _condition(stamp, "EQ", milliseconds(last))]
            rows = [row for page in self.by_id(info.name, fields, at) for row in page]
            yield from _in_order(rows, [read_record(row, info, fields) for row in rows])
            low = max(low, last) + _STEP

    def by_id(
        self, name: str, fields: Sequence[str], conditions: Sequence[Found]
    ) -> Iterator[Sequence[Found]]:
        """Yield everything that meets some conditions, by id, page by page."""
        last, has_more = 0, True
        while has_more:
            beyond = _condition(_ID, "GT", last)
            rows, has_more = self.search(name, fields, [*conditions, beyond], sort=_ID)
            last = max((number_of(str(row["id"])) for row in rows), default=last)
            if rows:
                yield rows

    def search(
        self, name: str, fields: Sequence[str], conditions: Sequence[Found], *, sort: str
    ) -> tuple[Sequence[Found], bool]:
        """Return the first page of a search, lowest first, and whether there is more."""
        body = {
            "filterGroups": [{"filters": list(conditions)}],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": properties_for(name, fields),
            "limit": self.page,
        }
        answer = self._wire.read("POST", f"/crm/v3/objects/{name}/search", body=body)
        rows = answer.body.get("results") or []
        return rows, bool(rows) and bool((answer.body.get("paging") or {}).get("next"))

    def listed(
        self, path: str, *, properties: Sequence[str] = (), is_archived: bool = False
    ) -> Iterator[Sequence[Found]]:
        """Yield the pages of a plain list, by id."""
        after = ""
        while True:
            params: dict[str, str | int] = {
                "limit": _LIST_PAGE,
                "archived": "true" if is_archived else "false",
            }
            if properties:
                params["properties"] = ",".join(properties)
            if after:
                params["after"] = after
            body = self._wire.read("GET", path, params=params).body
            yield body.get("results") or []
            after = str(((body.get("paging") or {}).get("next") or {}).get("after") or "")
            if not after:
                return

    def fetch(self, info: ObjectInfo, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Record]:
        """Return id → record of those that are there under these very ids."""
        wanted = set(ids)
        found = [
            row for row in self.read_batch(info.name, sorted(wanted), fields) if str(row["id"]) in wanted
        ]
        records = [read_record(row, info, fields) for row in found if not row.get("archived")]
        return {record.id: record for record in self.with_companies(info.name, fields, records)}

    def read_batch(
        self, name: str, values: Sequence[str], fields: Sequence[str], *, id_property: str = ""
    ) -> list[Found]:
        """Return the records of some ids, or of some values of a unique property; missing ones are left out.

        The id of a record that was merged finds the one it became part of, under that one's id.
        """
        found: list[Found] = []
        for chunk in chunks(values, BATCH):
            body: dict[str, Any] = {
                "inputs": [{"id": value} for value in chunk],
                "properties": properties_for(name, fields),
                "propertiesWithHistory": [],
            }
            if id_property:
                body["idProperty"] = id_property
            answer = self._wire.read("POST", f"/crm/v3/objects/{name}/batch/read", body=body)
            found.extend(answer.body.get("results") or [])
        return found

    def archived_since(
        self, name: str, fields: Sequence[str], since: datetime, until: datetime
    ) -> list[Found]:
        """Return what was archived in [since, until). HubSpot keeps these for 90 days, unsearchable."""
        path = f"/crm/v3/objects/{name}"
        pages = self.listed(path, properties=properties_for(name, fields), is_archived=True)
        return [
            row
            for page in pages
            for row in page
            if row.get("archivedAt") and since <= read_moment(str(row["archivedAt"])) < until
        ]

    def _gone(
        self, info: ObjectInfo, fields: Sequence[str], *, since: datetime, until: datetime
    ) -> Iterator[Record]:
        rows = self.archived_since(info.name, fields, since, until)
        winners: dict[str, str] = {}
        for row in self.read_batch(info.name, [str(row["id"]) for row in rows], ()):
            winners.update(dict.fromkeys(merged_ids(row), str(row["id"])))
        for row in rows:
            record = read_record(row, info, fields)
            yield replace(record, is_deleted=True, winner_id=winners.get(record.id))

    def with_companies(self, name: str, fields: Sequence[str], records: Sequence[Record]) -> Sequence[Record]:
        """Return the records with the id of their main company, when it is asked for."""
        if COMPANY not in fields or not KINDS[name].primary:
            return records
        companies = self._companies(name, [record.id for record in records if not record.is_deleted])
        return [
            replace(record, values={**record.values, COMPANY: companies.get(record.id)}) for record in records
        ]

    def _companies(self, name: str, ids: Sequence[str]) -> dict[str, str]:
        companies: dict[str, str] = {}
        for chunk in chunks(ids, _LINKS):
            body = {"inputs": [{"id": record_id} for record_id in chunk]}
            answer = self._wire.read("POST", f"/crm/v4/associations/{name}/companies/batch/read", body=body)
            for row in answer.body.get("results") or []:
                links = row.get("to") or []
                if links:
                    best = min(links, key=lambda link: (not _is_primary(name, link), int(link["toObjectId"])))
                    companies[str(row["from"]["id"])] = str(best["toObjectId"])
        return companies


def place_of(record: Record) -> tuple[datetime, int]:
    """Return where a record stands in the order of changes."""
    return record.changed_at, number_of(record.id)


def properties_for(name: str, fields: Sequence[str]) -> list[str]:
    """Return the properties to ask for: those wanted, the stamp and what was merged."""
    return sorted({*fields, KINDS[name].stamp, MERGED, _ID} - {COMPANY})


def _is_primary(name: str, link: Found) -> bool:
    types = link.get("associationTypes") or []
    return any(
        one.get("category") == "HUBSPOT_DEFINED" and one.get("typeId") == KINDS[name].primary for one in types
    )


def _in_order(rows: Sequence[Found], records: Sequence[Record]) -> list[Record]:
    """Return records and, at the stamp of each, those that were merged into it, in the order of changes."""
    losers = [
        Record(record.object, loser, {}, record.changed_at, is_deleted=True, winner_id=record.id)
        for row, record in zip(rows, records, strict=True)
        for loser in merged_ids(row)
    ]
    return sorted([*records, *losers], key=place_of)


def _condition(name: str, operator: str, value: int) -> Found:
    return {"propertyName": name, "operator": operator, "value": str(value)}
