"""Reports of a whole tier: asking for them, watching, taking the ZIP home."""

from flask import Blueprint, abort, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.reports.batches import BatchPage, batch_page, request_batch, zip_of
from vocapp.reports.forms import TierForm
from vocapp.reports.ordering import looks_of, tier_form
from vocapp.reports.rules import file_name

report_batches = Blueprint("report_batches", __name__)


@report_batches.get("/reports/tier")
def new() -> str:
    """Show the tiers whose accounts can be reported on at once."""
    return render_template("reports/tier.html", form=tier_form())


@report_batches.post("/reports/tier")
def create() -> ResponseReturnValue:
    """Ask for the benchmarks of a tier."""
    form = tier_form()
    if form.validate_on_submit():
        try:
            with transaction():
                batch = request_batch(form.chosen, looks_of(form), by=current_person(), now=utcnow())
                address = url_for("report_batches.show", batch_id=batch.id)
            return redirect(address, code=303)
        except DomainError as refusal:
            form.form_errors.append(str(refusal))
    return _form(form), 422


@report_batches.get("/reports/batches/<int:batch_id>")
def show(batch_id: int) -> str:
    """Show how far they are, and which failed and why."""
    return render_template("reports/batch.html", shown=_visible(batch_id))


@report_batches.get("/reports/batches/<int:batch_id>/reports.zip")
def download(batch_id: int) -> ResponseReturnValue:
    """Hand out what is drawn so far as one ZIP."""
    page = _visible(batch_id)
    name = file_name(page.batch.title, page.batch.created_at.date(), "zip")
    return send_file(zip_of(page), mimetype="application/zip", as_attachment=True, download_name=name)


def _form(form: TierForm) -> str:
    return render_template("reports/tier.html", form=form)


def _visible(batch_id: int) -> BatchPage:
    return batch_page(batch_id, current_person()) or abort(404)
