"""Signing in at Salesforce in the browser: sending somebody there, and taking in what they bring back.

What is on its way stands in the browser's own session; the pages that go there and come back write nothing.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from integrations.crm.salesforce.access import Flow, SalesforceAccess
from integrations.crm.salesforce.auth import redeem_code
from integrations.crm.salesforce.oauth import authorize_url, new_pkce
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import absolute_url
from vocapp.sync.connecting import keep_secret, said_plainly, salesforce_access, secrets_of
from vocapp.sync.models import CrmConnection

WORTH = timedelta(minutes=15)


class Purpose(StrEnum):
    """What somebody signs in at Salesforce for; the value names the secret that is kept of it."""

    CONNECTION = "refresh_token"
    PACKAGE = "package_token"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to Salesforce and back. `verifier` stays with us and proves that it was us who asked."""

    connection_id: int
    purpose: Purpose
    state: str
    verifier: str
    begun_at: float

    def as_session(self) -> dict[str, str | int | float]:
        """Return it as the browser's session keeps it."""
        return {
            "connection_id": self.connection_id,
            "purpose": self.purpose,
            "state": self.state,
            "verifier": self.verifier,
            "begun_at": self.begun_at,
        }


def begin(connection_id: int, purpose: Purpose, *, now: datetime) -> tuple[str, Attempt]:
    """Return the address to send somebody to, and the attempt to remember."""
    verifier, challenge = new_pkce()
    attempt = Attempt(connection_id, purpose, secrets.token_urlsafe(32), verifier, now.timestamp())
    access = access_for(connection_id, purpose)
    if not access.consumer_key:
        raise DomainError("The consumer key is missing; enter it under Access first.")
    address = authorize_url(access, redirect_uri=callback_address(), state=attempt.state, challenge=challenge)
    return address, attempt


def attempt_behind(kept: Mapping[str, str | int | float] | None, state: str, *, now: datetime) -> Attempt:
    """Return the attempt that somebody comes back from; raises `DomainError` for any other one."""
    if not kept or not secrets.compare_digest(str(kept["state"]).encode(), state.encode()):
        raise DomainError("This sign-in began in another browser or was used already; start it again here.")
    attempt = Attempt(
        int(kept["connection_id"]),
        Purpose(str(kept["purpose"])),
        str(kept["state"]),
        str(kept["verifier"]),
        float(kept["begun_at"]),
    )
    if now.timestamp() - attempt.begun_at > WORTH.total_seconds():
        raise DomainError(
            "This sign-in took too long; start it again and finish within a quarter of an hour."
        )
    return attempt


def finish(attempt: Attempt, code: str) -> None:
    """Trade what Salesforce gave for a token that lasts, and keep it sealed.

    Raises `DomainError` in one sentence for another organisation, a used code and the like.
    """
    access = access_for(attempt.connection_id, attempt.purpose)
    with said_plainly():
        token = redeem_code(access, code=code, verifier=attempt.verifier, redirect_uri=callback_address())
    with transaction():
        keep_secret(attempt.connection_id, attempt.purpose, token)


def access_for(connection_id: int, purpose: Purpose) -> SalesforceAccess:
    """Return the access by which somebody who signs in in the browser works, for a purpose."""
    with reading():
        connection = db.session.get_one(CrmConnection, connection_id)
        if connection.kind != "salesforce":
            raise DomainError("Signing in in the browser is for Salesforce connections only.")
        organisation, kept = connection.organisation, secrets_of(connection)
        stored = {**connection.access, "flow": Flow.WEB_SERVER}
    try:
        access = salesforce_access(stored, kept, connection_id=connection_id, organisation=organisation)
    except ValueError as problem:
        raise DomainError(str(problem)) from None

    def keep(token: str) -> None:
        with transaction():
            keep_secret(connection_id, purpose, token)

    def read() -> str:
        with reading():
            return secrets_of(db.session.get_one(CrmConnection, connection_id)).get(purpose, "")

    return replace(
        access,
        refresh_token=kept.get(purpose, ""),
        on_new_refresh_token=keep,
        read_refresh_token=read,
    )


def callback_address() -> str:
    """Return the address that Salesforce sends people back to, as it must stand in the app over there."""
    return absolute_url("sync_setup.callback")
