"""Who may pass: one guard per blueprint, stated where the blueprint is registered."""

from collections.abc import Callable
from typing import cast

from flask import abort, g, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, current_user
from flask_security import auth_required

from vocapp.identity.models import User
from vocapp.identity.rules import RoleName, may_write

Guard = Callable[[], ResponseReturnValue | None]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def current_person() -> User:
    """Return the signed-in user; only behind a guard."""
    return cast(User, current_user._get_current_object())


def ask_for_nobody() -> None:
    """Take the rest of this request for a stranger's, so that no page asks the database who is signed in."""
    g._login_user = AnonymousUserMixin()  # Flask-Login's own place for it; there is no call that sets it.


def act_as(user: User) -> None:
    """Let the rest of this request be a user's who did not sign in: a program shows their token."""
    g._login_user = user


def time_zone_of_reader() -> str | None:
    """Return the time zone that times are shown in: the signed-in user's, or None for the default."""
    if not has_request_context() or not current_user.is_authenticated:
        return None
    return current_person().time_zone


@auth_required("session")
def _signed_in() -> None:
    return None


def public() -> ResponseReturnValue | None:
    """Anybody may pass: respondents, the sign-in page, health checks."""
    return None


def staff() -> ResponseReturnValue | None:
    """Every signed-in user may read; executives may not change anything."""
    refusal = cast(ResponseReturnValue | None, _signed_in())
    if refusal is None and request.method not in SAFE_METHODS and not may_write(current_person().role):
        abort(403)
    return refusal


def only(*roles: RoleName) -> Guard:
    """Return a guard that lets pass only some roles; for the others the page does not exist."""

    def guard() -> ResponseReturnValue | None:
        refusal = staff()
        if refusal is None and current_person().role not in roles:
            abort(404)
        return refusal

    guard.__name__ = "only_" + "_".join(roles)
    return guard
