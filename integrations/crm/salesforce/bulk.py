"""Bulk jobs step by step: each step is one call, so a job's number can be kept before the next one."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import requests

from integrations.crm.base import TooBusy
from integrations.crm.records import Batch, BulkResults, BulkState, BulkStatus, Operation, Write, Written
from integrations.crm.salesforce import bulk_files, soql
from integrations.crm.salesforce.ids import is_id, long_id
from integrations.crm.salesforce.line import Line
from integrations.crm.salesforce.writing import record_key, refusals
from integrations.errors import Rejected

_STATES = {
    "Open": BulkState.OPEN,
    "UploadComplete": BulkState.RUNNING,
    "InProgress": BulkState.RUNNING,
    "JobComplete": BulkState.DONE,
    "Failed": BulkState.FAILED,
    "Aborted": BulkState.ABORTED,
}
_GONE = frozenset({"NOT_FOUND", "404", "ENTITY_IS_DELETED", "INVALID_ID_FIELD"})
_PAGE = 50_000
_LONGEST_WAIT = timedelta(minutes=30)
_INGEST = "jobs/ingest"
_QUERY = "jobs/query"


def open_job(line: Line, batch: Batch) -> str:
    """Make an empty job and return its id. Raises ValueError for a batch no job can carry.

    It is not asked for twice: the job of a lost answer would stay open.
    """
    _check(batch)
    job = {
        "object": soql.name(batch.object),
        "operation": batch.operation.value,
        "contentType": "CSV",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    if batch.operation is Operation.UPSERT:
        job["externalIdFieldName"] = soql.name(batch.external_id_field)
    answer = line.send("POST", _INGEST, json=job, object_name=batch.object, is_repeatable=False)
    return str(answer["id"])


def fill_job(line: Line, job_id: str, batch: Batch) -> None:
    """Hand over the rows and close the job. A job takes rows once: after TooBusy, abort it."""
    _check(batch)
    content = bulk_files.render(batch)
    if len(content) > bulk_files.LARGEST:
        raise ValueError("A bulk job carries at most 100 MB: cut the batch.")
    line.call(
        "PUT",
        f"{_job(job_id)}/batches",
        _nothing,
        data=content,
        headers={"Content-Type": "text/csv; charset=UTF-8"},
        is_repeatable=False,
    )
    close_job(line, job_id)


def close_job(line: Line, job_id: str) -> None:
    """Say that a job has all its rows; nothing when that was said before and only the answer was lost."""
    try:
        line.send("PATCH", _job(job_id), json={"state": "UploadComplete"})
    except (TooBusy, Rejected):
        if job_status(line, job_id).state not in (BulkState.RUNNING, BulkState.DONE, BulkState.FAILED):
            raise


def job_status(line: Line, job_id: str) -> BulkStatus:
    """Return where a job stands; `GONE` when Salesforce does not know it (any more)."""
    return _status(line, _job(job_id))


def job_results(line: Line, job_id: str, batch: Batch) -> BulkResults:
    """Return what became of a job's rows, by the key each was sent under.

    Rows that stand in no answer count as never looked at: sent again, upserts and updates do no harm.
    """
    keys = {record_key(batch, one): one for one in batch.writes}
    by_any_case = {key.casefold(): key for key in keys}
    column = "Id" if batch.operation is Operation.UPDATE else batch.external_id_field
    written: dict[str, Written] = {}
    for resource in ("successfulResults", "failedResults"):
        for row in bulk_files.read(line.call("GET", f"{_job(job_id)}/{resource}/", _content, headers=_CSV)):
            key = _key_of(row, column, keys, by_any_case)
            if key is None:
                continue
            one, record_id = keys[key], row.get("sf__Id", "")
            id_ = long_id(record_id) if is_id(record_id) else one.id
            given = _given_name(batch, one)
            if resource == "successfulResults":
                written[given] = Written(
                    one.key, id_, is_created=row.get("sf__Created", "").lower() == "true"
                )
            elif given not in written:
                written[given] = Written(
                    one.key, id_, refusal=bulk_files.read_refusal(row.get("sf__Error", ""))
                )
    names = {_given_name(batch, one) for one in batch.writes}
    return BulkResults(written, frozenset(names - written.keys()))


def abort_job(line: Line, job_id: str) -> None:
    """Give a job up; nothing when it is over or gone."""
    try:
        line.send("PATCH", _job(job_id), json={"state": "Aborted"})
    except Rejected:
        if not job_status(line, job_id).state.is_over:
            raise


def delete_job(line: Line, job_id: str) -> None:
    """Remove a job that is over, with its rows; nothing when it is gone."""
    _delete(line, _job(job_id))


def query_ids(line: Line, name: str, where: str) -> Iterator[list[str]]:
    """Yield the ids of all records by a query job, page by page, and remove the job at the end.

    Raises TooBusy when the job takes longer than half an hour.
    """
    limits = [soql.condition(where)] if where.strip() else []
    query = {"operation": "query", "query": soql.select(["Id"], name, limits)}
    answer = line.send("POST", _QUERY, json=query, object_name=name)
    path = _job(str(answer["id"]), _QUERY)
    try:
        _wait(line, path)
        yield from _query_pages(line, path)
    finally:
        _delete(line, path)


_CSV = {"Accept": "text/csv", "Content-Type": None}


def _query_pages(line: Line, path: str) -> Iterator[list[str]]:
    params = {"maxRecords": str(_PAGE)}
    while True:
        content, locator = line.call(
            "GET", f"{path}/results", _content_and_locator, params=params, headers=_CSV
        )
        page = [long_id(row["Id"]) for row in bulk_files.read(content)]
        if page:
            yield page
        # At the end it is the word "null".
        if locator in ("", "null"):
            return
        params = {"maxRecords": str(_PAGE), "locator": locator}


def _wait(line: Line, path: str) -> None:
    pause, waited = 1.0, 0.0
    while not (status := _status(line, path)).state.is_over:
        if waited > _LONGEST_WAIT.total_seconds():
            raise TooBusy(
                "Salesforce has not finished counting its records in half an hour; try again later."
            )
        line.sleep(pause)
        waited += pause
        pause = min(pause * 1.5, 30.0)
    if status.state is not BulkState.DONE:
        raise TooBusy(
            f"Salesforce gave up reading its records ({status.reason or status.state}); try again later."
        )


def _status(line: Line, path: str) -> BulkStatus:
    job_id = path.rpartition("/")[2]
    try:
        answer = line.read(path)
    except Rejected as refused:
        if refused.code in _GONE:
            return BulkStatus(job_id, BulkState.GONE)
        raise
    return BulkStatus(
        id=str(answer["id"]),
        state=_STATES[answer["state"]],
        records=int(answer.get("numberRecordsProcessed") or 0),
        failed=int(answer.get("numberRecordsFailed") or 0),
        reason=str(answer.get("errorMessage") or ""),
    )


def _delete(line: Line, path: str) -> None:
    try:
        line.call("DELETE", path, _nothing)
    except Rejected as refused:
        if refused.code not in _GONE:
            raise


def _job(job_id: str, kind: str = _INGEST) -> str:
    if not is_id(job_id):
        raise ValueError(f"{job_id[:40]!r} is not the id of a job.")
    return f"{kind}/{job_id}"


def _check(batch: Batch) -> None:
    if batch.operation is not Operation.UPDATE and not batch.external_id_field:
        raise ValueError("The rows of a bulk job come back in any order: it needs an external id field.")
    if batch.allows_duplicates:
        raise ValueError("A bulk job cannot pass by duplicate rules: write these records in small batches.")
    bad = refusals(batch)
    if bad:
        at, refusal = next(iter(bad.items()))
        raise ValueError(f"Row {at + 1} cannot go into a bulk job: {refusal.message}")


def _given_name(batch: Batch, one: Write) -> str:
    return (one.id if batch.operation is Operation.UPDATE else one.external_id) or ""


def _key_of(
    row: Mapping[str, str], column: str, keys: Mapping[str, Write], by_any_case: Mapping[str, str]
) -> str | None:
    given = row.get(column) or row.get("sf__Id") or ""
    if given in keys:
        return given
    if column == "Id" and is_id(given):
        return long_id(given) if long_id(given) in keys else None
    return by_any_case.get(given.strip().casefold())


def _nothing(response: requests.Response) -> None:
    """Answers without a body: 201 for rows, 204 for a removal."""


def _content(response: requests.Response) -> bytes:
    return response.content


def _content_and_locator(response: requests.Response) -> tuple[bytes, str]:
    return response.content, response.headers.get("Sforce-Locator", "")
