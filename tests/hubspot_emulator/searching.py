"""The emulator's search: conditions, one sort, pages, a ceiling."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.hubspot_emulator.answers import demand, invalid
from tests.hubspot_emulator.properties import Property
from tests.hubspot_emulator.store import Item, Store, as_json

_KEYS = {"filterGroups", "sorts", "properties", "limit", "after", "query"}
_COMPARING = {"EQ", "NEQ", "LT", "LTE", "GT", "GTE"}


def search(store: Store, name: str, body: Any, *, ceiling: int) -> dict[str, Any]:
    """Answer a search. At most `ceiling` results can be reached by numbered pages."""
    body = demand(body, _KEYS)
    limit, start = body.get("limit", 10), str(body.get("after") or "0")
    if not isinstance(limit, int) or not 1 <= limit <= 200:
        raise invalid("limit must be between 1 and 200")
    if not start.isdecimal():
        raise invalid("after must be a number")
    if int(start) >= ceiling or int(start) + limit > ceiling:
        raise invalid(f"The requested page lies beyond the first {ceiling} results")
    groups = body.get("filterGroups") or []
    if len(groups) > 5 or sum(len(group.get("filters") or []) for group in groups) > 18:
        raise invalid("too many filters")
    hits = [
        (item, values)
        for item, values in store.searchable(name)
        if not groups or any(_meets_all(store.properties[name], values, group) for group in groups)
    ]
    hits = _sorted(store.properties[name], hits, body.get("sorts") or [])
    page = hits[int(start) : int(start) + limit]
    wanted = list(body.get("properties") or [])
    found: dict[str, Any] = {
        "total": len(hits),
        "results": [as_json(item, values, wanted) for item, values in page],
    }
    if int(start) + limit < len(hits):
        found["paging"] = {"next": {"after": str(int(start) + limit)}}
    return found


def _sorted(
    properties: Mapping[str, Property], hits: list[tuple[Item, dict[str, str | None]]], sorts: list[Any]
) -> list[tuple[Item, dict[str, str | None]]]:
    if len(sorts) > 1:
        raise invalid("Only one sort is supported")
    # What ties is in no order anybody may rely on; here the worst of all.
    hits = sorted(hits, key=lambda hit: -hit[0].id)
    if not sorts:
        return hits
    sort = demand(sorts[0], {"propertyName", "direction"}, frozenset({"propertyName"}))
    found = _property(properties, sort["propertyName"])
    is_downward = sort.get("direction", "ASCENDING") == "DESCENDING"
    return sorted(hits, key=lambda hit: _key(found, hit[1].get(found.name)), reverse=is_downward)


def _meets_all(properties: Mapping[str, Property], values: Mapping[str, str | None], group: Any) -> bool:
    filters = demand(group, {"filters"}, frozenset({"filters"}))["filters"]
    if len(filters) > 6:
        raise invalid("A group holds at most 6 filters")
    return all(_meets(properties, values, one) for one in filters)


def _meets(properties: Mapping[str, Property], values: Mapping[str, str | None], one: Any) -> bool:
    one = demand(
        one, {"propertyName", "operator", "value", "values"}, frozenset({"propertyName", "operator"})
    )
    found, operator = _property(properties, one["propertyName"]), one["operator"]
    value = values.get(found.name)
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (value is not None) == (operator == "HAS_PROPERTY")
    if operator == "IN":
        listed = one.get("values")
        if not isinstance(listed, list) or not 1 <= len(listed) <= 100:
            raise invalid("IN needs 1 to 100 values")
        if found.type == "string" and any(text != text.lower() for text in listed):
            raise invalid("IN needs values in lower case")
        return value is not None and value.lower() in listed
    if operator not in _COMPARING or not isinstance(one.get("value"), str):
        raise invalid(f"The operator {operator} is not understood")
    if value is None:
        return operator == "NEQ"
    ours, theirs = _key(found, value), _key(found, one["value"])
    return {
        "EQ": ours == theirs,
        "NEQ": ours != theirs,
        "LT": ours < theirs,
        "LTE": ours <= theirs,
        "GT": ours > theirs,
        "GTE": ours >= theirs,
    }[operator]


def _property(properties: Mapping[str, Property], name: Any) -> Property:
    if name not in properties:
        raise invalid(f"There was a problem with the request: no property {name!r}")
    return properties[name]


def _key(found: Property, text: str | None) -> tuple[float, str]:
    if text is None:
        return (float("-inf"), "")
    if found.type == "datetime":
        if text.isdecimal():
            return (int(text), "")
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            raise invalid(f"{text!r} is no moment") from None
        return (round(moment.timestamp() * 1000), "")
    if found.type == "number":
        try:
            return (float(text), "")
        except ValueError:
            raise invalid(f"{text!r} is no number") from None
    return (0, text.lower())
