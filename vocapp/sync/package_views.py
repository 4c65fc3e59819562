"""The side package: what is in it, downloads, and sending it with an administrator's access."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.core.db import transaction
from vocapp.identity.guards import current_person
from vocapp.sync.acts import note_package
from vocapp.sync.models import CrmConnection
from vocapp.sync.packaging import (
    begin_deploy,
    forget_administrator,
    is_administrator_signed_in,
    look_at_deploy,
    package_fields,
    package_zip,
)
from vocapp.sync.signing_in import callback_address
from vocapp.sync.telling import Spoken
from vocapp.sync.views import connection_or_404

sync_package = Blueprint(
    "sync_package", __name__, url_prefix="/settings/connections/<int:connection_id>/package"
)

SESSION_KEY = "crm_deploy"
MOST_PROBLEMS = 8


@sync_package.get("")
def show(connection_id: int) -> str:
    """Show what the package makes over there, and how a deployment goes."""
    connection = salesforce_or_404(connection_id)
    return render_template(
        "sync/package.html",
        connection=connection,
        fields=package_fields(),
        is_signed_in=is_administrator_signed_in(connection),
        deployment=deployment_of(connection_id),
        callback=callback_address(),
    )


@sync_package.get("/<name>.zip")
def download(connection_id: int, name: str) -> Response:
    """Download the package, or what takes it away."""
    salesforce_or_404(connection_id)
    if name not in {"package", "uninstall"}:
        abort(404)
    response = Response(package_zip(is_uninstall=name == "uninstall"), mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=f"vocapp-salesforce-{name}.zip")
    return response


@sync_package.post("/deploy")
def deploy(connection_id: int) -> ResponseReturnValue:
    """Hand the package over, to be checked only or to be deployed."""
    salesforce_or_404(connection_id)
    check_only = request.form.get("what") != "deploy"
    with Spoken():
        with_page = "with_page" in request.form
        number = begin_deploy(connection_id, check_only=check_only, with_page=with_page)
        session[SESSION_KEY] = {"connection_id": connection_id, "id": number, "check_only": check_only}
        with transaction():
            note_package(connection_id, check_only=check_only, by=current_person())
    return redirect(url_for("sync_package.show", connection_id=connection_id))


@sync_package.post("/progress")
def progress(connection_id: int) -> ResponseReturnValue:
    """Ask Salesforce how the deployment goes; when it is over, have the page loaded again."""
    salesforce_or_404(connection_id)
    kept = deployment_of(connection_id) or abort(404)
    with Spoken():
        status = look_at_deploy(connection_id, kept["id"])
        # A browser's session holds little: the first problems are enough to begin with.
        told = {**asdict(status), "problems": [one[:160] for one in status.problems[:MOST_PROBLEMS]]}
        session[SESSION_KEY] = {**kept, "status": {**told, "more": len(status.problems[MOST_PROBLEMS:])}}
    if not request.headers.get("HX-Request"):
        return redirect(url_for("sync_package.show", connection_id=connection_id))
    connection, now = connection_or_404(connection_id), deployment_of(connection_id) or kept
    headers = {"HX-Refresh": "true"} if now.get("status", {}).get("done") else {}
    return render_template("sync/_deploy.html", connection=connection, deployment=now), 200, headers


@sync_package.post("/forget")
def forget(connection_id: int) -> ResponseReturnValue:
    """Forget the administrator's access."""
    salesforce_or_404(connection_id)
    with Spoken():
        forget_administrator(connection_id)
        session.pop(SESSION_KEY, None)
        flash(_("The administrator’s access is forgotten."), "success")
    return redirect(url_for("sync_package.show", connection_id=connection_id))


def salesforce_or_404(connection_id: int) -> CrmConnection:
    """Return a connection to Salesforce; no other system takes packages."""
    connection = connection_or_404(connection_id)
    return connection if connection.kind == "salesforce" else abort(404)


def deployment_of(connection_id: int) -> dict[str, Any] | None:
    """Return the deployment this browser began for a connection, as last heard of."""
    kept: dict[str, Any] | None = session.get(SESSION_KEY)
    return kept if kept and kept.get("connection_id") == connection_id else None
