"""What waits for a person: conflicts, refused records, and records over there that are nobody here."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from vocapp.accounts.downloads import table_response
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.web import page_of, requested_page, requested_text, row_id
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.sync import phrases
from vocapp.sync.acts import MOST_AT_ONCE, decide_many, settle_refusals
from vocapp.sync.deciding import Decision
from vocapp.sync.listing import refusal_table, shown_conflicts, shown_links, shown_refusals
from vocapp.sync.models import CrmRefusal
from vocapp.sync.queries import (
    conflict_filters,
    link_counts,
    links_out_of_sight,
    open_conflicts,
    open_refusals,
    refusal_codes,
)
from vocapp.sync.replaying import link_to_match
from vocapp.sync.views import connection_or_404

sync_queues = Blueprint("sync_queues", __name__, url_prefix="/settings/connections/<int:connection_id>")

MOST_PROBLEMS_TOLD = 5


@sync_queues.get("/conflicts")
def conflicts(connection_id: int) -> str:
    """List the fields both sides changed, with both values, who and when."""
    connection = connection_or_404(connection_id)
    page = page_of(wanted_conflicts(connection_id), number=requested_page())
    objects, fields = conflict_filters(connection_id)
    return render_template(
        "sync/conflicts.html",
        connection=connection,
        page=page,
        rows=shown_conflicts(connection, page),
        objects=[(name, name) for name in objects],
        fields=[(name, phrases.field_name(name)) for name in fields],
        chosen={name: requested_text(name) for name in ("object", "field")},
        most=MOST_AT_ONCE,
        phrases=phrases,
    )


@sync_queues.post("/conflicts")
def decide(connection_id: int) -> ResponseReturnValue:
    """Decide about the ticked conflicts, or about all the list holds."""
    connection_or_404(connection_id)
    decision = request.form.get("decision", type=Decision) or abort(400)
    chosen = wanted_conflicts(connection_id, ids=ticked())
    if is_anything_meant():
        with told():
            decided, problems = decide_many(chosen, decision, by=current_person(), now=utcnow())
            flash(decided_words(decided), "success")
            for problem in list(dict.fromkeys(problems))[:MOST_PROBLEMS_TOLD]:
                flash(problem, "warning")
    return redirect(url_for("sync_queues.conflicts", connection_id=connection_id, **kept()))


@sync_queues.get("/refusals")
def refusals(connection_id: int) -> str:
    """List the records that could not travel, each with what it means and what to do."""
    connection = connection_or_404(connection_id)
    page = page_of(wanted_refusals(connection_id), number=requested_page())
    return render_template(
        "sync/refusals.html",
        connection=connection,
        page=page,
        rows=shown_refusals(connection, page),
        codes=refusal_codes(connection_id),
        chosen={name: requested_text(name) for name in ("object", "code")},
        most=MOST_AT_ONCE,
        phrases=phrases,
    )


@sync_queues.post("/refusals")
def settle(connection_id: int) -> ResponseReturnValue:
    """Replay the ticked records or set them aside; with "all", everything the list holds."""
    connection_or_404(connection_id)
    act = request.form.get("act", "")
    if act not in {"replay", "set_aside"}:
        abort(400)
    chosen = wanted_refusals(connection_id, ids=ticked())
    if is_anything_meant():
        with told():
            flash(
                settled_words(settle_refusals(chosen, act, by=current_person(), now=utcnow()), act), "success"
            )
    return redirect(url_for("sync_queues.refusals", connection_id=connection_id, **kept()))


@sync_queues.post("/refusals/<int:refusal_id>/link")
def link(connection_id: int, refusal_id: int) -> ResponseReturnValue:
    """Say that a refused person is the record that was found over there."""
    refusal = db.session.get(CrmRefusal, refusal_id)
    if refusal is None or refusal.connection_id != connection_id or refusal.resolved_at is not None:
        abort(404)
    with told():
        link_to_match(refusal, request.form.get("match", ""), by=current_person(), now=utcnow())
        flash(_("They are one from now on; the next run compares both."), "success")
    return redirect(url_for("sync_queues.refusals", connection_id=connection_id))


@sync_queues.get("/refusals.csv")
def refusals_file(connection_id: int) -> Response:
    """Download all open refusals."""
    connection_or_404(connection_id)
    return table_response(refusal_table(connection_id), "csv")


@sync_queues.get("/records")
def records(connection_id: int) -> str:
    """Count what was ever read, and list what is nobody here, waits, or is out of sight."""
    connection = connection_or_404(connection_id)
    chosen = {name: requested_text(name) for name in ("state", "object")}
    page = page_of(
        links_out_of_sight(connection_id, state=chosen["state"], object_name=chosen["object"]),
        number=requested_page(),
    )
    return render_template(
        "sync/records.html",
        connection=connection,
        page=page,
        rows=shown_links(connection, page),
        counts=link_counts(connection_id),
        chosen=chosen,
        phrases=phrases,
    )


def wanted_conflicts(connection_id: int, *, ids: list[int] | None = None) -> Any:
    """Return the conflicts that the filters in the address ask for."""
    object_name, field = requested_text("object"), requested_text("field")
    return open_conflicts(connection_id, object_name=object_name, field=field, ids=ids or ())


def wanted_refusals(connection_id: int, *, ids: list[int] | None = None) -> Any:
    """Return the refusals that the filters in the address ask for."""
    object_name, code = requested_text("object"), requested_text("code")
    return open_refusals(connection_id, object_name=object_name, code=code, ids=ids or ())


def ticked() -> list[int]:
    """Return the rows that were ticked."""
    return request.form.getlist("id", type=row_id)


def is_anything_meant() -> bool:
    """Whether rows were ticked or the whole list was meant; otherwise say what to do."""
    if ticked() or request.form.get("which") == "all":
        return True
    flash(_("Tick the rows you mean first, or choose “everything in this list”."), "warning")
    return False


def kept() -> dict[str, Any]:
    """Return the filters of the address, to go on with."""
    return {name: text for name in ("object", "field", "code") if (text := requested_text(name))}


def decided_words(count: int) -> str:
    """Return how many conflicts were decided, in words."""
    if not count:
        return str(_("Nothing was decided."))
    return str(ngettext("One conflict is decided.", "%(num)s conflicts are decided.", count))


def settled_words(count: int, act: str) -> str:
    """Return what became of refusals, in words."""
    if act == "replay":
        return str(
            ngettext(
                "One record travels again with the next run.",
                "%(num)s records travel again with the next run.",
                count,
            )
        )
    return str(ngettext("One record is set aside.", "%(num)s records are set aside.", count))
