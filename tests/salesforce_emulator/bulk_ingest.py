"""Bulk 2 jobs that write."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from tests.salesforce_emulator.calls import Call, Routes
from tests.salesforce_emulator.csv_text import DELIMITERS, ENDINGS, BadCsv, read_csv, write_csv
from tests.salesforce_emulator.ids import make_id, normal_id
from tests.salesforce_emulator.org import BulkPlan, Org
from tests.salesforce_emulator.refusals import ApiError, malformed_json
from tests.salesforce_emulator.removing import delete, purge
from tests.salesforce_emulator.schema import Field, Kind
from tests.salesforce_emulator.writing import Writer, existing, external_field, insert, update, upsert

routes = Routes()
OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
SPEC = (
    "object",
    "operation",
    "externalIdFieldName",
    "contentType",
    "lineEnding",
    "columnDelimiter",
    "assignmentRuleId",
)
LARGEST_UPLOAD = 100 * 1024 * 1024
EMPTIED = "#N/A"


@dataclass
class IngestJob:
    """A job, what was handed over, and what became of the rows."""

    id: str
    kind: Kind
    operation: str
    external: Field | None
    delimiter: str
    ending: str
    writer: Writer
    created: str
    plan: BulkPlan
    version: str
    state: str = "Open"
    content: bytes | None = field(default=None, repr=False)
    message: str = ""
    polls: int = 0
    header: list[str] = field(default_factory=list)
    done: list[tuple[str, bool, list[str]]] = field(default_factory=list)
    failed: list[tuple[str, str, list[str]]] = field(default_factory=list)
    left: list[list[str]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """Return what the API says about the job."""
        answer: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.kind.name,
            "createdById": self.writer.user,
            "createdDate": self.created,
            "systemModstamp": self.created,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.ending,
            "columnDelimiter": self.delimiter,
            "jobType": "V2Ingest",
        }
        if self.external:
            answer["externalIdFieldName"] = self.external.name
        if self.state == "Open":
            answer["contentUrl"] = f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"
        return answer

    def progress(self) -> dict[str, Any]:
        """Return the job with its counts."""
        counts: dict[str, Any] = {
            "numberRecordsProcessed": len(self.done) + len(self.failed),
            "numberRecordsFailed": len(self.failed),
            "retries": 0,
            "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apexProcessingTime": 0,
        }
        if self.message:
            counts["errorMessage"] = self.message
        return self.told() | counts


def _choice(given: Mapping[str, Any], name: str, allowed: Iterable[str], default: str) -> str:
    found = given.get(name, default)
    if found not in allowed:
        raise malformed_json(f"{found} is not a valid value for {name}")
    return str(found)


@routes.add("POST", "/jobs/ingest")
def open_job(call: Call) -> dict[str, Any]:
    given = call.body(SPEC)
    operation = _choice(given, "operation", OPERATIONS, "")
    if given.get("contentType", "CSV") != "CSV":
        raise ApiError(400, "INVALIDJOB", "Unsupported content type, only CSV is supported")
    kind = call.org.schema.visible_kind(str(given.get("object")), call.user)
    if kind is None:
        raise ApiError(400, "INVALIDENTITY", f"Unable to find object: {given.get('object')}")
    external = None
    if operation == "upsert":
        name = given.get("externalIdFieldName")
        if not name:
            raise ApiError(
                400,
                "INVALIDJOB",
                "External ID was blank for object. An External ID must be specified for upsert.",
            )
        try:
            external = external_field(call.org, kind, str(name), call.user)
        except ApiError:
            raise ApiError(
                400, "INVALIDJOB", f"Field name provided, {name} does not match an External ID"
            ) from None
    elif "externalIdFieldName" in given:
        raise ApiError(400, "INVALIDJOB", "externalIdFieldName is for upsert only")
    writer = Writer(call.user, is_csv=True, allows_duplicates=call.writer.allows_duplicates)
    job = IngestJob(
        make_id("750", call.org.new_number()),
        kind,
        operation,
        external,
        _choice(given, "columnDelimiter", DELIMITERS, "COMMA"),
        _choice(given, "lineEnding", ENDINGS, "LF"),
        writer,
        call.org.clock.stamp(),
        call.org.bulk_plan,
        call.version,
    )
    call.org.jobs[job.id] = job
    return job.told()


def _job(call: Call, key: str) -> IngestJob:
    found = call.org.jobs.get(normal_id(key) or "")
    if not isinstance(found, IngestJob) or found.writer.user != call.user:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return found


@routes.add("GET", "/jobs/ingest")
def all_jobs(call: Call) -> dict[str, Any]:
    jobs = [job.told() for job in call.org.jobs.values() if isinstance(job, IngestJob)]
    return {"done": True, "nextRecordsUrl": None, "records": jobs}


@routes.add("PUT", "/jobs/ingest/{key}/batches")
def hand_over(call: Call, key: str) -> Response:
    job = _job(call, key)
    if call.request.mimetype != "text/csv":
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "Content type must be text/csv")
    if job.state != "Open":
        raise ApiError(400, "INVALIDJOBSTATE", f"Job is not open: {job.state}")
    if job.content is not None:
        message = (
            f"Found multiple contents for job: <{job.id}>, please close, abort or delete the current job"
        )
        raise ApiError(400, "INVALIDJOBSTATE", message)
    content = call.request.get_data()
    if len(content) > LARGEST_UPLOAD:
        raise ApiError(413, "EXCEEDED_MAX_SIZE", "the content is larger than 100 MB")
    job.content = content
    return Response(status=201)


@routes.add("PATCH", "/jobs/ingest/{key}")
def close_job(call: Call, key: str) -> dict[str, Any]:
    job = _job(call, key)
    state = _choice(call.body(("state",)), "state", ("UploadComplete", "Aborted"), "")
    if state == "Aborted" and job.state in ("Open", "UploadComplete", "InProgress"):
        job.state = "Aborted"
        job.left = _rows_left(job)
    elif state == "UploadComplete" and job.state == "Open" and job.content is not None:
        job.state = "UploadComplete"
    else:
        raise ApiError(400, "INVALIDJOBSTATE", f"Job cannot become {state} from {job.state}")
    return job.told()


def _rows_left(job: IngestJob) -> list[list[str]]:
    try:
        job.header, rows = read_csv(job.content or b"", delimiter=job.delimiter, ending=job.ending)
    except BadCsv:
        return []
    return rows


@routes.add("GET", "/jobs/ingest/{key}")
def poll(call: Call, key: str) -> dict[str, Any]:
    job = _job(call, key)
    if job.state in ("UploadComplete", "InProgress"):
        if job.polls < job.plan.polls:
            job.polls += 1
            job.state = "InProgress"
        else:
            work_off(call.org, job)
    return job.progress()


@routes.add("DELETE", "/jobs/ingest/{key}")
def forget(call: Call, key: str) -> None:
    job = _job(call, key)
    if job.state not in ("UploadComplete", "JobComplete", "Aborted", "Failed"):
        raise ApiError(400, "INVALIDJOBSTATE", f"Job cannot be deleted while it is {job.state}")
    del call.org.jobs[job.id]


def work_off(org: Org, job: IngestJob) -> None:
    """Do all rows of a job, as far as its plan lets them."""
    try:
        job.header, rows = read_csv(job.content or b"", delimiter=job.delimiter, ending=job.ending)
        _check_header(org, job)
    except BadCsv as problem:
        job.state, job.message = "Failed", str(problem)
        return
    stop = len(rows) - job.plan.unprocessed
    if job.plan.fail_after is not None and job.plan.fail_after < stop:
        stop = job.plan.fail_after
        job.message = job.plan.message
    stop = max(stop, 0)
    for row in rows[:stop]:
        try:
            key, is_new = _row(org, job, dict(zip(job.header, row, strict=True)))
            job.done.append((key, is_new, row))
        except ApiError as refusal:
            job.failed.append(("", refusal.cell(), row))
    job.left = rows[stop:]
    job.state = "Failed" if job.message else "JobComplete"
    job.content = None
    # Parallel batches end in any order, and nobody may count on the order of the results.
    shuffle = random.Random(job.id)
    shuffle.shuffle(job.done)
    shuffle.shuffle(job.failed)
    shuffle.shuffle(job.left)


def _check_header(org: Org, job: IngestJob) -> None:
    for name in job.header:
        known = job.kind.relationship(name.split(".")[0]) if "." in name else job.kind.get(name)
        if known is None or not org.schema.visible_field(job.kind, known.name, job.writer.user):
            raise BadCsv(f"InvalidBatch : Field name not found : {name}")
    names = {name.lower() for name in job.header}
    needed = job.external.name if job.external else None if job.operation == "insert" else "Id"
    if needed and needed.lower() not in names:
        raise BadCsv(f"InvalidBatch : {needed} is missing in the header")


def _row(org: Org, job: IngestJob, cells: Mapping[str, str]) -> tuple[str, bool]:
    values = {name: None if cell == EMPTIED else cell for name, cell in cells.items() if cell != ""}
    if job.operation == "insert":
        return insert(org, job.kind, values, job.writer), True
    if job.external:
        name = next(one for one in cells if job.external.name.lower() == one.lower())
        return upsert(org, job.kind, job.external, values.get(name), values, job.writer)
    key = next((value for name, value in values.items() if name.lower() == "id"), None)
    if not key:
        raise ApiError(400, "MISSING_ARGUMENT", "Id not specified in an update call", fields=["Id"])
    try:
        row = existing(org, job.kind, key)
    except ApiError as refusal:
        if refusal.code != "NOT_FOUND":
            raise
        raise ApiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=[]) from None
    if job.operation == "update":
        update(org, job.kind, row["Id"], values, job.writer)
    elif job.operation == "delete":
        delete(org, row["Id"], job.writer)
    else:
        purge(org, row["Id"], job.writer)
    return str(row["Id"]), False


def _results(job: IngestJob, extra: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    if job.state not in ("JobComplete", "Failed", "Aborted"):
        raise ApiError(400, "INVALIDJOBSTATE", f"Results are not there while the job is {job.state}")
    content = write_csv([[*extra, *job.header], *rows], delimiter=job.delimiter, ending=job.ending)
    # The header names no character set; whoever guesses one gets the names wrong.
    return Response(content, content_type="text/csv")


@routes.add("GET", "/jobs/ingest/{key}/successfulResults")
def successful(call: Call, key: str) -> Response:
    job = _job(call, key)
    rows = [[done, "true" if is_new else "false", *row] for done, is_new, row in job.done]
    return _results(job, ("sf__Id", "sf__Created"), rows)


@routes.add("GET", "/jobs/ingest/{key}/failedResults")
def failures(call: Call, key: str) -> Response:
    job = _job(call, key)
    return _results(job, ("sf__Id", "sf__Error"), [[one, error, *row] for one, error, row in job.failed])


# The documentation writes one of these, the client library the other.
@routes.add("GET", "/jobs/ingest/{key}/unprocessedRecords")
@routes.add("GET", "/jobs/ingest/{key}/unprocessedrecords")
def unprocessed(call: Call, key: str) -> Response:
    job = _job(call, key)
    return _results(job, (), job.left)
