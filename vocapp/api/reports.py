"""Reports as programs ask for them and read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, abort, url_for
from sqlalchemy import Select

from vocapp.api.finding import account_named, refused
from vocapp.api.problems import Problem
from vocapp.api.service import record_token_act
from vocapp.campaigns.models import Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.core.db import db
from vocapp.core.web import absolute_url
from vocapp.identity.models import User
from vocapp.reports.models import Report
from vocapp.reports.ordering import readable_books
from vocapp.reports.printing import OTHER_FORMS, other_form
from vocapp.reports.queries import visible_reports
from vocapp.reports.rules import Audience, Order, PaperSize, ReportKind, ReportState, file_name
from vocapp.reports.service import request_report
from vocapp.reports.titles import title_of

MIME_TYPES = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NO_WAVE = "There is no launched wave with this id among yours."
NOT_YET = "It is being drawn; its address says how far it is."
FAILED = "It could not be drawn; ask for it again."
NO_BOOK = "A book is for its CSM and for leaders; name one you may read."


def report_asked_for(body: Mapping[str, Any], reader: User, *, token_id: int, now: datetime) -> Report:
    """Ask for the report of a body, and return it; what cannot be ends in a 422."""
    report = request_report(_order(body, reader), requested_by=reader, now=now)
    record_token_act("report_by_api", by=reader, token_id=token_id, subject=("report", report.id))
    return report


def _order(body: Mapping[str, Any], reader: User) -> Order:
    """Return what a body asks for, as far as the reader may have it; else a 422 names what is not there.

    What a kind is not about is left out, as the page does.
    """
    kind = ReportKind(body["kind"])
    return Order(
        kind=kind,
        account_id=account_named(body, reader).id if kind is ReportKind.ACCOUNT else None,
        wave_id=_wave(body.get("wave_id"), reader) if kind is ReportKind.WAVE else None,
        user_id=_book(body.get("csm_email"), reader) if kind is ReportKind.BOOK else None,
        reader_id=reader.id,
        audience=Audience(body["audience"]),
        language=body["language"],
        paper=PaperSize(body["paper"]),
        has_appendix=body["has_appendix"],
    )


def report_document(report: Report) -> dict[str, Any]:
    """Return what is told of a report; it has links to its files once it is ready."""
    told = (
        "id", "kind", "state", "edition", "previous_id", "snapshot_id", "account_id", "wave_id", "audience",
        "language", "paper", "has_appendix", "failure", "created_at", "finished_at",
    )  # fmt: skip
    links = {"self": absolute_url("api_reports.report", report_id=report.id)}
    if report.state == ReportState.READY:
        links |= {ending: _address(report, ending) for ending in ("pdf", *OTHER_FORMS.get(report.kind, ()))}
    return {name: getattr(report, name) for name in told} | {
        "csm_email": report.subject.email if report.subject else None,
        "progress": _progress(report),
        "links": links,
    }


def location_of(report: Report) -> str:
    """Return where a report can be watched, as a path of this installation."""
    return url_for("api_reports.report", report_id=report.id)


def _progress(report: Report) -> float:
    if report.state != ReportState.WAITING:
        return 1.0
    return 0.5 if report.snapshot_id else 0.0


def _address(report: Report, ending: str) -> str:
    return absolute_url("api_reports.file", report_id=report.id, ending=ending)


def _wave(wave_id: int | None, reader: User) -> int:
    launched = visible_waves(reader).where(Wave.launched_at.is_not(None), Wave.id == wave_id)
    found = db.session.scalar(launched.with_only_columns(Wave.id))
    if found is None:
        raise refused("/wave_id", NO_WAVE)
    return int(found)


def _book(email: str | None, reader: User) -> int:
    wanted = (email or "").strip().lower()
    found = next((user.id for user in readable_books(reader) if user.email.lower() == wanted), None)
    if found is None:
        raise refused("/csm_email", NO_BOOK)
    return found


def reports_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return the reports a user may read, as asked for."""
    reports = visible_reports(user)
    for name in ("kind", "state", "account_id"):
        if name in wanted:
            reports = reports.where(getattr(Report, name) == wanted[name])
    return reports


def file_of(report: Report, ending: str) -> Response:
    """Return a report as a file; a 409 while there is none, a 404 for a form its kind does not have."""
    if ending != "pdf" and ending not in OTHER_FORMS.get(report.kind, {}):
        abort(404)
    if report.state == ReportState.FAILED:
        raise Problem(409, report.failure or FAILED)
    if report.pdf is None or report.snapshot is None:
        raise Problem(409, NOT_YET, headers={"Retry-After": "5"})
    content = report.pdf if ending == "pdf" else other_form(report.snapshot, ending)
    response = Response(content, mimetype=MIME_TYPES[ending])
    name = file_name(title_of(report), report.created_at.date(), ending)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
