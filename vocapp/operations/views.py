"""Health for machines that ask, and the page of running parts for administrators."""

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.core.clock import utcnow
from vocapp.operations.access import may_read_metrics
from vocapp.operations.health import readiness
from vocapp.operations.metrics import CONTENT_TYPE, metrics_text
from vocapp.operations.queries import running_parts
from vocapp.operations.rules import is_running

health = Blueprint("health", __name__)
parts = Blueprint("parts", __name__, url_prefix="/settings/running-parts")


@health.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that this process lives; asks nobody else."""
    return jsonify(status="alive")


@health.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether everything this process stands on is there; 503 when not, naming what."""
    found = readiness()
    status = "ready" if found.is_ready else "not ready"
    return jsonify(status=status, parts=dict(found.parts)), 200 if found.is_ready else 503


@health.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Give the figures to watch to whoever may have them; for others this page does not exist."""
    if not may_read_metrics(request):
        abort(404)
    return Response(metrics_text(utcnow()), content_type=CONTENT_TYPE)


@parts.get("")
def index() -> str:
    """Show every process, and whether it still says that it runs."""
    now = utcnow()
    shown = [(part, is_running(part.seen_at, now=now)) for part in running_parts()]
    return render_template("operations/parts.html", parts=shown, ready=readiness().parts)
