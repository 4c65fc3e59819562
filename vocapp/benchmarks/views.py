"""The benchmarks page."""

from flask import Blueprint, render_template, request

from vocapp.benchmarks import queries
from vocapp.benchmarks.rules import Compared
from vocapp.core.web import requested_page
from vocapp.identity.guards import current_person

benchmarks = Blueprint("benchmarks", __name__)


@benchmarks.get("/benchmarks")
def index() -> str:
    """Show cohorts, and how the reader's accounts lie in them."""
    measure = request.args.get("measure", Compared.STRENGTH, type=Compared)
    shown = queries.benchmarks(current_person(), measure, page_number=requested_page())
    return render_template("benchmarks/index.html", shown=shown, choices=list(Compared))
