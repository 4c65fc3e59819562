"""Signing in by OpenID Connect: which of our users an issuer speaks of, and what a browser has begun.

Nobody is created this way. Whoever the issuer vouches for is in, without a code of ours: how strongly people
prove themselves is the issuer's rule, for administrators too, and a second factor set up here guards the
password only.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from integrations.oidc import Attempt, Claims, Issuer
from vocapp.core.connection_settings import OidcSettings
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.identity.models import User
from vocapp.identity.queries import user_by_email

# A browser may open several links at once; what it has begun has to fit into one cookie.
MOST_BEGUN = 4
LONGEST_NEXT = 500
BEGUN_SECONDS = 15 * 60


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way: what the issuer must give back, where to go then, and when it began (seconds)."""

    attempt: Attempt
    next_path: str
    at: float


def oidc_settings() -> OidcSettings | None:
    """Return who signs people in, or None when only passwords do."""
    return gateways().settings.oidc


def make_issuer(settings: OidcSettings, *, redirect_uri: str) -> Issuer:
    """Return the issuer that settings describe."""
    return Issuer(
        settings.issuer,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        redirect_uri=redirect_uri,
    )


def note_begun(kept: Sequence[dict[str, Any]], begun: Begun) -> list[dict[str, Any]]:
    """Return what a session keeps with one more sign-in on its way; the oldest makes room."""
    next_path = begun.next_path if len(begun.next_path) <= LONGEST_NEXT else "/"
    return [*kept, {**asdict(begun.attempt), "next": next_path, "at": begun.at}][-MOST_BEGUN:]


def take_begun(
    kept: Sequence[dict[str, Any]], state: str, *, now: float
) -> tuple[Begun | None, list[dict[str, Any]]]:
    """Return the sign-in that began with this state, and what is left to keep: each comes back once.

    None when there is no such sign-in in this browser, or it is older than a quarter of an hour.
    """
    left = [one for one in kept if one["state"] != state]
    for one in kept:
        if one["state"] == state and now - one["at"] <= BEGUN_SECONDS:
            attempt = Attempt(state=one["state"], nonce=one["nonce"], verifier=one["verifier"])
            return Begun(attempt, one["next"], one["at"]), left
    return None, left


def person_behind(claims: Claims, *, name: str) -> User:
    """Return the active user whose e-mail address the issuer has verified; `name` is what we call the issuer.

    Raises `DomainError` that says whom to ask.
    """
    if not claims.email or not claims.is_email_verified:
        raise DomainError(
            f"Signing in with {name} did not tell us a confirmed e-mail address; ask whoever looks after "
            "those accounts to confirm it, or sign in with your password."
        )
    user = user_by_email(claims.email)
    # Letters outside ASCII have doubles that turn into ASCII in lower case, such as the sign for Kelvin.
    if user is None or (not claims.email.isascii() and user.email != claims.email):
        raise DomainError(
            f"{claims.email} is not a user of vocapp; ask an administrator at your company to add you."
        )
    if not user.active:
        raise DomainError(
            f"{claims.email} may not sign in any more; ask an administrator at your company about it."
        )
    return user
