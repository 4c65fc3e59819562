"""Connecting a system step by step: access, signing in, the test, and the proposed mapping."""

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from integrations.crm.catalog import SYSTEMS
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.gateways import gateways
from vocapp.identity.guards import current_person
from vocapp.sync import phrases
from vocapp.sync.acts import check_sealing, set_up
from vocapp.sync.connecting import secrets_of
from vocapp.sync.forms import FolderForm, HubspotForm, SalesforceForm
from vocapp.sync.looking import look_and_propose, try_out
from vocapp.sync.models import CrmConnection
from vocapp.sync.overview import overview_of
from vocapp.sync.service import change_access
from vocapp.sync.signing_in import Purpose, attempt_behind, begin, callback_address, finish
from vocapp.sync.telling import Spoken
from vocapp.sync.views import connection_or_404

sync_setup = Blueprint("sync_setup", __name__, url_prefix="/settings/connections")

SESSION_KEY = "crm_sign_in"
FORMS: dict[str, type[SalesforceForm] | type[HubspotForm] | type[FolderForm]] = {
    "salesforce": SalesforceForm,
    "hubspot": HubspotForm,
    "folder": FolderForm,
}


@sync_setup.route("/new/<kind>", methods=["GET", "POST"])
def new(kind: str) -> ResponseReturnValue:
    """Guide through making a connection: what to prepare over there, and how we get in."""
    form = form_for(kind, None)
    if form.validate_on_submit() and (made := made_by(kind, form)):
        return redirect(url_for("sync_setup.guide", connection_id=made.id))
    return render_template("sync/access.html", form=form, connection=None, **around(kind))


@sync_setup.route("/<int:connection_id>/access", methods=["GET", "POST"])
def access(connection_id: int) -> ResponseReturnValue:
    """Change how a connection gets in; secrets are never shown."""
    connection = connection_or_404(connection_id)
    form = form_for(connection.kind, connection)
    if form.validate_on_submit() and is_changed(connection, form):
        return redirect(url_for("sync_setup.guide", connection_id=connection_id))
    return render_template("sync/access.html", form=form, connection=connection, **around(connection.kind))


@sync_setup.get("/<int:connection_id>/connect")
def guide(connection_id: int) -> str:
    """Show what is left to do until a connection runs: sign in, test, map, rehearse, start."""
    connection = connection_or_404(connection_id)
    return render_template(
        "sync/guide.html",
        connection=connection,
        shown=overview_of(connection, now=utcnow()),
        is_signed_in=bool(secrets_of(connection).get(Purpose.CONNECTION)),
        lines=None,
        phrases=phrases,
    )


@sync_setup.get("/<int:connection_id>/test")
def untested(connection_id: int) -> ResponseReturnValue:
    """Lead who opens the address of a test to where tests begin: opening a page asks nobody."""
    return redirect(url_for("sync_setup.guide", connection_id=connection_id))


@sync_setup.post("/<int:connection_id>/test")
def test(connection_id: int) -> str:
    """Try the connection step by step and show how each step went."""
    connection_or_404(connection_id)
    lines = try_out(connection_id)
    connection = connection_or_404(connection_id)
    return render_template(
        "sync/guide.html",
        connection=connection,
        shown=overview_of(connection, now=utcnow()),
        is_signed_in=bool(secrets_of(connection).get(Purpose.CONNECTION)),
        lines=lines,
        phrases=phrases,
    )


@sync_setup.post("/<int:connection_id>/propose")
def propose(connection_id: int) -> ResponseReturnValue:
    """Look what the other side has, and map what both sides have."""
    connection_or_404(connection_id)
    with Spoken():
        added = look_and_propose(connection_id)
        flash(
            ngettext("%(num)s field was mapped.", "%(num)s fields were mapped.", added)
            if added
            else _("Everything both sides have is mapped already."),
            "success",
        )
    return redirect(url_for("sync_mapping.index", connection_id=connection_id))


@sync_setup.get("/<int:connection_id>/sign-in")
def start(connection_id: int) -> ResponseReturnValue:
    """Send the browser to Salesforce, where somebody signs in and allows our app."""
    connection_or_404(connection_id)
    purpose = Purpose.PACKAGE if request.args.get("for") == "package" else Purpose.CONNECTION
    with Spoken():
        address, attempt = begin(connection_id, purpose, now=utcnow())
        session[SESSION_KEY] = attempt.as_session()
        return redirect(address)
    return redirect(url_for("sync_setup.guide", connection_id=connection_id))


@sync_setup.get("/callback")
def callback() -> ResponseReturnValue:
    """Take in who comes back from Salesforce; nothing is kept before they confirm it."""
    if not request.args.get("code"):
        flash(refusal_words(), "error")
        return redirect(url_for("sync.index"))
    with Spoken():
        attempt = attempt_behind(session.get(SESSION_KEY), request.args.get("state", ""), now=utcnow())
        connection = connection_or_404(attempt.connection_id)
        return render_template(
            "sync/come_back.html",
            connection=connection,
            code=request.args["code"],
            state=attempt.state,
            for_package=attempt.purpose is Purpose.PACKAGE,
        )
    return redirect(url_for("sync.index"))


@sync_setup.post("/callback")
def finish_sign_in() -> ResponseReturnValue:
    """Trade what Salesforce gave for lasting access, and keep that sealed."""
    with Spoken():
        attempt = attempt_behind(session.pop(SESSION_KEY, None), request.form.get("state", ""), now=utcnow())
        connection_or_404(attempt.connection_id)
        finish(attempt, request.form.get("code", ""))
        flash(_("Signed in at Salesforce."), "success")
        page = "sync_package.show" if attempt.purpose is Purpose.PACKAGE else "sync_setup.guide"
        return redirect(url_for(page, connection_id=attempt.connection_id))
    return redirect(url_for("sync.index"))


def refusal_words() -> str:
    """Return why nobody signed in, as far as the address says it in a word we know."""
    if request.args.get("error") == "access_denied":
        return str(_("Nobody allowed our app at Salesforce; start again and press Allow."))
    return str(
        _("Salesforce sent no code; check the callback address in the app over there and start again.")
    )


def around(kind: str) -> dict[str, object]:
    """Return what stands around an access form."""
    settings = gateways().settings
    has_settings = {
        "salesforce": settings.salesforce is not None,
        "hubspot": settings.hubspot is not None,
        "folder": settings.crm_folder is not None,
    }
    return {
        "kind": kind,
        "system": SYSTEMS[kind],
        "has_settings": has_settings[kind],
        "callback": callback_address(),
        "folder": settings.crm_folder,
    }


def form_for(kind: str, connection: CrmConnection | None) -> SalesforceForm | HubspotForm | FolderForm:
    """Return the form of a kind of system, filled with what is no secret."""
    settings = gateways().settings
    told_apart = FORMS.get(kind) or abort(404)
    first = {"name": str(SYSTEMS[kind].title), "is_by_settings": settings.salesforce is not None}
    stored = {**connection.access, "name": connection.name} if connection else first
    form = told_apart(request.form if request.method == "POST" else None, data=stored)
    form.has_secrets = frozenset(secrets_of(connection)) if connection else frozenset()
    if isinstance(form, HubspotForm):
        form.is_by_settings = settings.hubspot is not None
    if isinstance(form, SalesforceForm) and settings.salesforce is None:
        form.is_by_settings.data = False
    return form


def made_by(kind: str, form: SalesforceForm | HubspotForm | FolderForm) -> CrmConnection | None:
    """Make a connection as a valid form says; what stands against it is told at the form."""
    with Spoken(form), transaction():
        check_sealing(form.secret_values())
        return set_up(
            kind,
            name=form.name.data or "",
            access=form.access(),
            secret_values=form.secret_values(),
            by=current_person(),
            now=utcnow(),
        )
    return None


def is_changed(connection: CrmConnection, form: SalesforceForm | HubspotForm | FolderForm) -> bool:
    """Change access as a valid form says; what stands against it is told at the form."""
    with Spoken(form), transaction():
        check_sealing(form.secret_values())
        change_access(
            connection,
            name=form.name.data or "",
            access=form.access(),
            secret_values=form.secret_values(),
            by=current_person(),
        )
        flash(_("Saved. Test the connection before it runs again."), "success")
        return True
    return False
