"""Writing records to HubSpot in batches, and what became of each."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.crm.base import TooBusy
from integrations.crm.hubspot.refusals import Invalid, message_of, property_faults
from integrations.crm.hubspot.schema import COMPANY, KINDS
from integrations.crm.hubspot.values import write_value
from integrations.crm.hubspot.wire import Wire
from integrations.crm.records import Batch, Operation, Refusal, Write, Written

_ACTIONS = {Operation.UPSERT: "upsert", Operation.UPDATE: "update", Operation.INSERT: "create"}
_EXISTING = re.compile(r"Existing ID: ([0-9]+)")
_NOT_CLEARED = Refusal(
    "COMPANY_NOT_CLEARED",
    "The link to a company is changed by naming another; take it away in HubSpot.",
    fields=(COMPANY,),
)


def write_batch(wire: Wire, batch: Batch) -> list[Written]:
    """Write a batch and return what became of each, in their order.

    HubSpot refuses a whole batch over some mistakes; then each half is tried on its own, so that one bad
    record costs a few calls and not its neighbours. Raises `TooBusy` when nobody knows what happened.
    """
    results: dict[int, Written] = {}
    sound: list[tuple[int, Write]] = []
    for index, write in enumerate(batch.writes):
        if COMPANY in write.values and write.values[COMPANY] is None:
            results[index] = Written(write.key, id=write.id, refusal=_NOT_CLEARED)
        else:
            sound.append((index, write))
    if sound:
        results.update(_write(wire, batch, sound))
    return [results[index] for index in range(len(batch.writes))]


def _write(wire: Wire, batch: Batch, writes: Sequence[tuple[int, Write]]) -> dict[int, Written]:
    path = f"/crm/v3/objects/{batch.object}/batch/{_ACTIONS[batch.operation]}"
    inputs = [_input(batch, index, write) for index, write in writes]
    try:
        body = wire.write(path, {"inputs": inputs}).body
    except Invalid as error:
        if len(writes) == 1:
            index, write = writes[0]
            refusal = _refusal(error.code or "", error.reason, error.fields)
            return {index: Written(write.key, id=write.id, refusal=refusal)}
        half = len(writes) // 2
        return {**_write(wire, batch, writes[:half]), **_write(wire, batch, writes[half:])}
    if body.get("status") not in ("COMPLETE", None):
        raise TooBusy("HubSpot took the records and did not say whether they are saved.")
    written = _join(batch, writes, body)
    if batch.operation is not Operation.INSERT:
        _link(wire, batch, writes, written)
    return written


def _input(batch: Batch, index: int, write: Write) -> dict[str, Any]:
    properties = {name: write_value(value) for name, value in write.values.items() if name != COMPANY}
    # HubSpot says what became of a record by this mark.
    found: dict[str, Any] = {"properties": properties, "objectWriteTraceId": str(index)}
    if batch.operation is Operation.UPDATE:
        found["id"] = write.id
    elif batch.operation is Operation.UPSERT:
        found["id"], found["idProperty"] = write.external_id, batch.external_id_field
    elif write.values.get(COMPANY):
        types = [_primary(batch.object)]
        found["associations"] = [{"to": {"id": str(write.values[COMPANY])}, "types": types}]
    return found


def _join(batch: Batch, writes: Sequence[tuple[int, Write]], body: Mapping[str, Any]) -> dict[int, Written]:
    by_mark = {str(index): (index, write) for index, write in writes}
    by_name = {_name_of(batch, write): (index, write) for index, write in writes}
    written: dict[int, Written] = {}
    nameless: list[Refusal] = []
    for row in body.get("results") or []:
        mark, value = (
            row.get("objectWriteTraceId"),
            (row.get("properties") or {}).get(batch.external_id_field),
        )
        found = by_mark.get(str(mark)) or by_name.get(str(row["id"] if value is None else value).casefold())
        if found is not None:
            index, write = found
            is_new = batch.operation is Operation.INSERT or bool(row.get("new"))
            written[index] = Written(write.key, id=str(row["id"]), is_created=is_new)
    for error in body.get("errors") or []:
        context = error.get("context") or {}
        message = message_of(error)
        faults = property_faults(message)
        code = next((code for _, code in faults if code), str(error.get("category") or "REFUSED"))
        refusal = _refusal(code, message, tuple(name for name, _ in faults))
        named = [by_mark.get(str(mark)) for mark in context.get("objectWriteTraceId") or ()]
        named += [by_name.get(str(name).casefold()) for name in context.get("ids") or ()]
        for found in filter(None, named):
            written.setdefault(found[0], Written(found[1].key, id=found[1].id, refusal=refusal))
        if not any(named):
            nameless.append(refusal)
    missing = [(index, write) for index, write in writes if index not in written]
    if missing and not nameless and batch.operation is Operation.INSERT:
        raise TooBusy("HubSpot did not say what became of some new records.")
    # HubSpot may answer with neither a result nor an error, or with an error that names no record.
    words = "HubSpot did not say what became of this record; look whether it is still there."
    nameless = nameless or [Refusal("NO_ANSWER", words)]
    for place, (index, write) in enumerate(missing):
        refusal = nameless[min(place, len(nameless) - 1)]
        written[index] = Written(write.key, id=write.id, refusal=refusal)
    return written


def _link(wire: Wire, batch: Batch, writes: Sequence[tuple[int, Write]], written: dict[int, Written]) -> None:
    """Make the companies named in writes the main ones; doing it again changes nothing."""
    linking = [
        (index, str(write.values[COMPANY]))
        for index, write in writes
        if write.values.get(COMPANY) and written[index].refusal is None
    ]
    if not linking:
        return
    inputs = [
        {"from": {"id": written[index].id}, "to": {"id": company}, "types": [_primary(batch.object)]}
        for index, company in linking
    ]
    path = f"/crm/v4/associations/{batch.object}/companies/batch/create"
    try:
        body = wire.write(path, {"inputs": inputs}).body
    except Invalid as error:
        if len(linking) > 1:
            half = len(writes) // 2
            _link(wire, batch, writes[:half], written)
            _link(wire, batch, writes[half:], written)
            return
        _refuse_link(written, linking[0][0], error.code or "REFUSED", error.reason)
        return
    linked = {(str(row["fromObjectId"]), str(row["toObjectId"])) for row in body.get("results") or []}
    for index, company in linking:
        if (str(written[index].id), company) not in linked:
            _refuse_link(
                written, index, "COMPANY_NOT_LINKED", "HubSpot did not link the record to its company."
            )


def _refuse_link(written: dict[int, Written], index: int, code: str, message: str) -> None:
    before = written[index]
    refusal = Refusal(code, message, fields=(COMPANY,))
    written[index] = Written(before.key, id=before.id, is_created=before.is_created, refusal=refusal)


def _name_of(batch: Batch, write: Write) -> str:
    return str((write.external_id if batch.operation is Operation.UPSERT else write.id) or "").casefold()


def _primary(name: str) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": KINDS[name].primary}


def _refusal(code: str, message: str, fields: tuple[str, ...]) -> Refusal:
    return Refusal(code, message, fields=fields, matches=tuple(_EXISTING.findall(message)))
