"""The page "What silence means": how much likelier silent accounts leave, on the own data."""

from flask import Blueprint, render_template, request

from vocapp.core.clock import utcnow
from vocapp.identity.guards import current_person
from vocapp.lift.queries import histories
from vocapp.lift.rules import HORIZONS, choose, read_lift

lift = Blueprint("lift", __name__)


@lift.get("/lift")
def index() -> str:
    """Show churn after the waves of a quarter by who was silent in them."""
    today = utcnow().date()
    known = histories(current_person(), today=today)
    months = request.args.get("months", type=int)
    choice = choose(known, quarter=request.args.get("quarter", ""), months=months, today=today)
    reading = read_lift(known, choice) if choice else None
    return render_template("lift/index.html", reading=reading, horizons=HORIZONS)
