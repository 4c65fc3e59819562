"""Who may pass under `/api/v1`: a token that is good, within its scopes and its user's role."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

from vocapp.api.problems import DETAILS, Problem, is_for_programs
from vocapp.api.queries import token_by_secret
from vocapp.api.rules import TOKEN, Bearer, Scope, is_good, is_use_to_be_noted, known_scopes
from vocapp.api.service import note_use
from vocapp.core.clock import utcnow
from vocapp.core.db import noting
from vocapp.core.limits import count_try, visitor_address
from vocapp.identity.guards import SAFE_METHODS, act_as, ask_for_nobody, current_person
from vocapp.identity.rules import may_write

View = TypeVar("View", bound=Callable[..., Any])

PER_PROGRAM = "600 per minute"
# For what takes long to make.
PER_PROGRAM_HEAVY = "60 per minute"
# Of one address, for tokens that are none. Nobody guesses 256 bits; this keeps the database out of trying.
PER_GUESSER = "60 per minute; 600 per hour"
LARGEST_BODY = 1024 * 1024

UNKNOWN = "Send a good token as Authorization: Bearer …; this one is missing, unknown, expired or revoked."


def needs(scope: Scope, *, is_heavy: bool = False) -> Callable[[View], View]:
    """Say which scope a token needs for a view; a view that says nothing lets nobody pass.

    What `is_heavy` may be asked for less often.
    """

    def mark(view: View) -> View:
        view.needed_scope, view.is_heavy = scope, is_heavy  # type: ignore[attr-defined]  # functions declare none
        return view

    return mark


def scope_of(endpoint: str | None) -> Scope | None:
    """Return the scope that the view of an endpoint needs, or None when it has none."""
    return getattr(current_app.view_functions.get(endpoint or ""), "needed_scope", None)


def expect_a_program() -> None:
    """Before anything else looks at a request under `/api`: nobody is signed in, and no body is large.

    Whoever looks for a signed-in user would read the whole body for it, before any token was seen.
    """
    if is_for_programs():
        request.max_content_length = LARGEST_BODY
        ask_for_nobody()


def bearer() -> ResponseReturnValue | None:
    """Let the holder of a good token pass as its user; a browser's session opens nothing here."""
    token = _token_or_refuse()
    count_try(PER_PROGRAM, what="api", who=str(token.token_id))
    g.bearer = token
    scope = scope_of(request.endpoint)
    if scope is None or scope not in token.scopes:
        _refuse_scope(scope)
    if getattr(current_app.view_functions[request.endpoint or ""], "is_heavy", False):
        count_try(PER_PROGRAM_HEAVY, what="api_heavy", who=str(token.token_id))
    if request.method not in SAFE_METHODS:
        _check_body()
    return None


def current_bearer() -> Bearer:
    """Return the token of this request; only behind the guard."""
    return cast(Bearer, g.bearer)


def finish(response: Response) -> Response:
    """Note the token's use, and let a client keep what it read until that changes."""
    token = g.get("bearer")
    now = utcnow()
    if token is not None and is_use_to_be_noted(token.last_used_at, now=now):
        with noting():
            note_use(token.token_id, now=now)
    response.vary.add("Authorization")
    if request.method in {"GET", "HEAD"} and response.status_code == HTTPStatus.OK:
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        response.make_conditional(request)
    return response


def _token_or_refuse() -> Bearer:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    found = token_by_secret(secret) if scheme.lower() == "bearer" and TOKEN.fullmatch(secret) else None
    if found is None or not is_good(
        expires_at=found.expires_at,
        revoked_at=found.revoked_at,
        is_user_active=found.user.active,
        now=utcnow(),
    ):
        count_try(PER_GUESSER, what="api_refused", who=visitor_address())
        raise Problem(401, UNKNOWN, headers={"WWW-Authenticate": _challenge(secret)})
    act_as(found.user)
    return Bearer(found.id, found.user_id, known_scopes(found.scopes), found.last_used_at)


def _challenge(secret: str) -> str:
    return 'Bearer realm="vocapp"' + (', error="invalid_token"' if secret else "")


def _refuse_scope(scope: Scope | None) -> None:
    named = f', scope="{scope}"' if scope else ""
    header = f'Bearer realm="vocapp", error="insufficient_scope"{named}'
    detail = f"This token may not do that; it needs the scope {scope}." if scope else "Nobody may do that."
    raise Problem(403, detail, headers={"WWW-Authenticate": header})


def _check_body() -> None:
    if not may_write(current_person().role):
        raise Problem(403, "This token acts for somebody who only reads.")
    if request.mimetype != "application/json":
        raise Problem(415, DETAILS[415])
