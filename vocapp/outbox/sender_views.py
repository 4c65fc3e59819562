"""Settings, Sender identity: whether receivers take our mail for ours, and what to publish."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.outbox.preflight import check_sender, sender_standing

sender = Blueprint("sender", __name__, url_prefix="/settings/sender")


@sender.get("")
def index() -> str:
    """Show what is published and missing now, and every record to set."""
    return render_template("outbox/sender.html", **sender_standing(utcnow()))


@sender.post("/check")
def check() -> ResponseReturnValue:
    """Ask the DNS again; a good answer stands in for it while it is silent."""
    with transaction():
        check_sender(utcnow(), is_anew=True)
    flash(_("Checked just now."), "info")
    return redirect(url_for("sender.index"))
