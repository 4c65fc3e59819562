"""The web server flow, which simple-salesforce does not know: asking a person once, then renewing."""

import base64
import hashlib
import secrets
from urllib.parse import urlencode

import requests

from integrations.crm.base import Access, NoAccess
from integrations.crm.salesforce.access import SalesforceAccess
from integrations.crm.salesforce.session import TOKEN_PATH

_SCOPES = "api refresh_token"


def new_pkce() -> tuple[str, str]:
    """Return a new secret and its challenge (RFC 7636, S256); the secret stays here."""
    verifier = secrets.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_url(access: SalesforceAccess, *, redirect_uri: str, state: str, challenge: str) -> str:
    """Return the address where a person signs in to Salesforce and allows our app."""
    query = {
        "response_type": "code",
        "client_id": access.consumer_key,
        "redirect_uri": redirect_uri,
        "scope": _SCOPES,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    base = access.emulator_url.rstrip("/") or f"https://{access.domain}.salesforce.com"
    return f"{base}/services/oauth2/authorize?{urlencode(query)}"


def exchange(
    access: SalesforceAccess, session: requests.Session, *, code: str, verifier: str, redirect_uri: str
) -> None:
    """Trade a code for tokens, which the session's ear hears."""
    _ask(
        access,
        session,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        },
    )


def refresh(access: SalesforceAccess, session: requests.Session, refresh_token: str) -> None:
    """Trade a refresh token for an access token, which the session's ear hears."""
    if not refresh_token:
        raise NoAccess(
            "Nobody has signed in to Salesforce for this connection yet.",
            access=Access.REVOKED,
            hint="Press Connect, sign in to Salesforce and allow our app.",
        )
    _ask(access, session, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _ask(access: SalesforceAccess, session: requests.Session, form: dict[str, str]) -> None:
    form |= {"client_id": access.consumer_key}
    if access.consumer_secret:
        form |= {"client_secret": access.consumer_secret}
    session.post(f"https://{access.domain}.salesforce.com{TOKEN_PATH}", data=form)
