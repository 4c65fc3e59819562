"""Addresses that read: versions, limits, descriptions, queries and what changed or went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from tests.salesforce_emulator import soql
from tests.salesforce_emulator.calls import Call, Routes
from tests.salesforce_emulator.moments import parse_moment, write_moment
from tests.salesforce_emulator.refusals import ApiError
from tests.salesforce_emulator.schema import Field, Kind

routes = Routes()
VERSIONS = tuple(str(number) for number in range(59, 66))
LARGEST_PAGE, SMALLEST_PAGE = 2000, 200
CURSOR_LIFE = timedelta(days=2)


@dataclass
class Cursor:
    """A query under way."""

    found: soql.Found
    user: str
    ends: datetime


def versions() -> list[dict[str, str]]:
    """Return the versions of the API that are spoken."""
    return [
        {"label": f"Version {number}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in VERSIONS
    ]


@routes.add("GET", "")
def resources(call: Call) -> dict[str, str]:
    base = f"/services/data/v{call.version}"
    return {
        name: f"{base}/{name}" for name in ("sobjects", "query", "queryAll", "limits", "composite", "jobs")
    }


@routes.add("GET", "/limits")
def limits(call: Call) -> dict[str, Any]:
    quota = call.org.quota
    left = max(quota.most - quota.used, 0)
    return {
        "DailyApiRequests": {"Max": quota.most, "Remaining": left},
        "DailyBulkApiBatches": {"Max": 15000, "Remaining": 15000},
        "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 10000},
        "DailyBulkV2QueryFileStorageMB": {"Max": 976562, "Remaining": 976562},
    }


def _listed(call: Call, kind: Kind) -> dict[str, Any]:
    base = f"/services/data/v{call.version}/sobjects/{kind.name}"
    urls = {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"}
    return kind.summary() | {"urls": urls}


@routes.add("GET", "/sobjects")
def all_objects(call: Call) -> dict[str, Any]:
    schema = call.org.schema
    seen = [kind for kind in schema.kinds.values() if schema.visible_kind(kind.name, call.user)]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [_listed(call, kind) for kind in seen]}


@routes.add("GET", "/sobjects/{name}")
def basics(call: Call, name: str) -> dict[str, Any]:
    return {"objectDescribe": _listed(call, call.kind(name)), "recentItems": []}


@routes.add("GET", "/sobjects/{name}/describe")
def describe(call: Call, name: str) -> dict[str, Any]:
    kind = call.kind(name)
    fields = [_described(call, kind, one) for one in call.org.schema.visible_fields(kind, call.user)]
    return _listed(call, kind) | {"fields": fields, "recordTypeInfos": [], "childRelationships": []}


def _described(call: Call, kind: Kind, field: Field) -> dict[str, Any]:
    may = call.org.schema.is_editable(kind, field, call.user)
    told = field.describe()
    return told | {"createable": told["createable"] and may, "updateable": told["updateable"] and may}


@routes.add("GET", "/query")
def query(call: Call) -> dict[str, Any]:
    return _first_page(call, with_deleted=False)


@routes.add("GET", "/queryAll")
def query_all(call: Call) -> dict[str, Any]:
    return _first_page(call, with_deleted=True)


def _first_page(call: Call, *, with_deleted: bool) -> dict[str, Any]:
    source = call.request.args.get("q")
    if source is None:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    hint = _hint(call)
    asked, found = soql.run(call.org, source, call.user, call.version, with_deleted=with_deleted)
    if asked.is_count:
        return {"totalSize": found.total, "done": True, "records": []}
    key = f"01g3g{call.org.new_number():010d}AAA"
    cursor = Cursor(found, call.user, call.org.clock.now() + CURSOR_LIFE)
    return _page(call, key, cursor, 0, hint)


def _hint(call: Call) -> int:
    header = call.request.headers.get("Sforce-Query-Options", "")
    if not header:
        return LARGEST_PAGE
    name, _, size = header.partition("=")
    if name.strip() != "batchSize" or not size.strip().isdigit():
        raise ApiError(400, "MALFORMED_QUERY", f"Sforce-Query-Options is not understood: {header}")
    return min(max(int(size), SMALLEST_PAGE), LARGEST_PAGE)


def _page(call: Call, key: str, cursor: Cursor, start: int, hint: int) -> dict[str, Any]:
    size = call.org.page_size(hint)
    rows = cursor.found.rows
    end = start + size
    page: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
    if page["done"]:
        call.org.cursors.pop(key, None)
    else:
        call.org.cursors[key] = cursor
        page["nextRecordsUrl"] = f"/services/data/v{call.version}/query/{key}-{end}"
    page["records"] = [cursor.found.write(row) for row in rows[start:end]]
    return page


@routes.add("GET", "/query/{locator}")
def more(call: Call, locator: str) -> dict[str, Any]:
    return _next_page(call, locator)


@routes.add("GET", "/queryAll/{locator}")
def more_of_all(call: Call, locator: str) -> dict[str, Any]:
    return _next_page(call, locator)


def _next_page(call: Call, locator: str) -> dict[str, Any]:
    key, _, start = unquote(locator).partition("-")
    cursor = call.org.cursors.get(key)
    is_stale = cursor is None or cursor.user != call.user or cursor.ends < call.org.clock.now()
    if is_stale or not start.isdigit() or int(start) >= len(cursor.found.rows):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(call, key, cursor, int(start), _hint(call))


def _window(call: Call, days: int) -> tuple[datetime, datetime]:
    now = call.org.clock.now()
    found = [parse_moment(call.request.args.get(name, "")) for name in ("start", "end")]
    start, end = found
    if start is None or end is None:
        raise ApiError(400, "INVALID_REPLICATION_DATE", "start and end must be moments with a time zone")
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if end <= start:
        raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate before endDate by at least one minute")
    if start < now - timedelta(days=days):
        raise ApiError(400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    if start > now:
        raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate cannot be in the future")
    return start, min(end, now)


@routes.add("GET", "/sobjects/{name}/updated")
def updated(call: Call, name: str) -> dict[str, Any]:
    kind = call.kind(name)
    start, end = _window(call, 30)
    covered = end - call.org.replication_lag
    low, high = (write_moment(start), ""), (write_moment(covered), "")
    table, sees = call.org.table(kind.name), call.org.visibility()
    keys = [
        key
        for _, key in table.stamped(low, high)
        if not table.rows[key].get("IsDeleted") and (sees is None or sees(key))
    ]
    return {"ids": keys, "latestDateCovered": write_moment(covered)}


@routes.add("GET", "/sobjects/{name}/deleted")
def deleted(call: Call, name: str) -> dict[str, Any]:
    kind = call.kind(name)
    org = call.org
    start, end = _window(call, 30)
    earliest = org.earliest_deletion or org.clock.now() - timedelta(days=15)
    covered = end - org.replication_lag
    low, high = write_moment(max(start, earliest)), write_moment(covered)
    table, sees = org.table(kind.name), org.visibility()
    gone = {key: table.rows[key] for _, key in table.stamped((low, ""), (high, ""))}
    told = {key: row["SystemModstamp"] for key, row in gone.items() if row.get("IsDeleted")}
    told |= {key: stamp for key, stamp in org.purged.get(kind.name, {}).items() if low <= stamp < high}
    records = [
        {"id": key, "deletedDate": stamp}
        for key, stamp in sorted(told.items(), key=lambda pair: (pair[1], pair[0]))
        if sees is None or sees(key)
    ]
    return {
        "deletedRecords": records,
        "earliestDateAvailable": write_moment(earliest),
        "latestDateCovered": write_moment(covered),
    }
