"""Signing in: the one place that touches simple-salesforce, for its flows and its way of calling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import jwt
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from simple_salesforce.login import SalesforceLogin

from integrations.crm.base import Access, NoAccess
from integrations.crm.salesforce import oauth
from integrations.crm.salesforce.access import Flow, SalesforceAccess
from integrations.crm.salesforce.ids import is_id, long_id
from integrations.crm.salesforce.session import Ear, make_session, plain_errors

Door = Salesforce
CallRefused = SalesforceError  # What a door raises for every answer from 300 on.


@dataclass(frozen=True)
class Token:
    """What we hold after signing in. `instance` is a host, with a port where it is not the usual one."""

    access_token: str = field(repr=False)
    instance: str
    organisation: str
    user_id: str
    issued_by: str


def sign_in(
    access: SalesforceAccess, session: requests.Session, ear: Ear, *, refresh_token: str = ""
) -> Token:
    """Return a new token, by one request; `refresh_token` is for the web server flow.

    Raises NoAccess when there is none for us, or when it is for another organisation than expected.
    """
    ear.forget_token()
    if access.flow is Flow.WEB_SERVER:
        oauth.refresh(access, session, refresh_token)
    elif access.flow is Flow.JWT:
        _sign_in_by_jwt(access, session)
    else:
        _need(access.consumer_key and access.consumer_secret, "the consumer key and the consumer secret")
        SalesforceLogin(
            session=session,
            consumer_key=access.consumer_key,
            consumer_secret=access.consumer_secret,
            domain=access.domain,
        )
    # The login returns neither who we are nor a rotated refresh token; the ear has heard the whole answer.
    token = read_token(ear.token or {})
    _check_organisation(access, token)
    return token


def read_token(answer: Mapping[str, object]) -> Token:
    """Return the parts of a token answer; organisation and user are empty where it does not name them."""
    parts = urlsplit(str(answer["instance_url"]))
    identity = urlsplit(str(answer.get("id") or ""))
    _, organisation, user, *_ = [*identity.path.strip("/").split("/"), "", "", ""]
    return Token(
        access_token=str(answer["access_token"]),
        instance=parts.netloc or parts.path.strip("/"),
        organisation=long_id(organisation) if is_id(organisation) else "",
        user_id=long_id(user) if is_id(user) else "",
        issued_by=identity.hostname or "",
    )


def redeem_code(access: SalesforceAccess, *, code: str, verifier: str, redirect_uri: str) -> str:
    """Return the refresh token for a code that a person's browser brought back from Salesforce.

    Raises NoAccess for a code that is not good, for another organisation than expected, and when the app may
    not give refresh tokens; TooBusy when Salesforce cannot be reached.
    """
    ear = Ear()
    with make_session(ear, emulator_url=access.emulator_url) as session, plain_errors():
        oauth.exchange(access, session, code=code, verifier=verifier, redirect_uri=redirect_uri)
    answer = ear.token or {}
    _check_organisation(access, read_token(answer))
    refresh_token = answer.get("refresh_token")
    if not refresh_token:
        raise NoAccess(
            "Salesforce let us in, but only for now.",
            access=Access.WRONG_SCOPE,
            hint="Give the External Client App the scope “refresh_token” and connect again.",
        )
    return str(refresh_token)


def open_door(token: Token, session: requests.Session, version: str) -> Door:
    """Return simple-salesforce's object for the calls of one token.

    It is made with the token alone, so it never signs in by itself: its own renewal loses headers, does not
    know bulk calls, breaks on unusual answers and in places never ends.
    """
    door = Door(
        session_id=token.access_token,
        instance_url=f"https://{token.instance}",
        session=session,
        version=version,
    )
    door.headers.pop("X-PrettyPrint", None)
    return door


def _sign_in_by_jwt(access: SalesforceAccess, session: requests.Session) -> None:
    _need(
        access.username and access.consumer_key and access.private_key,
        "the user name, the consumer key and the private key",
    )
    is_general = access.domain in ("login", "test")
    try:
        SalesforceLogin(
            session=session,
            username=access.username,
            consumer_key=access.consumer_key,
            privatekey=access.private_key,
            # The audience is one of the two general addresses, wherever the request itself goes.
            domain="test" if access.is_sandbox_address else "login",
            instance_url=None if is_general else access.domain,
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise NoAccess(
            "The private key cannot be read.",
            access=Access.WRONG_CREDENTIALS,
            hint="Paste the whole key in PEM form, from “-----BEGIN PRIVATE KEY-----” to the end, without a "
            "pass phrase.",
        ) from None


def _need(given: str, what: str) -> None:
    if not given:
        raise NoAccess(
            "The connection's settings are not complete.",
            access=Access.WRONG_CREDENTIALS,
            hint=f"Enter {what} of the External Client App.",
        )


def _check_organisation(access: SalesforceAccess, token: Token) -> None:
    if access.expected_organisation and token.organisation != access.expected_organisation:
        raise wrong_organisation(access.expected_organisation, token.organisation)


def wrong_organisation(expected: str, found: str) -> NoAccess:
    """Return the exception for a token that leads to another organisation than the one we know."""
    return NoAccess(
        f"This is another organisation ({found or 'it does not say which'}) than the one this connection is "
        f"for ({expected}).",
        access=Access.WRONG_ORGANISATION,
        hint="Enter the address and keys of the organisation this connection was made for, or make a new "
        "connection for the other one; a refreshed sandbox is a new organisation.",
    )
