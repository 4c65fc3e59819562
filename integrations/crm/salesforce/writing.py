"""Writing up to 200 records in one call, and reading what became of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.crm.base import TooBusy
from integrations.crm.records import Batch, Operation, Refusal, Value, Write, Written
from integrations.crm.salesforce import soql
from integrations.crm.salesforce.errors import details
from integrations.crm.salesforce.ids import is_id, long_id
from integrations.crm.salesforce.line import Line

WRITE_SIZE = 200
DUPLICATE_KEY = "DUPLICATE_KEY_IN_BATCH"
MISSING_KEY = "MISSING_KEY"


def write(line: Line, batch: Batch) -> list[Written]:
    """Write a batch and return what became of each record, in their order.

    What names no record, or the same one twice, is refused here: of two, nobody knows which is right. Raises
    ValueError for a batch that is too large, and TooBusy for inserts with an unknown outcome.
    """
    if len(batch.writes) > WRITE_SIZE:
        raise ValueError(f"One call writes at most {WRITE_SIZE} records, not {len(batch.writes)}.")
    refused = refusals(batch)
    sent = [one for at, one in enumerate(batch.writes) if at not in refused]
    answers = iter(_send(line, batch, sent) if sent else ())
    return [
        Written(one.key, one.id, refusal=refused[at])
        if at in refused
        else _written(batch, one, next(answers))
        for at, one in enumerate(batch.writes)
    ]


def refusals(batch: Batch) -> dict[int, Refusal]:
    """Return position → refusal of the writes that name no record, or one that another names too."""
    if batch.operation is Operation.INSERT and not batch.external_id_field:
        return {}
    keys = [record_key(batch, one) for one in batch.writes]
    counts = Counter(keys)
    found: dict[int, Refusal] = {}
    for at, key in enumerate(keys):
        if not key:
            found[at] = Refusal(MISSING_KEY, "The record to write is not named: it has no usable id.")
        elif counts[key] > 1:
            found[at] = Refusal(DUPLICATE_KEY, f"{counts[key]} records of one call name {key!r}; send one.")
    return found


def record_key(batch: Batch, one: Write) -> str:
    """Return what names the record of a write: its id for updates, else its external id; may be empty."""
    if batch.operation is Operation.UPDATE:
        return long_id(one.id) if one.id and is_id(one.id) else ""
    return (one.external_id or "").strip()


def _send(line: Line, batch: Batch, writes: Sequence[Write]) -> Sequence[Mapping[str, Any]]:
    name = soql.name(batch.object)
    path = "composite/sobjects"
    if batch.operation is Operation.UPSERT:
        path += f"/{name}/{soql.name(batch.external_id_field)}"
    answer = line.send(
        "POST" if batch.operation is Operation.INSERT else "PATCH",
        path,
        json={"allOrNone": False, "records": [_record(batch, name, one) for one in writes]},
        headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"} if batch.allows_duplicates else None,
        object_name=name,
        # Sent twice, an insert makes a second record.
        is_repeatable=batch.operation is not Operation.INSERT,
    )
    if not isinstance(answer, list) or len(answer) != len(writes):
        raise TooBusy("Salesforce did not say what became of every record; read them again before writing.")
    return answer


def _record(batch: Batch, name: str, one: Write) -> dict[str, object]:
    values: dict[str, Value] = {soql.name(field): value for field, value in one.values.items()}
    if batch.operation is Operation.UPDATE:
        values["id"] = record_key(batch, one)
    elif batch.external_id_field:
        values[batch.external_id_field] = record_key(batch, one)
    return {"attributes": {"type": name}, **values}


def _written(batch: Batch, one: Write, answer: Mapping[str, Any]) -> Written:
    given = answer.get("id")
    record_id = long_id(given) if isinstance(given, str) and is_id(given) else one.id
    if answer.get("success"):
        # Only upserts say whether they made a record; an insert always did.
        is_created = bool(answer.get("created", batch.operation is Operation.INSERT))
        return Written(one.key, record_id, is_created=is_created)
    errors = answer.get("errors") or [{}]
    code, message, fields = details(errors)
    matches = tuple(dict.fromkeys(_matches(errors)))
    return Written(one.key, record_id, refusal=Refusal(code or "UNKNOWN_EXCEPTION", message, fields, matches))


def _matches(answer: object) -> list[str]:
    """Return the ids of records that a duplicate rule took for the same, from wherever they stand."""
    if isinstance(answer, list):
        return [found for one in answer for found in _matches(one)]
    if not isinstance(answer, Mapping):
        return []
    record = answer.get("record")
    if isinstance(record, Mapping):
        given = str(record.get("Id") or record.get("id") or "")
        return [long_id(given)] if is_id(given) else []
    return [found for one in answer.values() for found in _matches(one)]
