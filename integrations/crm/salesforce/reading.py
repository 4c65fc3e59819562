"""Reading records: changes in the order of their stamps, records by id or value, deletions."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from integrations.crm.base import TooBusy, chunks
from integrations.crm.records import ObjectInfo, Place, Record, Value
from integrations.crm.salesforce import soql
from integrations.crm.salesforce.errors import hidden_field
from integrations.crm.salesforce.ids import long_id
from integrations.crm.salesforce.line import Line, checked_path
from integrations.errors import Rejected

READ_SIZE = 2_000
_STALE_CURSOR = "INVALID_QUERY_LOCATOR"
# Deletions are remembered for 15 days, and may be asked for over 30.
_MEMORY = timedelta(days=15)
_SHORTEST_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Shape:
    """How records of one object are read: the fields asked for and those we need ourselves."""

    info: ObjectInfo
    paths: Sequence[str]
    stamp: str
    has_deleted: bool
    own: Sequence[str]

    @property
    def name(self) -> str:
        """Return the object's name in Salesforce's spelling."""
        return self.info.name

    def columns(self, paths: Iterable[str]) -> list[str]:
        """Return our own fields and the given ones, once each: Salesforce refuses a field named twice."""
        return list({path.casefold(): path for path in [*paths, *self.own]}.values())

    def record(self, row: Mapping[str, Any]) -> Record:
        """Return a row of an answer as a record."""
        winner = row.get("MasterRecordId")
        return Record(
            object=self.name,
            id=_full(row["Id"]),
            values={path: self._value(row, path, parts) for path, parts in self._parts},
            changed_at=read_moment(row[self.stamp]),
            changed_by_id=row.get("LastModifiedById"),
            is_deleted=bool(row.get("IsDeleted", False)),
            winner_id=_full(winner) if winner else None,
        )

    @cached_property
    def _parts(self) -> list[tuple[str, list[str]]]:
        return [(path, path.split(".")) for path in self.paths]

    @cached_property
    def _moments(self) -> frozenset[str]:
        fields = self.info.fields.values()
        return frozenset(field.name.casefold() for field in fields if field.type == "datetime")

    def _value(self, row: Mapping[str, Any], path: str, parts: Sequence[str]) -> Value:
        """Return what stands at a path, moments as `datetime.isoformat` writes them in UTC."""
        found = _at(row, parts)
        if isinstance(found, str):
            return read_moment(found).isoformat() if self._is_moment(path, parts, found) else found
        if isinstance(found, dict | list):
            # Addresses and places are made of several values.
            return json.dumps(found, ensure_ascii=False, sort_keys=True)
        plain: Value = found
        return plain

    def _is_moment(self, path: str, parts: Sequence[str], text: str) -> bool:
        if len(parts) == 1:
            return path.casefold() in self._moments
        # What a parent's field is, only its text can tell.
        return len(text) == 28 and text[10] == "T" and text.endswith("+0000")


def shape(info: ObjectInfo, fields: Iterable[str]) -> Shape:
    """Return how to read some fields of an object. Raises SchemaChanged for one that is not there."""
    paths = soql.known_paths(info, fields)
    stamp = next((n for n in ("SystemModstamp", "LastModifiedDate") if _is_filterable(info, n)), None)
    if stamp is None:
        raise hidden_field(info.name, "SystemModstamp")
    own = ["Id", stamp]
    own += [name for name in ("LastModifiedById", "IsDeleted", "MasterRecordId") if name in info.fields]
    return Shape(info, paths, stamp, "IsDeleted" in info.fields, own)


def changes(
    line: Line, read: Shape, *, since: datetime | None, until: datetime, after: Place | None, where: str
) -> Iterator[Sequence[Record]]:
    """Yield pages of records by (stamp, id); both ends of the window are widened to full milliseconds."""
    window = [] if since is None else [f"{read.stamp} >= {soql.moment_literal(since)}"]
    window.append(f"{read.stamp} < {soql.moment_literal(soql.rounded_up(until))}")
    if where.strip():
        filter_ = soql.condition(where)
        window.append(f"(IsDeleted = true OR {filter_})" if read.has_deleted else filter_)
    wanted = [path for path in read.columns(read.paths) if path not in read.own]
    room = soql.LONGEST_QUERY - 1_000 - soql.wire_length(" ".join(window))
    first, *others = soql.groups(wanted, room=max(room, 1_000))

    def query(place: Place | None) -> str:
        behind = [] if place is None else [_behind(read.stamp, place)]
        return soql.select([*read.own, *first], read.name, [*window, *behind], order=f"{read.stamp}, Id")

    place, is_fresh = after, True
    path: str | None = None
    while True:
        try:
            if path is None:
                answer = line.read("queryAll", {"q": query(place)}, object_name=read.name)
            else:
                answer = line.read(path, object_name=read.name)
        except Rejected as refused:
            # A cursor lives for some days, and dies with its session or when there are too many.
            if refused.code != _STALE_CURSOR or path is None:
                raise
            if is_fresh:
                raise TooBusy("Salesforce forgets how far we have read; try again later.") from None
            path, is_fresh = None, True
            continue
        rows = answer["records"]
        if rows:
            if others:
                _add_fields(line, read, rows, others)
            page = [read.record(row) for row in rows]
            place, is_fresh = Place(page[-1].changed_at, page[-1].id), False
            yield page
        if answer.get("done", True):
            return
        path = checked_path(answer.get("nextRecordsUrl"))


def fetch(line: Line, read: Shape, ids: Sequence[str]) -> dict[str, Record | None]:
    """Return id, as it was given → record; None for one that is deleted or hidden."""
    full = {given: long_id(given) for given in ids}
    found: dict[str, Record] = {}
    wanted = list(dict.fromkeys(full.values()))
    if any("." in path for path in read.paths):
        for row in _rows_by_id(line, read, wanted, "query", read.columns(read.paths)):
            found[_full(row["Id"])] = read.record(row)
    else:
        fields = read.columns(read.paths)
        for chunk in chunks(wanted, READ_SIZE):
            # A POST, so that neither ids nor fields make an address too long. It changes nothing.
            rows = line.send(
                "POST",
                f"composite/sobjects/{read.name}",
                json={"ids": list(chunk), "fields": fields},
                object_name=read.name,
            )
            for row in rows:
                if row is not None and not row.get("IsDeleted"):
                    found[_full(row["Id"])] = read.record(row)
    return {given: found.get(id_) for given, id_ in full.items()}


def find(line: Line, read: Shape, field: str, values: Sequence[str]) -> list[Record]:
    """Return the records whose text field holds one of some values; empty values find nothing."""
    soql.known_paths(read.info, [field])
    found: dict[str, Record] = {}
    fields = read.columns(read.paths)
    room = soql.LONGEST_QUERY - 500 - soql.wire_length(",".join(fields))
    for values_list in soql.lists([value for value in values if value.strip()], room=max(room, 1_000)):
        for row in rows_of(line, "query", soql.select(fields, read.name, [f"{field} IN {values_list}"])):
            found.setdefault(_full(row["Id"]), read.record(row))
    return list(found.values())


def ids(line: Line, name: str, where: str) -> Iterator[list[str]]:
    """Yield ids page by page, in their order; goes on behind the last one when a cursor is lost."""
    limits = [soql.condition(where)] if where.strip() else []
    last: str | None = None
    path: str | None = None
    is_fresh = True
    while True:
        behind = [] if last is None else [f"Id > {soql.text_literal(last)}"]
        try:
            if path is None:
                query = soql.select(["Id"], name, [*limits, *behind], order="Id")
                answer = line.read("query", {"q": query}, object_name=name)
            else:
                answer = line.read(path, object_name=name)
        except Rejected as refused:
            if refused.code != _STALE_CURSOR or path is None or is_fresh:
                raise
            path, is_fresh = None, True
            continue
        page = [_full(row["Id"]) for row in answer["records"]]
        if page:
            last, is_fresh = page[-1], False
            yield page
        if answer.get("done", True):
            return
        path = checked_path(answer.get("nextRecordsUrl"))


def count(line: Line, name: str, where: str) -> int:
    """Return how many records there are that we can see."""
    limits = [soql.condition(where)] if where.strip() else []
    answer = line.read("query", {"q": soql.select(["COUNT()"], name, limits)}, object_name=name)
    return int(answer["totalSize"])


def deleted_since(
    line: Line, name: str, since: datetime, until: datetime, now: datetime
) -> dict[str, datetime]:
    """Return id → when of deletions, from `since` or as far back as Salesforce remembers."""
    start = max(since, now - _MEMORY + timedelta(hours=1))
    end = min(until, now)
    found: dict[str, datetime] = {}
    while end - start >= _SHORTEST_WINDOW:
        window = {"start": _window_literal(start), "end": _window_literal(end)}
        answer = line.read(f"sobjects/{soql.name(name)}/deleted/", window, object_name=name)
        for one in answer["deletedRecords"]:
            found[long_id(one["id"])] = read_moment(one["deletedDate"])
        covered = read_moment(answer["latestDateCovered"])
        # Where it has come less far than asked, it goes on from there; where it cannot, it ends.
        if covered <= start + _SHORTEST_WINDOW:
            break
        start = covered
    return {id_: when for id_, when in found.items() if since <= when < until}


def rows_of(line: Line, resource: str, query: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a query, all pages of it."""
    answer = line.read(resource, {"q": query})
    yield from answer["records"]
    while not answer.get("done", True):
        answer = line.read(checked_path(answer.get("nextRecordsUrl")))
        yield from answer["records"]


def read_moment(text: str) -> datetime:
    """Return a moment from "…+0000" (answers) or "…Z" (CSV) as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_filterable(info: ObjectInfo, name: str) -> bool:
    field = info.fields.get(name)
    return field is not None and field.is_filterable


def _behind(stamp: str, place: Place) -> str:
    moment, id_ = soql.moment_literal(place.stamp), soql.text_literal(long_id(place.id))
    return f"({stamp} > {moment} OR ({stamp} = {moment} AND Id > {id_}))"


def _window_literal(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00"


def _full(id_: str) -> str:
    """Return an id of an answer in full; those of 18 characters are right as they are."""
    return id_ if len(id_) == 18 else long_id(id_)


def _at(row: Mapping[str, Any], parts: Sequence[str]) -> Any:
    found: Any = row
    for part in parts:
        if not isinstance(found, dict):
            return None
        found = found[part] if part in found else _in_any_case(found, part)
    return found


def _in_any_case(row: Mapping[str, Any], wanted: str) -> Any:
    """Return a field by a name people typed: answers use Salesforce's own spelling."""
    return next((value for name, value in row.items() if name.casefold() == wanted.casefold()), None)


def _rows_by_id(
    line: Line, read: Shape, wanted: Sequence[str], resource: str, paths: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    room = soql.LONGEST_QUERY - 500 - soql.wire_length(",".join(paths))
    for id_list in soql.lists(wanted, room=max(room, 1_000)):
        yield from rows_of(line, resource, soql.select(paths, read.name, [f"Id IN {id_list}"]))


def _add_fields(
    line: Line, read: Shape, rows: Sequence[dict[str, Any]], others: Sequence[Sequence[str]]
) -> None:
    """Read the fields that had no room in the address and put them into the rows."""
    by_id = {_full(row["Id"]): row for row in rows}
    for fields in (part for other in others for part in soql.groups(other, room=4_000)):
        for more in _rows_by_id(line, read, list(by_id), "queryAll", ["Id", *fields]):
            _merge(by_id[_full(more["Id"])], more)


def _merge(row: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(row.get(name), dict):
            # Two fields of the same parent, read in two goes.
            _merge(row[name], value)
        else:
            row[name] = value
