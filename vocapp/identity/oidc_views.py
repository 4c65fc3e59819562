"""The way to the OpenID Connect issuer and back.

Both pages are reached by GET and write nothing: what is on its way stands in the browser's own session.
"""

import structlog
from flask import Blueprint, abort, flash, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.tf_plugin import tf_clean_session
from flask_security.utils import login_user, url_for_security

from integrations.errors import Rejected, Retryable
from integrations.oidc import Issuer
from vocapp.core.clock import utcnow
from vocapp.core.connection_settings import OidcSettings
from vocapp.core.errors import DomainError
from vocapp.core.limits import count_try, visitor_address
from vocapp.core.web import absolute_url, requested_next
from vocapp.identity.models import User
from vocapp.identity.oidc import Begun, make_issuer, note_begun, oidc_settings, person_behind, take_begun

log = structlog.get_logger()

oidc = Blueprint("oidc", __name__, url_prefix="/sign-in")

SESSION_KEY = "oidc"
# Each try makes us ask the issuer, so this stops machines; a whole office may stand behind one address.
LIMITS = "60 per minute; 600 per hour"


@oidc.route("/oidc")
def start() -> ResponseReturnValue:
    """Send the browser to the issuer; `next` is where to go once it is back. Not configured: no such page."""
    settings = _settings_or_404()
    wanted = requested_next(default="/")
    if current_user.is_authenticated:
        return redirect(wanted)
    try:
        address, attempt = _issuer(settings).begin()
    except (Retryable, Rejected) as problem:
        return _back_to_sign_in(_sentence(problem, settings), wanted)
    begun = Begun(attempt, wanted, utcnow().timestamp())
    session[SESSION_KEY] = note_begun(session.get(SESSION_KEY, []), begun)
    return redirect(address)


@oidc.route("/oidc/callback")
def callback() -> ResponseReturnValue:
    """Sign in whom the issuer vouches for, and go on to the page first asked for."""
    settings = _settings_or_404()
    begun = _take_begun()
    if begun is None and current_user.is_authenticated:
        return redirect("/")  # The browser's way back led here once more.
    if begun is None:
        return _back_to_sign_in(_("That sign-in took too long or began in another browser; start it here."))
    try:
        person = _person(settings, begun)
    except (Retryable, Rejected, DomainError) as problem:
        return _back_to_sign_in(_sentence(problem, settings), begun.next_path)
    tf_clean_session()  # type: ignore[no-untyped-call]
    login_user(person, remember=False, authn_via=["oidc"])
    return redirect(begun.next_path)


def _settings_or_404() -> OidcSettings:
    settings = oidc_settings()
    if settings is None:
        abort(404)
    count_try(LIMITS, what=request.endpoint or "", who=visitor_address())
    return settings


def _issuer(settings: OidcSettings) -> Issuer:
    return make_issuer(settings, redirect_uri=absolute_url("oidc.callback"))


def _take_begun() -> Begun | None:
    kept = session.get(SESSION_KEY, [])
    begun, left = take_begun(kept, request.args.get("state", ""), now=utcnow().timestamp())
    session[SESSION_KEY] = left
    return begun


def _person(settings: OidcSettings, begun: Begun) -> User:
    code = request.args.get("code", "")
    if not code:
        # "access_denied" and the like; what else the address says is not the issuer's word.
        raise Rejected("The issuer sent no code.", code="no_code")
    claims = _issuer(settings).finish(begun.attempt, code=code)
    return person_behind(claims, name=settings.name)


def _sentence(problem: Retryable | Rejected | DomainError, settings: OidcSettings) -> str:
    if isinstance(problem, DomainError):
        return str(problem)
    if isinstance(problem, Retryable):
        log.warning("oidc_issuer_away", reason=problem.reason)
        words = _("Signing in with %(name)s does not work just now; try again soon, or use your password.")
    else:
        log.warning("oidc_sign_in_refused", reason=problem.reason, code=problem.code)
        words = _("Signing in with %(name)s was not confirmed; try again, or ask an administrator.")
    return str(words % {"name": settings.name})


def _back_to_sign_in(sentence: str, wanted: str = "/") -> ResponseReturnValue:
    flash(sentence, "error")
    return redirect(url_for_security("login", next=wanted))
