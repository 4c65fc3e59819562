"""Reports: asking for one, watching it being drawn, taking it home."""

from io import BytesIO

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import is_htmx, page_of, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.reports.models import Report
from vocapp.reports.ordering import form_for, ordered
from vocapp.reports.printing import OTHER_FORMS, other_form
from vocapp.reports.queries import newer_edition, visible_report, visible_reports
from vocapp.reports.rules import Order, ReportKind, file_name, takes_long
from vocapp.reports.service import request_again, request_report
from vocapp.reports.titles import title_of

reports = Blueprint("reports", __name__)

MIME_TYPES = {
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@reports.get("/reports")
def index() -> str:
    """Show the reports a reader may read, newest first."""
    page = page_of(visible_reports(current_person()), number=requested_page())
    return render_template(
        "reports/index.html", page=page, title_of=title_of, may_write=may_write(current_person().role)
    )


@reports.get("/reports/new")
def new() -> str:
    """Show what can be asked for; `account` chooses one beforehand."""
    chosen = request.args.get("account", type=int)
    account = visible_or_404(Account, chosen) if chosen else None
    return render_template("reports/new.html", form=form_for(current_person(), account=account))


@reports.post("/reports")
def create() -> ResponseReturnValue:
    """Ask for a report as the form says."""
    form = form_for(current_person())
    if form.validate_on_submit():
        try:
            with transaction():
                order = ordered(form, reader=current_person())
                report = request_report(order, requested_by=current_person(), now=utcnow())
                address = url_for("reports.show", report_id=report.id)
            return redirect(address, code=303)
        except DomainError as refusal:
            form.form_errors.append(str(refusal))
    return render_template("reports/new.html", form=form), 422


@reports.post("/accounts/<int:account_id>/report")
def request_account(account_id: int) -> ResponseReturnValue:
    """Ask for a benchmark of an account as it is usually wanted."""
    account = visible_or_404(Account, account_id)
    with transaction():
        order = Order(ReportKind.ACCOUNT, account_id=account.id)
        report = request_report(order, requested_by=current_person(), now=utcnow())
        address = url_for("reports.show", report_id=report.id)
    return redirect(address, code=303)


@reports.post("/reports/<int:report_id>/again")
def again(report_id: int) -> ResponseReturnValue:
    """Ask for the same again: after a correction the next edition, after a failure another try."""
    before = _visible(report_id)
    # Of an edition that was replaced since the page was opened: the next after the newest.
    before = _newer_for(before) or before
    with transaction():
        report = request_again(before, requested_by=current_person(), now=utcnow())
        address = url_for("reports.show", report_id=report.id)
    return redirect(address, code=303)


@reports.get("/reports/<int:report_id>")
def show(report_id: int) -> str:
    """Show how far a report is; the page asks again by itself while it is being drawn."""
    report = _visible(report_id)
    return render_template(
        "reports/progress.html" if is_htmx() else "reports/show.html",
        report=report,
        title=title_of(report),
        newer=_newer_for(report),
        is_late=takes_long(report.created_at, now=utcnow()),
        may_write=may_write(current_person().role),
    )


@reports.get("/reports/<int:report_id>/report.pdf")
def download(report_id: int) -> ResponseReturnValue:
    """Hand out a finished report; one that is not leads to where it stands."""
    report = _visible(report_id)
    if report.pdf is None:
        return redirect(url_for("reports.show", report_id=report.id), code=303)
    name = file_name(title_of(report), report.created_at.date())
    return send_file(BytesIO(report.pdf), mimetype="application/pdf", as_attachment=True, download_name=name)


@reports.get("/reports/<int:report_id>/report.<any(pptx, xlsx):ending>")
def download_as(report_id: int, ending: str) -> ResponseReturnValue:
    """Hand out a finished report as slides or tables; one that has no such form is not found."""
    report = _visible(report_id)
    if report.snapshot is None or ending not in OTHER_FORMS.get(report.kind, {}):
        abort(404)
    name = file_name(title_of(report), report.created_at.date(), ending)
    content = BytesIO(other_form(report.snapshot, ending))
    return send_file(content, mimetype=MIME_TYPES[ending], as_attachment=True, download_name=name)


def _newer_for(report: Report) -> Report | None:
    newer = newer_edition(report.id)
    return visible_report(current_person(), newer.id) if newer else None


def _visible(report_id: int) -> Report:
    return visible_report(current_person(), report_id) or abort(404)
