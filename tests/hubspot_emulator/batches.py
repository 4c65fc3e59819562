"""The emulator's batches of records and of links between them."""

from collections.abc import Mapping
from typing import Any

from tests.hubspot_emulator.answers import Refused, demand, invalid, property_errors
from tests.hubspot_emulator.properties import unique_names
from tests.hubspot_emulator.store import PLAIN, PRIMARY, Clash, Item, Store, as_json, moment_text

_MOST = 100
_LINKS = 1_000


def read_batch(store: Store, name: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Answer batch/read: 207 when some are not there."""
    body = demand(
        body, {"inputs", "properties", "propertiesWithHistory", "idProperty"}, frozenset({"inputs"})
    )
    ids = [str(demand(one, {"id"}, frozenset({"id"}))["id"]) for one in _inputs(body)]
    by = body.get("idProperty")
    if by and by not in unique_names(store.properties[name], name):
        raise invalid(f"{by} is not a unique property")
    found: dict[int, Item] = {}
    missing = []
    for one in ids:
        item = store.named(name, by, one) if by else store.item(name, one)
        if item is None:
            missing.append(one)
        else:
            found[item.id] = item
    wanted = list(body.get("properties") or [])
    results = [as_json(item, item.properties, wanted) for item in found.values()]
    errors = [_error("OBJECT_NOT_FOUND", "Could not get some objects.", {"ids": missing})] if missing else []
    return _answer(store, results, errors, 200)


def write_batch(store: Store, name: str, action: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Answer batch/create, batch/update and batch/upsert.

    Inputs with marks of their own fail one by one; without marks, one mistake refuses the whole batch.
    """
    known = {"properties", "objectWriteTraceId"} | {
        "create": {"associations"},
        "update": {"id", "idProperty"},
        "upsert": {"id", "idProperty"},
    }[action]
    needed = frozenset({"properties"} if action == "create" else {"properties", "id"})
    inputs = [demand(one, known, needed) for one in _inputs(demand(body, {"inputs"}, frozenset({"inputs"})))]
    marks = [one.get("objectWriteTraceId") for one in inputs]
    is_marked = all(marks) and len(set(marks)) == len(marks)
    named = [str(one["id"]).lower() for one in inputs if "id" in one]
    if len(set(named)) != len(named):
        raise invalid("Duplicate IDs found in batch input")
    for one in inputs:
        unknown = [key for key in one["properties"] if key not in store.properties[name]]
        if unknown:
            words = f'Property "{unknown[0]}" does not exist'
            raise invalid(property_errors([(unknown[0], "PROPERTY_DOESNT_EXIST", words)]))
    if not is_marked:
        for one in inputs:
            _judge(store, name, one)
    results, errors = [], []
    for one in inputs:
        try:
            results.append(_write(store, name, action, one))
        except Refused as refused:
            if not is_marked:
                raise
            context = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
            errors.append(_error(refused.body["category"], refused.body["message"], context))
    return _answer(store, results, errors, 201 if action == "create" else 200)


def read_links(store: Store, name: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Answer the batch/read of links to companies."""
    inputs = _inputs(demand(body, {"inputs"}, frozenset({"inputs"})), most=_LINKS)
    results, missing = [], []
    for one in inputs:
        item_id = str(demand(one, {"id", "after"}, frozenset({"id"}))["id"])
        links = store.links[name].get(int(item_id)) if item_id.isdecimal() else None
        if not links:
            missing.append(item_id)
            continue
        to = [
            {"toObjectId": company, "associationTypes": _types(name, is_primary)}
            for company, is_primary in links.items()
        ]
        results.append({"from": {"id": item_id}, "to": to})
    errors = (
        [_error("OBJECT_NOT_FOUND", "No companies are associated.", {"fromObjectId": missing})]
        if missing
        else []
    )
    return _answer(store, results, errors, 200)


def write_links(store: Store, name: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Answer the batch/create of links to companies."""
    results, errors = [], []
    for one in _inputs(demand(body, {"inputs"}, frozenset({"inputs"}))):
        one = demand(one, {"from", "to", "types"}, frozenset({"from", "to", "types"}))
        item, company = (
            store.item(name, str(one["from"]["id"])),
            store.item("companies", str(one["to"]["id"])),
        )
        if item is None or company is None:
            words = f"One of {one['from']['id']} and {one['to']['id']} does not exist."
            errors.append(_error("OBJECT_NOT_FOUND", words, {}))
            continue
        store.link(name, item.id, company.id, is_primary=_is_primary(name, one["types"]))
        results.append({"fromObjectId": item.id, "toObjectId": company.id, "labels": []})
    return _answer(store, results, errors, 201)


def _write(store: Store, name: str, action: str, one: Mapping[str, Any]) -> dict[str, Any]:
    _judge(store, name, one)
    by, is_new = one.get("idProperty"), False
    if by and by not in unique_names(store.properties[name], name):
        raise invalid(f"{by} is not a unique property")
    if action == "upsert" and not by:
        raise invalid("idProperty is required")
    item = None
    if action != "create":
        item = store.named(name, by, str(one["id"])) if by else store.item(name, str(one["id"]))
        if item is None and action == "update":
            raise Refused(404, "OBJECT_NOT_FOUND", f"Object {one['id']} does not exist.")
    try:
        if item is None:
            naming = {by: str(one["id"])} if by else {}
            item, is_new = store.create(name, {**one["properties"], **naming}), True
        else:
            store.update(name, item, one["properties"])
    except Clash as clash:
        words = (
            f"{name.capitalize()[:-1]} already exists with this {clash.name}. Existing ID: {clash.item_id}"
        )
        raise Refused(409, "CONFLICT", words) from None
    for link in one.get("associations") or []:
        company = store.item("companies", str(link["to"]["id"]))
        if company is None:
            raise Refused(404, "OBJECT_NOT_FOUND", f"Company {link['to']['id']} does not exist.")
        store.link(name, item.id, company.id, is_primary=_is_primary(name, link["types"]))
    shown = [*one["properties"], *([by] if by else [])]
    found = as_json(item, item.properties, shown)
    if one.get("objectWriteTraceId"):
        found["objectWriteTraceId"] = one["objectWriteTraceId"]
    return {**found, "new": is_new} if action == "upsert" else found


def _judge(store: Store, name: str, one: Mapping[str, Any]) -> None:
    faults = []
    for key, value in one["properties"].items():
        fault = store.properties[name][key].fault(value)
        if fault:
            faults.append((key, *fault))
    if faults:
        raise invalid(property_errors(faults))


def _inputs(body: Mapping[str, Any], *, most: int = _MOST) -> list[Any]:
    inputs = body["inputs"]
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= most:
        raise invalid(f"inputs must hold 1 to {most} entries")
    return inputs


def _types(name: str, is_primary: bool) -> list[dict[str, Any]]:
    plain = {"category": "HUBSPOT_DEFINED", "typeId": PLAIN[name], "label": None}
    main = {"category": "HUBSPOT_DEFINED", "typeId": PRIMARY[name], "label": "Primary"}
    return [main, plain] if is_primary else [plain]


def _is_primary(name: str, types: list[Any]) -> bool:
    for one in types:
        demand(one, {"associationCategory", "associationTypeId"}, frozenset({"associationCategory"}))
        if one["associationTypeId"] not in (PRIMARY[name], PLAIN[name]):
            raise invalid(f"{one['associationTypeId']} is no type of link between these objects")
    return any(one["associationTypeId"] == PRIMARY[name] for one in types)


def _error(category: str, message: str, context: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": "error", "category": category, "message": message, "context": context}


def _answer(store: Store, results: list[Any], errors: list[Any], status: int) -> tuple[int, dict[str, Any]]:
    now = moment_text(store.now())
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        body.update(numErrors=len(errors), errors=errors)
    return (207 if errors else status), body
