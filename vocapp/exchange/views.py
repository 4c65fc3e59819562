"""The exchange under Settings, and what comes of it beside the benchmarks."""

from contextlib import closing

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import list_page, requested_page
from vocapp.exchange import queries, service, standings
from vocapp.exchange.drafting import draft_file
from vocapp.exchange.forms import ExportForm, ImportForm, TrustForm
from vocapp.exchange.reading import MOST_BYTES
from vocapp.exchange.rules import Exchanged, Trait
from vocapp.identity.guards import current_person

exchange = Blueprint("exchange", __name__, url_prefix="/settings/exchange")
exchanged = Blueprint("exchanged", __name__, url_prefix="/benchmarks")


@exchange.get("")
def index() -> str:
    """Show our key, whom we trust, what came in and what went out."""
    return render_template(
        "exchange/index.html",
        key=queries.our_key(),
        partners=queries.partners(),
        imports=queries.imports(),
        counts=queries.cells_by_import(),
        newest={one.id for one in queries.newest_imports()},
        exports=queries.exports(),
    )


@exchange.post("/key")
def make_key() -> ResponseReturnValue:
    """Make our key, once."""
    with transaction():
        service.ensure_key(by=current_person(), now=utcnow())
    return redirect(url_for("exchange.index"))


@exchange.get("/export")
def preview() -> str:
    """Show what a file would say today."""
    form = ExportForm(request.args)
    first = Trait(form.first.data) if form.first.data in list(Trait) else Trait.TIER
    draft = draft_file(source="", first=first, now=utcnow())
    cells = list_page(draft.content.cells, number=requested_page())
    return render_template("exchange/export.html", form=form, draft=draft, cells=cells, first=first)


@exchange.post("/export")
def export() -> ResponseReturnValue:
    """Sign a file and give it out."""
    form = ExportForm()
    if not form.validate_on_submit():
        raise DomainError(_("The name is too long, or nothing was chosen; go back and correct it."))
    with transaction():
        made = service.export_file(
            source=form.source.data or "", first=Trait(form.first.data), by=current_person(), now=utcnow()
        )
    response = Response(made.content, mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=made.name)
    return response


@exchange.route("/import", methods=["GET", "POST"])
def take_in() -> ResponseReturnValue:
    """Take a partner's file in."""
    form = ImportForm()
    if form.validate_on_submit() and try_to_import(form):
        return redirect(url_for("exchange.index") + "#imports")
    return render_template("exchange/import.html", form=form), 422 if form.errors else 200


def try_to_import(form: ImportForm) -> bool:
    """Take a file in, or put the reason at the field."""
    with closing(form.file.data) as file:
        content = file.read(MOST_BYTES + 1)
    try:
        with transaction():
            taken = service.import_file(content, by=current_person(), now=utcnow())
            flash(_("The figures of %(name)s came in.", name=taken.name), "success")
    except DomainError as refusal:
        form.file.errors = [str(refusal)]
        return False
    return True


@exchange.route("/trust", methods=["GET", "POST"])
def trust() -> ResponseReturnValue:
    """Trust a partner's key."""
    form = TrustForm()
    if form.validate_on_submit() and try_to_trust(form):
        return redirect(url_for("exchange.index") + "#partners")
    return render_template("exchange/trust.html", form=form), 422 if form.errors else 200


def try_to_trust(form: TrustForm) -> bool:
    """Trust a key, or put the reason at the fingerprint."""
    try:
        with transaction():
            partner = service.trust(
                form.fingerprint.data or "", name=form.name.data or "", by=current_person(), now=utcnow()
            )
            flash(_("Files signed by %(name)s can come in now.", name=partner.name), "success")
    except DomainError as refusal:
        form.fingerprint.errors = [str(refusal)]
        return False
    return True


@exchange.post("/partners/<int:key_id>/forget")
def distrust(key_id: int) -> ResponseReturnValue:
    """Trust a key no more."""
    with transaction():
        if not service.distrust(key_id, by=current_person()):
            abort(404)
    flash(_("The key is not trusted any more; what came in with it stays, and counts nowhere."), "success")
    return redirect(url_for("exchange.index") + "#partners")


@exchange.post("/imports/<int:import_id>/remove")
def remove(import_id: int) -> ResponseReturnValue:
    """Take an import out as a whole."""
    with transaction():
        if not service.remove_import(import_id, by=current_person()):
            abort(404)
    flash(_("The import is gone with all its figures; import the file again to have it back."), "success")
    return redirect(url_for("exchange.index") + "#imports")


@exchanged.get("/with-others")
def with_others() -> str:
    """Show accounts among our own and those of partners."""
    measure = request.args.get("measure", Exchanged.STRENGTH, type=Exchanged)
    shown = standings.with_others(current_person(), measure, page_number=requested_page())
    return render_template("exchange/with_others.html", shown=shown, choices=list(Exchanged))


@exchanged.get("/of-others")
def of_others() -> str:
    """Show the cohorts of partners."""
    measure = request.args.get("measure", Exchanged.STRENGTH, type=Exchanged)
    cohorts = standings.outer_cohorts(measure, today=utcnow().date())
    page = list_page(cohorts, number=requested_page())
    return render_template("exchange/of_others.html", measure=measure, cohorts=page, choices=list(Exchanged))
