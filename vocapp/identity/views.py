"""The page that makes the first administrator of an empty installation."""

import hmac

from flask import Blueprint, abort, current_app, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security.utils import login_user

from vocapp.core.db import transaction
from vocapp.core.gateways import gateways
from vocapp.identity.forms import SetupForm
from vocapp.identity.models import User
from vocapp.identity.queries import has_users
from vocapp.identity.service import set_up_company, setup_token

identity = Blueprint("identity", __name__)


@identity.route("/setup/<token>", methods=["GET", "POST"])
def setup(token: str) -> ResponseReturnValue:
    """Make the first administrator; for a wrong token, or once there is a user, the page does not exist."""
    if has_users() or not _is_right(token):
        abort(404)
    form = SetupForm()
    if form.validate_on_submit():
        with transaction():
            administrator = _set_up(form)
        # They have just chosen the password: asking for it again would prove nothing.
        login_user(administrator, authn_via=["password"])
        flash(_("Welcome. You are signed in."), "success")
        return redirect(current_app.config["SECURITY_POST_LOGIN_VIEW"])
    return render_template("identity/setup.html", form=form)


def _set_up(form: SetupForm) -> User:
    return set_up_company(
        form.company.data or "",
        email=form.email.data or "",
        name=form.name.data or "",
        password=form.password.data or "",
    )


def _is_right(token: str) -> bool:
    # As bytes: of texts, only ASCII can be compared.
    return hmac.compare_digest(token.encode(), setup_token(gateways().settings.secret_key).encode())
