"""The API on paper: asking for a report, watching it, taking its files."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort

from vocapp.api.documents import list_of
from vocapp.api.guard import current_bearer, finish, needs
from vocapp.api.paging import page_after, single
from vocapp.api.remembering import once_per_key
from vocapp.api.reports import (
    MIME_TYPES,
    file_of,
    location_of,
    report_asked_for,
    report_document,
    reports_matching,
)
from vocapp.api.rules import Scope
from vocapp.api.writing_documents import ReportIn, ReportOut, ReportQuery
from vocapp.core.clock import utcnow
from vocapp.identity.guards import current_person
from vocapp.reports.models import Report

api_reports = APIBlueprint("api_reports", __name__, url_prefix="/api/v1", tag="Reports")
api_reports.after_request(finish)

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {media_type: {"schema": {"type": "string"}} for media_type in MIME_TYPES.values()},
    },
    409: {"description": "It is not drawn yet, or could not be."},
}


@api_reports.get("/reports")
@needs(Scope.REPORTS_READ)
@api_reports.input(ReportQuery, location="query", arg_name="wanted")
@api_reports.output(list_of(ReportOut))
def reports(wanted: dict[str, Any]) -> dict[str, Any]:
    """List reports."""
    page = page_after(reports_matching(current_person(), wanted), Report.id)
    return {**page, "items": [report_document(one) for one in page["items"]]}


@api_reports.post("/reports")
@needs(Scope.REPORTS_WRITE, is_heavy=True)
@once_per_key
@api_reports.input(ReportIn, arg_name="body")
@api_reports.output(ReportOut, status_code=202)
def ask(body: dict[str, Any]) -> Any:
    """Ask for a report; it is drawn in the background, and Location says where to watch it."""
    report = report_asked_for(body, current_person(), token_id=current_bearer().token_id, now=utcnow())
    return report_document(report), 202, {"Location": location_of(report)}


@api_reports.get("/reports/<int:report_id>")
@needs(Scope.REPORTS_READ)
@api_reports.output(ReportOut)
def report(report_id: int) -> Any:
    """Read how far a report is, and where its files are."""
    return report_document(single(reports_matching(current_person(), {}), Report.id, report_id) or abort(404))


@api_reports.get("/reports/<int:report_id>/<any(pdf, pptx, xlsx):ending>")
@needs(Scope.REPORTS_READ, is_heavy=True)
@api_reports.doc(responses=FILES)
def file(report_id: int, ending: str) -> Response:
    """Take a report as PDF, or a portfolio as slides or tables."""
    return file_of(single(reports_matching(current_person(), {}), Report.id, report_id) or abort(404), ending)
