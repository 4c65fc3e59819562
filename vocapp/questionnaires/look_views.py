"""Looking at a survey as anybody would meet it, and a test to oneself."""

from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles
from vocapp.core.clock import utcnow
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName
from vocapp.identity.telling import told
from vocapp.questionnaires.letters import send_test
from vocapp.questionnaires.look import look_at
from vocapp.questionnaires.trial import ORDER_FIELDS, wanted_trial

survey_look = Blueprint("survey_look", __name__)


@survey_look.get("/surveys/<key>/look")
def show(key: str) -> str:
    """Show a survey in a frame, in a language, as a persona, at the width of a phone or a desktop."""
    order = wanted_trial(key, request.args.to_dict(flat=False))
    look = look_at(order, request.args.get("width", "")) or abort(404)
    return render_template("questionnaires/look.html", look=look, key=key)


@survey_look.post("/surveys/<key>/test")
@for_roles(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)
def send(key: str) -> ResponseReturnValue:
    """Send the survey to the signed-in person, as a respondent would get it."""
    order, me = wanted_trial(key, request.form.to_dict(flat=False)), current_person()
    with told():
        send_test(order, to=me, now=utcnow())
        flash(_("A test is on its way to %(address)s.", address=me.email), "success")
    said = {name: request.form[name] for name in ORDER_FIELDS if request.form.get(name)}
    return redirect(url_for(".show", key=key) + f"?{urlencode(said)}")
