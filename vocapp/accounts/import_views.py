"""Bringing a file in by page: upload, look at what it would do, confirm, report."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles
from vocapp.accounts.columns import COLUMNS, TableKind
from vocapp.accounts.downloads import table_response
from vocapp.accounts.forms import ImportForm
from vocapp.accounts.import_runs import (
    AT_WORK,
    RunState,
    change_run,
    confirm_run,
    error_table,
    glance_at_run,
    order_of,
    recent_runs,
    run_or_none,
    start_run,
)
from vocapp.accounts.models import ImportRun
from vocapp.accounts.tally import tally_from_dict
from vocapp.accounts.views import accounts as accounts  # The app registers it from here: all pages are on it.
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName

importers = for_roles(RoleName.ADMIN, RoleName.LEADER)

MOST_FINDINGS_SHOWN = 100


@accounts.route("/import", methods=["GET", "POST"])
@importers
def import_start() -> ResponseReturnValue:
    """Take a file in and have it checked."""
    form = ImportForm(kind=request.args.get("kind", TableKind.ACCOUNTS))
    if form.validate_on_submit():
        with transaction():
            run = start_run(
                TableKind(form.kind.data),
                filename=form.file.data.filename,
                content=form.file.data.read(),
                creates_accounts=form.creates_accounts.data,
                user=current_person(),
            )
        return redirect(url_for("accounts.import_run", run_id=run.id))
    return render_template("accounts/import_start.html", form=form, runs=recent_runs(), columns=COLUMNS)


@accounts.get("/import/<int:run_id>")
@importers
def import_run(run_id: int) -> ResponseReturnValue:
    """Show a file on its way in: how far its check is, what it would do, or what it did."""
    run = run_or_404(run_id)
    return render_template(
        "accounts/import_run.html",
        run=run,
        order=order_of(run),
        tally=tally_from_dict(run.report) if run.report else None,
        glance=glance_at_run(run) if run.state == RunState.CHECKED else None,
        columns=COLUMNS[TableKind(run.kind)],
        most=MOST_FINDINGS_SHOWN,
    )


@accounts.get("/import/<int:run_id>/progress")
@importers
def import_progress(run_id: int) -> ResponseReturnValue:
    """Answer htmx's question how far the work is; when it is over, have the page loaded again."""
    run = run_or_404(run_id)
    headers = {} if run.state in AT_WORK else {"HX-Refresh": "true"}
    return render_template("accounts/import_progress.html", run=run), 200, headers


@accounts.post("/import/<int:run_id>/columns")
@importers
def import_columns(run_id: int) -> ResponseReturnValue:
    """Read the file's columns as chosen, and check it again."""
    run = run_or_404(run_id)
    names = glance_at_run(run).header
    mapping = {name: request.form.get(f"column-{index}", "") for index, name in enumerate(names) if name}
    try:
        with transaction():
            change_run(run, mapping=mapping, creates_accounts="creates_accounts" in request.form)
    except DomainError as refusal:
        flash(str(refusal), "error")
    return redirect(url_for("accounts.import_run", run_id=run_id))


@accounts.post("/import/<int:run_id>/confirm")
@importers
def import_confirm(run_id: int) -> ResponseReturnValue:
    """Have the checked file imported."""
    run = run_or_404(run_id)
    with transaction():
        confirm_run(run, user=current_person())
    flash(_("The import has begun."), "success")
    return redirect(url_for("accounts.import_run", run_id=run_id))


@accounts.get("/import/<int:run_id>/errors.csv")
@importers
def import_errors(run_id: int) -> ResponseReturnValue:
    """Download what was refused and remarked on, line by line."""
    return table_response(error_table(run_or_404(run_id)), "csv")


def run_or_404(run_id: int) -> ImportRun:
    """Return an import run; for who may import, every one."""
    return run_or_none(run_id) or abort(404)
