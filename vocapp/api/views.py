"""Settings: the tokens by which programs read and write."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.api.forms import TokenForm
from vocapp.api.models import ApiToken
from vocapp.api.queries import tokens_by_date, users_for_tokens
from vocapp.api.rules import Scope
from vocapp.api.service import make_token, revoke_token
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.guards import current_person
from vocapp.identity.models import User

api_tokens = Blueprint("api_tokens", __name__, url_prefix="/settings/tokens")


@api_tokens.get("")
def index() -> ResponseReturnValue:
    """Show every token with what it may do; the secrets are nowhere."""
    return render_template("api/tokens.html", tokens=tokens_by_date(), now=utcnow())


@api_tokens.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Make a token, and show its secret this once: no address leads here again."""
    form = TokenForm(users=users_for_tokens(), user=current_person().id)
    if not form.validate_on_submit():
        return render_template("api/new_token.html", form=form), 422 if form.errors else 200
    with transaction():
        token, secret = make_token(
            form.name.data or "",
            user=db.session.get_one(User, form.user.data),
            scopes=[Scope(name) for name in form.scopes.data or ()],
            days=form.days.data,
            by=current_person(),
            now=utcnow(),
        )
    return render_template("api/made_token.html", token=token, secret=secret), 201


@api_tokens.post("/<int:token_id>/revoke")
def revoke(token_id: int) -> ResponseReturnValue:
    """End a token at once."""
    token = db.session.get(ApiToken, token_id) or abort(404)
    with transaction():
        is_changed = revoke_token(token, by=current_person(), now=utcnow())
    flash(_("The token opens nothing any more.") if is_changed else _("It was revoked before."), "success")
    return redirect(url_for("api_tokens.index"), code=303)
