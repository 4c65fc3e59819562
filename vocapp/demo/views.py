"""The demo company in one click: in from an empty installation, out when it has served."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security.utils import logout_user

from vocapp.core.audit import record_act
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.demo.service import load_demo, remove_demo
from vocapp.identity.guards import current_person
from vocapp.identity.queries import has_users
from vocapp.identity.service import setup_path

demo = Blueprint("demo", __name__)


@demo.post("/settings/demo/load")
def load() -> ResponseReturnValue:
    """Put the demo company in."""
    actor_id = current_person().id
    load_demo(now=utcnow())
    with transaction():
        record_act("demo_loaded", actor_id=actor_id, subject_kind="company")
    flash(_("The demo company is here. Take it out again under Settings."))
    return redirect(url_for("portfolio.board"))


@demo.post("/settings/demo/remove")
def remove() -> ResponseReturnValue:
    """Take the demo company out; when nobody else is left, whoever did it becomes the administrator."""
    was_demo_person = current_person().is_demo
    remove_demo()
    with transaction():
        record_act("demo_removed", actor_id=None, subject_kind="company")
    if was_demo_person:
        logout_user()
    if not has_users():
        return redirect(setup_path())
    flash(_("The demo company is gone; your own accounts are as they were."))
    return redirect(url_for("security.login" if was_demo_person else "admin.index"))
