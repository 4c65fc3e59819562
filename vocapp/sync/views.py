"""Pages of connections to other systems: the list, one connection, its runs and reports, its options."""

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from integrations.crm.catalog import DUTIES, SYSTEMS
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.web import list_page, page_of, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.sync import phrases
from vocapp.sync.acts import settle_options, start
from vocapp.sync.forms import OptionsForm
from vocapp.sync.listing import shown_changes
from vocapp.sync.models import CrmConnection, CrmRun
from vocapp.sync.overview import connection_lines, overview_of, standing_of
from vocapp.sync.queries import mapped_field, runs_of
from vocapp.sync.rules import Owner, RunKind
from vocapp.sync.service import ask_for_run, compare_all_soon, pause, remove
from vocapp.sync.telling import Spoken

sync = Blueprint("sync", __name__, url_prefix="/settings/connections")


@sync.get("")
def index() -> str:
    """List the connections with how they are, and what can be connected."""
    return render_template(
        "sync/index.html",
        lines=connection_lines(now=utcnow()),
        systems=SYSTEMS.values(),
        duties=DUTIES,
        phrases=phrases,
    )


@sync.get("/<int:connection_id>")
def show(connection_id: int) -> str:
    """Show how a connection is, what its runs did, and what can be done."""
    connection = connection_or_404(connection_id)
    return render_template(
        "sync/show.html",
        connection=connection,
        shown=overview_of(connection, now=utcnow()),
        page=page_of(runs_of(connection_id), number=requested_page(), size=10),
        phrases=phrases,
    )


@sync.get("/<int:connection_id>/progress")
def progress(connection_id: int) -> ResponseReturnValue:
    """Answer htmx's question how far a run is; when it is over, have the page loaded again."""
    connection = connection_or_404(connection_id)
    standing = standing_of(connection, now=utcnow())
    headers = {} if standing.is_busy else {"HX-Refresh": "true"}
    return render_template("sync/_progress.html", connection=connection, standing=standing), 200, headers


@sync.post("/<int:connection_id>/run")
def run(connection_id: int) -> ResponseReturnValue:
    """Ask for a run of the kind that the button names."""
    connection = connection_or_404(connection_id)
    kind = request.form.get("kind", type=RunKind) or abort(400)
    with told():
        ask_for_run(connection, kind, by=current_person())
        flash(_("Asked for: %(kind)s. It begins as soon as a worker is free.", kind=phrases.RUN_KINDS[kind]))
    return redirect(url_for("sync.show", connection_id=connection_id))


@sync.post("/<int:connection_id>/compare")
def compare(connection_id: int) -> ResponseReturnValue:
    """Have everything compared as a whole."""
    connection = connection_or_404(connection_id)
    with told():
        compare_all_soon(connection, by=current_person())
        flash(_("Everything is read and compared as a whole with the next run, which begins now."))
    return redirect(url_for("sync.show", connection_id=connection_id))


@sync.post("/<int:connection_id>/pause")
def rest(connection_id: int) -> ResponseReturnValue:
    """Let a connection rest."""
    connection = connection_or_404(connection_id)
    with told():
        pause(connection, by=current_person(), now=utcnow())
        flash(_("Paused. Nothing is lost: what changes meanwhile travels after you resume it."), "success")
    return redirect(url_for("sync.show", connection_id=connection_id))


@sync.post("/<int:connection_id>/resume")
def go_on(connection_id: int) -> ResponseReturnValue:
    """Let a connection run by itself from now on."""
    connection = connection_or_404(connection_id)
    with told():
        start(connection, by=current_person(), now=utcnow())
        flash(_("It runs by itself from now on; the first run begins within a minute."), "success")
    return redirect(url_for("sync.show", connection_id=connection_id))


@sync.post("/<int:connection_id>/remove")
def forget(connection_id: int) -> ResponseReturnValue:
    """Forget a connection; accounts and people stay."""
    connection = connection_or_404(connection_id)
    with Spoken(), transaction():
        remove(connection, by=current_person(), now=utcnow())
        flash(_("The connection is forgotten; accounts and people stay as they are."), "success")
        return redirect(url_for("sync.index"))
    return redirect(url_for("sync.show", connection_id=connection_id))


@sync.route("/<int:connection_id>/options", methods=["GET", "POST"])
def options(connection_id: int) -> ResponseReturnValue:
    """Change the policies of a connection and how often it runs."""
    connection = connection_or_404(connection_id)
    email = mapped_field(connection_id, "contact", "email")
    form = OptionsForm(
        request.form if request.method == "POST" else None,
        data={
            "contacts_back": "update",
            **connection.options,
            "every_minutes": connection.every_minutes,
            "email_owner": email.owner if email else Owner.MANUAL,
        },
    )
    if form.validate_on_submit():
        save_options(connection, form)
        return redirect(url_for("sync.show", connection_id=connection_id))
    return render_template("sync/options.html", connection=connection, form=form, has_email=email is not None)


def save_options(connection: CrmConnection, form: OptionsForm) -> None:
    """Store a valid form of options."""
    chosen = {name: form[name].data for name in ("contacts_back", "call_cap", "allows_duplicates")}
    with transaction():
        settle_options(
            connection,
            options=chosen,
            every_minutes=form.every_minutes.data or connection.every_minutes,
            email_owner=Owner(form.email_owner.data),
            by=current_person(),
        )
    flash(_("Saved."), "success")


@sync.get("/<int:connection_id>/runs/<int:run_id>")
def report(connection_id: int, run_id: int) -> str:
    """Show what a run did, or would have done, field by field."""
    connection = connection_or_404(connection_id)
    found = run_or_404(connection_id, run_id)
    page = list_page(found.report["changes"], number=requested_page())
    return render_template(
        "sync/report.html",
        connection=connection,
        run=found,
        page=page,
        changes=shown_changes(connection, page.items),
        standing=standing_of(connection, now=utcnow()),
        phrases=phrases,
    )


@sync.get("/<int:connection_id>/runs/<int:run_id>.json")
def report_file(connection_id: int, run_id: int) -> Response:
    """Download the report of a run as it is."""
    response = jsonify(run_or_404(connection_id, run_id).report)
    response.headers.set("Content-Disposition", "attachment", filename=f"run-{run_id}.json")
    return response


def connection_or_404(connection_id: int) -> CrmConnection:
    """Return a connection; for administrators, every one."""
    return db.session.get(CrmConnection, connection_id) or abort(404)


def run_or_404(connection_id: int, run_id: int) -> CrmRun:
    """Return a run of a connection."""
    found = db.session.get(CrmRun, run_id)
    return found if found is not None and found.connection_id == connection_id else abort(404)
