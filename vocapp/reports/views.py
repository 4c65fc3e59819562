"""Reports: asking for one, watching it being drawn, taking it home."""

from io import BytesIO

from flask import Blueprint, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.web import is_htmx, page_of, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.reports.models import Report
from vocapp.reports.queries import visible_reports
from vocapp.reports.rules import file_name, takes_long
from vocapp.reports.service import request_report

reports = Blueprint("reports", __name__)


@reports.get("/reports")
def index() -> str:
    """Show the reports of the reader's accounts, newest first."""
    page = page_of(visible_reports(current_person()), number=requested_page())
    return render_template("reports/index.html", page=page, may_write=may_write(current_person().role))


@reports.post("/accounts/<int:account_id>/report")
def request_account(account_id: int) -> ResponseReturnValue:
    """Ask for a paper about an account."""
    account = visible_or_404(Account, account_id)
    with transaction():
        report = request_report(account, requested_by=current_person(), now=utcnow())
        address = url_for("reports.show", report_id=report.id)
    return redirect(address, code=303)


@reports.get("/reports/<int:report_id>")
def show(report_id: int) -> str:
    """Show how far a report is; the page asks again by itself while it is being drawn."""
    report = visible_or_404(Report, report_id)
    return render_template(
        "reports/progress.html" if is_htmx() else "reports/show.html",
        report=report,
        is_late=takes_long(report.created_at, now=utcnow()),
        may_write=may_write(current_person().role),
    )


@reports.get("/reports/<int:report_id>/report.pdf")
def download(report_id: int) -> ResponseReturnValue:
    """Hand out a finished report; one that is not leads to where it stands."""
    report = visible_or_404(Report, report_id)
    if report.pdf is None or report.account is None:
        return redirect(url_for("reports.show", report_id=report.id), code=303)
    name = file_name(report.account.name, report.created_at.date())
    return send_file(BytesIO(report.pdf), mimetype="application/pdf", as_attachment=True, download_name=name)
