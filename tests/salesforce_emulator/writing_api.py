"""Addresses that write: single records, external ids, and collections of up to 200."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.salesforce_emulator.calls import Call, Routes
from tests.salesforce_emulator.ids import normal_id
from tests.salesforce_emulator.refusals import ApiError, malformed_json, no_such_column
from tests.salesforce_emulator.removing import delete
from tests.salesforce_emulator.schema import Field, Kind
from tests.salesforce_emulator.table import Row
from tests.salesforce_emulator.writing import (
    by_external_id,
    existing,
    external_field,
    insert,
    update,
    upsert,
)

routes = Routes()
MOST_WRITTEN, MOST_READ = 200, 2000
ROLLED_BACK = (
    "Record rolled back because not all records were valid and the request was using AllOrNone header"
)


def written(call: Call, kind: Kind, row: Row, names: Sequence[str] = ()) -> Row:
    """Return a row as the API writes it, with all fields the caller sees or those that are named."""
    schema = call.org.schema
    url = f"/services/data/v{call.version}/sobjects/{kind.name}/{row['Id']}"
    answer: Row = {"attributes": {"type": kind.name, "url": url}}
    fields: list[Field] = []
    for name in names:
        field = schema.visible_field(kind, name.strip(), call.user)
        if field is None:
            raise no_such_column(name, kind.name)
        fields.append(field)
    for field in fields or schema.visible_fields(kind, call.user):
        answer[field.name] = row.get(field.name, field.default if field.type == "boolean" else None)
    return answer


def _wanted(call: Call) -> list[str]:
    return [name for name in call.request.args.get("fields", "").split(",") if name]


@routes.add("POST", "/sobjects/{name}")
def create(call: Call, name: str) -> tuple[int, dict[str, Any]]:
    key = insert(call.org, call.kind(name), call.body(), call.writer)
    return 201, {"id": key, "success": True, "errors": []}


@routes.add("GET", "/sobjects/{name}/{key}")
def read(call: Call, name: str, key: str) -> Row:
    kind = call.kind(name)
    return written(call, kind, existing(call.org, kind, key), _wanted(call))


@routes.add("PATCH", "/sobjects/{name}/{key}")
def change(call: Call, name: str, key: str) -> None:
    values = call.body()
    if _own_id(values) is not None:
        raise ApiError(
            400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.", fields=["Id"]
        )
    update(call.org, call.kind(name), key, values, call.writer)


@routes.add("DELETE", "/sobjects/{name}/{key}")
def remove(call: Call, name: str, key: str) -> None:
    kind = call.kind(name)
    delete(call.org, existing(call.org, kind, key)["Id"], call.writer)


def _several(call: Call, kind: Kind, keys: Sequence[str]) -> tuple[int, list[str]]:
    return 300, [f"/services/data/v{call.version}/sobjects/{kind.name}/{key}" for key in keys]


# A value may hold slashes once it is decoded, never before: the path is matched raw.
@routes.add("GET", "/sobjects/{name}/{field}/{value}")
def read_by_external_id(call: Call, name: str, field: str, value: str) -> Any:
    kind = call.kind(name)
    found = by_external_id(call.org, kind, external_field(call.org, kind, field, call.user), value)
    if not found:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    if len(found) > 1:
        return _several(call, kind, found)
    return written(call, kind, existing(call.org, kind, found[0]), _wanted(call))


@routes.add("PATCH", "/sobjects/{name}/{field}/{value}")
def upsert_one(call: Call, name: str, field: str, value: str) -> Any:
    kind = call.kind(name)
    external = external_field(call.org, kind, field, call.user)
    values = call.body()
    if any(given.lower() == external.name.lower() for given in values):
        message = f"The {external.name} field should not be specified in the sobject data."
        raise ApiError(400, "INVALID_FIELD", message, fields=[external.name])
    found = by_external_id(call.org, kind, external, value)
    if len(found) > 1:
        return _several(call, kind, found)
    key, is_new = upsert(call.org, kind, external, value, values, call.writer)
    return 201 if is_new else 200, {"id": key, "success": True, "errors": [], "created": is_new}


@routes.add("DELETE", "/sobjects/{name}/{field}/{value}")
def remove_by_external_id(call: Call, name: str, field: str, value: str) -> Any:
    kind = call.kind(name)
    found = by_external_id(call.org, kind, external_field(call.org, kind, field, call.user), value)
    if not found:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    if len(found) > 1:
        return _several(call, kind, found)
    return delete(call.org, found[0], call.writer)


Step = Callable[[Any], dict[str, Any]]


def _each(call: Call, items: Sequence[Any], step: Step, *, all_or_none: bool) -> list[dict[str, Any]]:
    """Do a step for each item and return the results in order; all are taken back when one must not fail."""
    results: list[dict[str, Any]] = []
    with call.org.attempt() as take_back:
        for item in items:
            try:
                results.append(step(item) | {"success": True, "errors": []})
            except ApiError as refusal:
                if refusal.code == "JSON_PARSER_ERROR":
                    take_back()
                    raise
                results.append({"success": False, "errors": [refusal.row()]})
        if all_or_none and not all(result["success"] for result in results):
            take_back()
            rolled_back = ApiError(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK)
            results = [
                {"success": False, "errors": [rolled_back.row()]} if result["success"] else result
                for result in results
            ]
    return results


def _records(call: Call) -> tuple[list[dict[str, Any]], bool]:
    body = call.body(("records", "allOrNone"))
    records, all_or_none = body.get("records"), body.get("allOrNone", False)
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records) or not records:
        raise malformed_json("records must be a list of records")
    if not isinstance(all_or_none, bool):
        raise malformed_json("allOrNone must be true or false")
    _check_size(len(records), MOST_WRITTEN)
    return records, all_or_none


def _check_size(size: int, most: int) -> None:
    if size > most:
        message = f"record limit reached. cannot submit more than {most} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)


def _typed(call: Call, record: Mapping[str, Any]) -> Kind:
    attributes = record.get("attributes")
    if not isinstance(attributes, Mapping) or not isinstance(attributes.get("type"), str):
        raise malformed_json("each record needs attributes with a type")
    found = call.org.schema.visible_kind(attributes["type"], call.user)
    if found is None:
        message = f"sObject type '{attributes['type']}' is not supported."
        raise ApiError(400, "INVALID_TYPE", message, fields=[])
    return found


@routes.add("POST", "/composite/sobjects")
def create_many(call: Call) -> list[dict[str, Any]]:
    records, all_or_none = _records(call)

    def step(record: dict[str, Any]) -> dict[str, Any]:
        return {"id": insert(call.org, _typed(call, record), record, call.writer)}

    return _each(call, records, step, all_or_none=all_or_none)


def _own_id(record: Mapping[str, Any]) -> Any:
    return next((value for name, value in record.items() if name.lower() == "id"), None)


@routes.add("PATCH", "/composite/sobjects")
def change_many(call: Call) -> list[dict[str, Any]]:
    records, all_or_none = _records(call)
    times = Counter(normal_id(_own_id(record)) for record in records)

    def step(record: dict[str, Any]) -> dict[str, Any]:
        kind, given = _typed(call, record), _own_id(record)
        key = normal_id(given)
        if given is None:
            raise ApiError(400, "MISSING_ARGUMENT", "Id not specified in an update call", fields=["Id"])
        if key is not None and times[key] > 1:
            message = f"Attempt to update Id more than once in this Api call: {key}"
            raise ApiError(400, "DUPLICATE_VALUE", message, fields=["Id"])
        _known(lambda: update(call.org, kind, given, record, call.writer))
        return {"id": key}

    return _each(call, records, step, all_or_none=all_or_none)


def _known(step: Callable[[], None]) -> None:
    """Do a step; in calls about many records an unknown id is named as a reference that leads nowhere."""
    try:
        step()
    except ApiError as refusal:
        if refusal.code == "NOT_FOUND":
            raise ApiError(
                400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[]
            ) from None
        raise


@routes.add("DELETE", "/composite/sobjects")
def remove_many(call: Call) -> list[dict[str, Any]]:
    args = call.request.args
    keys = [key for key in args.get("ids", "").split(",") if key]
    all_or_none = args.get("allOrNone", "false").lower() == "true"
    if not keys:
        raise ApiError(400, "MISSING_ARGUMENT", "ids must be specified")
    _check_size(len(keys), MOST_WRITTEN)
    times = Counter(normal_id(key) for key in keys)

    def step(key: str) -> dict[str, Any]:
        found = normal_id(key)
        if found is None:
            raise ApiError(400, "MALFORMED_ID", f"malformed id {key}", fields=[])
        if times[found] > 1:
            raise ApiError(400, "DUPLICATE_VALUE", f"duplicate id in list: {found}", fields=["Id"])
        _known(lambda: delete(call.org, found, call.writer))
        return {"id": found}

    return _each(call, keys, step, all_or_none=all_or_none)


@routes.add("PATCH", "/composite/sobjects/{name}/{field}")
def upsert_many(call: Call, name: str, field: str) -> list[dict[str, Any]]:
    kind = call.kind(name)
    external = external_field(call.org, kind, field, call.user)
    records, all_or_none = _records(call)
    values = [
        next((v for k, v in record.items() if k.lower() == external.name.lower()), None) for record in records
    ]
    times = Counter(str(value) if external.is_case_sensitive else str(value).lower() for value in values)

    def step(pair: tuple[dict[str, Any], Any]) -> dict[str, Any]:
        record, value = pair
        typed = _typed(call, record)
        if typed is not kind:
            raise ApiError(
                400, "INVALID_TYPE", f"Record type must match the type of the URL: {kind.name}", fields=[]
            )
        if external.type != "id" and _own_id(record) is not None:
            message = "The Id field should not be specified in the sobject data."
            raise ApiError(400, "INVALID_FIELD", message, fields=["Id"])
        if times[str(value) if external.is_case_sensitive else str(value).lower()] > 1 and value is not None:
            message = f"Duplicate external id specified: {value}"
            raise ApiError(400, "DUPLICATE_VALUE", message, fields=[external.name])
        key, is_new = upsert(call.org, kind, external, value, record, call.writer)
        return {"id": key, "created": is_new}

    return _each(call, list(zip(records, values, strict=True)), step, all_or_none=all_or_none)


def _retrieved(call: Call, name: str, keys: Sequence[Any], names: Sequence[Any]) -> list[Row | None]:
    kind = call.kind(name)
    _check_size(len(keys), MOST_READ)
    if not names or not keys:
        raise ApiError(400, "MISSING_ARGUMENT", "ids and fields must be specified")
    answer: list[Row | None] = []
    table, sees = call.org.table(kind.name), call.org.visibility()
    written(call, kind, {"Id": ""}, [str(one) for one in names])
    for key in keys:
        found = normal_id(key)
        if found is None:
            raise ApiError(400, "MALFORMED_ID", f"malformed id {key}")
        row = table.rows.get(found)
        is_there = row is not None and not row.get("IsDeleted") and (sees is None or sees(found))
        answer.append(written(call, kind, row, [str(one) for one in names]) if row and is_there else None)
    return answer


@routes.add("POST", "/composite/sobjects/{name}")
def retrieve(call: Call, name: str) -> list[Row | None]:
    body = call.body(("ids", "fields"))
    keys, names = body.get("ids"), body.get("fields")
    if not isinstance(keys, list) or not isinstance(names, list):
        raise malformed_json("ids and fields must be lists")
    return _retrieved(call, name, keys, names)


@routes.add("GET", "/composite/sobjects/{name}")
def retrieve_by_address(call: Call, name: str) -> list[Row | None]:
    args = call.request.args
    return _retrieved(call, name, args.get("ids", "").split(","), args.get("fields", "").split(","))
