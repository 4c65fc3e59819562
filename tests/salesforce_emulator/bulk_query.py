"""Bulk 2 jobs that read."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from tests.salesforce_emulator import soql
from tests.salesforce_emulator.calls import Call, Routes
from tests.salesforce_emulator.csv_text import DELIMITERS, ENDINGS, write_csv
from tests.salesforce_emulator.ids import make_id, normal_id
from tests.salesforce_emulator.moments import bulk_moment
from tests.salesforce_emulator.org import BulkPlan
from tests.salesforce_emulator.refusals import ApiError, malformed_json

routes = Routes()
SPEC = ("operation", "query", "contentType", "columnDelimiter", "lineEnding")


@dataclass
class QueryJob:
    """A job and, once it is done, the lines of its result."""

    id: str
    source: str
    operation: str
    object: str
    delimiter: str
    ending: str
    user: str
    version: str
    created: str
    plan: BulkPlan
    state: str = "UploadComplete"
    polls: int = 0
    header: list[str] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list, repr=False)
    message: str = ""

    def told(self) -> dict[str, Any]:
        """Return what the API says about the job."""
        answer: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.user,
            "createdDate": self.created,
            "systemModstamp": self.created,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.ending,
            "columnDelimiter": self.delimiter,
        }
        return answer | ({"errorMessage": self.message} if self.message else {})


@routes.add("POST", "/jobs/query")
def open_job(call: Call) -> dict[str, Any]:
    given = call.body(SPEC)
    delimiter, ending = given.get("columnDelimiter", "COMMA"), given.get("lineEnding", "LF")
    if (
        given.get("operation") not in ("query", "queryAll")
        or delimiter not in DELIMITERS
        or ending not in ENDINGS
    ):
        raise malformed_json("operation, columnDelimiter or lineEnding has a value that is not valid")
    if given.get("contentType", "CSV") != "CSV" or not isinstance(given.get("query"), str):
        raise malformed_json("a query job needs a query and gives CSV")
    # A query that is not understood is refused at once, and so are counts and offsets.
    query, found = soql.run(call.org, given["query"], call.user, call.version, with_deleted=False)
    if query.is_count or query.offset is not None:
        raise ApiError(400, "API_ERROR", "Aggregate queries and OFFSET are not supported by Bulk API 2.0")
    job = QueryJob(
        make_id("750", call.org.new_number()),
        given["query"],
        given["operation"],
        found.kind.name,
        delimiter,
        ending,
        call.user,
        call.version,
        call.org.clock.stamp(),
        call.org.bulk_plan,
    )
    call.org.jobs[job.id] = job
    return job.told()


def _job(call: Call, key: str) -> QueryJob:
    found = call.org.jobs.get(normal_id(key) or "")
    if not isinstance(found, QueryJob) or found.user != call.user:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return found


@routes.add("GET", "/jobs/query")
def all_jobs(call: Call) -> dict[str, Any]:
    jobs = [job.told() for job in call.org.jobs.values() if isinstance(job, QueryJob)]
    return {"done": True, "nextRecordsUrl": None, "records": jobs}


@routes.add("GET", "/jobs/query/{key}")
def poll(call: Call, key: str) -> dict[str, Any]:
    job = _job(call, key)
    if job.state in ("UploadComplete", "InProgress"):
        if job.polls < job.plan.polls:
            job.polls += 1
            job.state = "InProgress"
        elif job.plan.fail_after is not None:
            job.state, job.message = "Failed", job.plan.message
        else:
            _work_off(call, job)
    return job.told() | {"numberRecordsProcessed": len(job.lines), "retries": 0, "totalProcessingTime": 0}


def _work_off(call: Call, job: QueryJob) -> None:
    with_deleted = job.operation == "queryAll"
    _, found = soql.run(call.org, job.source, job.user, job.version, with_deleted=with_deleted)
    job.header = [".".join(path) for path in found.paths]
    columns = list(zip(found.getters, found.types, strict=True))
    job.lines = [[_cell(get(row), kind) for get, kind in columns] for row in found.rows]
    job.state = "JobComplete"


def _cell(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "datetime":
        return bulk_moment(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@routes.add("GET", "/jobs/query/{key}/results")
def results(call: Call, key: str) -> Response:
    job = _job(call, key)
    if job.state != "JobComplete":
        raise ApiError(400, "INVALIDJOBSTATE", f"Results are not there while the job is {job.state}")
    size, locator = (
        call.request.args.get("maxRecords", str(job.plan.query_page)),
        call.request.args.get("locator"),
    )
    if not size.isdigit() or int(size) < 1:
        raise ApiError(400, "INVALID_ARGUMENT", "maxRecords must be a number above 0")
    start = 0
    if locator is not None:
        if not locator.startswith("L") or not locator[1:].isdigit() or int(locator[1:]) >= len(job.lines):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        start = int(locator[1:])
    end = start + min(int(size), job.plan.query_page)
    page = job.lines[start:end]
    response = Response(
        write_csv([job.header, *page], delimiter=job.delimiter, ending=job.ending), content_type="text/csv"
    )
    response.headers["Sforce-Locator"] = f"L{end}" if end < len(job.lines) else "null"
    response.headers["Sforce-NumberOfRecords"] = str(len(page))
    return response


@routes.add("PATCH", "/jobs/query/{key}")
def abort(call: Call, key: str) -> dict[str, Any]:
    job = _job(call, key)
    if call.body(("state",)).get("state") != "Aborted" or job.state not in ("UploadComplete", "InProgress"):
        raise ApiError(400, "INVALIDJOBSTATE", f"Job cannot be changed while it is {job.state}")
    job.state = "Aborted"
    return job.told()


@routes.add("DELETE", "/jobs/query/{key}")
def forget(call: Call, key: str) -> None:
    job = _job(call, key)
    if job.state not in ("JobComplete", "Aborted", "Failed"):
        raise ApiError(400, "INVALIDJOBSTATE", f"Job cannot be deleted while it is {job.state}")
    del call.org.jobs[job.id]
