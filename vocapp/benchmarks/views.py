"""The benchmarks page, accounts that differ, and figures of others."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles
from vocapp.benchmarks import queries
from vocapp.benchmarks.different import differing
from vocapp.benchmarks.rules import Compared
from vocapp.benchmarks.service import forget_figure
from vocapp.core.db import transaction
from vocapp.core.web import requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName

benchmarks = Blueprint("benchmarks", __name__)

KEEPERS = (RoleName.ADMIN, RoleName.LEADER)


@benchmarks.get("/benchmarks")
def index() -> str:
    """Show cohorts, where the reader's accounts lie in them, and figures of others."""
    measure = request.args.get("measure", Compared.STRENGTH, type=Compared)
    me = current_person()
    shown = queries.benchmarks(me, measure, page_number=requested_page())
    return render_template(
        "benchmarks/index.html", shown=shown, choices=list(Compared), may_keep=me.role in KEEPERS
    )


@benchmarks.get("/benchmarks/different")
def different() -> str:
    """Show which accounts differ from all others by more than chance."""
    return render_template("benchmarks/different.html", shown=differing(current_person()))


@benchmarks.post("/benchmarks/outside/<int:figure_id>/forget")
@for_roles(*KEEPERS)
def forget(figure_id: int) -> ResponseReturnValue:
    """Take a figure of others out again."""
    with transaction():
        if not forget_figure(figure_id):
            abort(404)
    flash(_("The figure is gone; import its file again to have it back."), "success")
    return redirect(url_for("benchmarks.index") + "#outside")
