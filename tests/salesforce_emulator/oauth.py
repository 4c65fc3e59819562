"""Signing in: tokens for the four grants, the page that asks a person, and taking tokens back."""

import base64
import binascii
import hashlib
import html
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tests.salesforce_emulator.calls import as_response
from tests.salesforce_emulator.org import INTEGRATION_USER, Org, Session

LOGIN_HOSTS = {"login.salesforce.com", "test.salesforce.com"}
LONGEST_ASSERTION = 300  # Seconds an assertion may be valid.


class OAuthError(Exception):
    """A refusal of the token address."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.body = {"error": error, "error_description": description}


def token(org: Org, request: Request) -> Response:
    """Answer the token address."""
    try:
        return as_response((200, _grant(org, request)))
    except OAuthError as refusal:
        return as_response((400, refusal.body))


def _grant(org: Org, request: Request) -> dict[str, Any]:
    form = request.form
    if org.access.forced_errors:
        raise OAuthError(*org.access.forced_errors.pop(0))
    grant = form.get("grant_type", "")
    if grant == "client_credentials":
        return _client_credentials(org, request)
    if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return _assertion(org, form.get("assertion", ""))
    if grant == "authorization_code":
        return _code(org, request)
    if grant == "refresh_token":
        return _refresh(org, request)
    raise OAuthError("unsupported_grant_type", "grant type not supported")


def _credentials(request: Request) -> tuple[str, str | None]:
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError("invalid_client", "invalid client credentials") from None
        return name, secret
    return request.form.get("client_id", ""), request.form.get("client_secret")


def _check_client(org: Org, request: Request, *, needs_secret: bool) -> None:
    name, secret = _credentials(request)
    if name != org.access.consumer_key:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if org.access.is_revoked or (secret is None and needs_secret):
        raise OAuthError("invalid_client", "invalid client credentials")
    if secret is not None and not secrets.compare_digest(
        secret.encode(), org.access.consumer_secret.encode()
    ):
        raise OAuthError("invalid_client", "invalid client credentials")


def _active(org: Org, user: str | None) -> str:
    row = org.row(user)
    if row is None or not row.get("IsActive"):
        raise OAuthError("invalid_grant", "inactive user")
    return str(row["Id"])


def _client_credentials(org: Org, request: Request) -> dict[str, Any]:
    host = urlsplit(request.headers.get("X-Original-Url", "")).hostname
    if host in LOGIN_HOSTS:
        raise OAuthError("invalid_grant", "request not supported on this domain")
    _check_client(org, request, needs_secret=True)
    if org.access.run_as is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    return issue(org, _active(org, org.access.run_as))


def _assertion(org: Org, assertion: str) -> dict[str, Any]:
    access = org.access
    unchecked = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
    try:
        claims = jwt.decode(assertion, access.public_key, algorithms=["RS256"], options=unchecked)
    except (jwt.PyJWTError, ValueError):
        raise OAuthError("invalid_grant", "invalid assertion") from None
    if claims.get("iss") != access.consumer_key:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    audience = "https://test.salesforce.com" if org.options.is_sandbox else "https://login.salesforce.com"
    if claims.get("aud") not in (audience, org.url):
        raise OAuthError("invalid_grant", "audience is invalid")
    now = org.clock.now().timestamp()
    try:
        left = float(claims.get("exp", "")) - now
    except (TypeError, ValueError):
        raise OAuthError("invalid_grant", "invalid assertion") from None
    if not 0 < left <= LONGEST_ASSERTION:
        raise OAuthError("invalid_grant", "invalid assertion")
    users = org.table("User").rows.values()
    user = next((row for row in users if row.get("Username") == claims.get("sub")), None)
    if user is None or user["Id"] not in access.approved or access.is_revoked:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return issue(org, _active(org, user["Id"]))


def _code(org: Org, request: Request) -> dict[str, Any]:
    _check_client(org, request, needs_secret=False)
    found = org.access.codes.pop(request.form.get("code", ""), None)
    if found is None:
        raise OAuthError("invalid_grant", "invalid authorization code")
    if found["redirect_uri"] != request.form.get("redirect_uri"):
        raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
    verifier = request.form.get("code_verifier", "")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not secrets.compare_digest(challenge, found["challenge"]):
        raise OAuthError("invalid_grant", "invalid code verifier")
    refresh = ""
    if {"refresh_token", "offline_access"} & set(found["scope"].split()):
        refresh = _new_refresh(org, found["user"])
    answer = issue(org, _active(org, found["user"]), refresh=refresh, scope=found["scope"])
    return answer | ({"refresh_token": refresh} if refresh else {})


def _new_refresh(org: Org, user: str) -> str:
    refresh = f"5Aep{secrets.token_urlsafe(48)}"
    org.access.refreshes[refresh] = user
    return refresh


def _refresh(org: Org, request: Request) -> dict[str, Any]:
    name, _ = _credentials(request)
    if name == org.access.consumer_key and org.access.is_revoked:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    _check_client(org, request, needs_secret=False)
    given = request.form.get("refresh_token", "")
    user = org.access.refreshes.get(given)
    if user is None:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    _active(org, user)
    if not org.access.rotates:
        return issue(org, user, refresh=given)
    del org.access.refreshes[given]
    fresh = _new_refresh(org, user)
    return issue(org, user, refresh=fresh) | {"refresh_token": fresh}


def issue(org: Org, user: str, *, refresh: str = "", scope: str = "api") -> dict[str, Any]:
    """Give out an access token for a user."""
    access = org.access
    key = f"{org.org_id[:15]}!{secrets.token_urlsafe(48)}"
    access.sessions[key] = Session(user, org.clock.now() + access.lifetime, access.calls_per_token, refresh)
    return {
        "access_token": key,
        "instance_url": org.url,
        "id": f"{org.url}/id/{org.org_id}/{user}",
        "token_type": "Bearer",
        "issued_at": str(int(org.clock.now().timestamp() * 1000)),
        "signature": base64.b64encode(hashlib.sha256(key.encode()).digest()).decode(),
        "scope": scope,
    }


def authorize(org: Org, request: Request) -> Response:
    """Show the page that asks a person to let the app in, or send them back with what they said."""
    args = request.args
    problem = _problem(org, args)
    if problem:
        return _page("This cannot go on", f"<p>{html.escape(problem)}</p>", status=400)
    answer = args.get("answer", "")
    if "auto" in args or org.access.allows_at_once:
        answer = "allow"
    if answer == "deny":
        return _back(args, {"error": "access_denied", "error_description": "end-user denied authorization"})
    if answer == "allow":
        code = f"aPrx{secrets.token_urlsafe(32)}"
        org.access.codes[code] = {
            "redirect_uri": args["redirect_uri"],
            "challenge": args["code_challenge"],
            "scope": args.get("scope") or org.access.scope,
            "user": args.get("user", INTEGRATION_USER),
        }
        return _back(args, {"code": code})
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in args.items()
    )
    buttons = (
        '<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button>'
    )
    form = f'<form method="get" action="/services/oauth2/authorize">{hidden}{buttons}</form>'
    return _page("Allow access?", f"<p>The app asks for: {html.escape(args.get('scope', 'api'))}</p>{form}")


def _problem(org: Org, args: Mapping[str, str]) -> str:
    known = org.access.redirect_addresses
    address = args.get("redirect_uri", "")
    if args.get("client_id") != org.access.consumer_key:
        return "invalid_client_id: client identifier invalid"
    if (known and address not in known) or urlsplit(address).scheme not in ("http", "https"):
        return "redirect_uri_mismatch: redirect_uri must match configuration"
    if args.get("response_type") != "code":
        return "unsupported_response_type: response type not supported"
    if not args.get("code_challenge") or args.get("code_challenge_method", "S256") != "S256":
        return "invalid_request: missing required code challenge"
    return ""


def _back(args: Mapping[str, str], answer: Mapping[str, str]) -> Response:
    state = {"state": args["state"]} if "state" in args else {}
    address = args["redirect_uri"]
    joint = "&" if urlsplit(address).query else "?"
    return redirect(f"{address}{joint}{urlencode({**answer, **state})}", Response=Response)


def _page(title: str, body: str, *, status: int = 200) -> Response:
    head = f'<html lang="en"><link rel="icon" href="data:,"><title>{title}</title>'
    text = f"<!doctype html>{head}<h1>{title}</h1>{body}</html>"
    return Response(text, status=status, content_type="text/html; charset=utf-8")


def revoke(org: Org, request: Request) -> Response:
    """Take a token back; a refresh token takes its access tokens with it."""
    given = request.form.get("token", request.args.get("token", ""))
    access = org.access
    if given in access.refreshes:
        del access.refreshes[given]
        for key in [key for key, session in access.sessions.items() if session.refresh == given]:
            del access.sessions[key]
        return Response(status=200)
    if access.sessions.pop(given, None) is None:
        return as_response(
            (
                400,
                {"error": "unsupported_token_type", "error_description": "this token type is not supported"},
            )
        )
    return Response(status=200)
