"""Making and revoking tokens; what is remembered about their requests."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from vocapp.api.models import ApiAnswer, ApiToken
from vocapp.api.rules import ANSWERS_KEPT, ENDING_LENGTH, LIFETIMES, PREFIX, Scope
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.tokens import hash_token
from vocapp.identity.models import User


def make_token(
    name: str, *, user: User, scopes: Collection[Scope], days: int, by: User, now: datetime
) -> tuple[ApiToken, str]:
    """Make a token that acts for a user, and return it with its secret, which nobody can read again.

    Raises `DomainError` for a user who is not active, without a scope, and for other lifetimes than offered.
    """
    if not user.active:
        raise DomainError("Choose somebody who may sign in; a token can do no more than its user.")
    if not scopes:
        raise DomainError("Choose at least one thing that the token may do.")
    if days not in LIFETIMES:
        raise DomainError("Choose one of the lifetimes that are offered.")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name,
        user_id=user.id,
        created_by_id=by.id,
        secret_hash=hash_token(secret),
        ending=secret[-ENDING_LENGTH:],
        scopes=sorted(scopes),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(token)
    db.session.flush()
    details = {"user_id": user.id, "scopes": sorted(scopes), "days": days}
    _tell("api_token_made", token, by, details)
    return token, secret


def revoke_token(token: ApiToken, *, by: User, now: datetime) -> bool:
    """End a token at once and for good; return whether it was not ended before."""
    if token.revoked_at is not None:
        return False
    token.revoked_at = now
    db.session.flush()
    _tell("api_token_revoked", token, by, {"user_id": token.user_id})
    return True


def revoke_tokens_of(user: User, *, by: User, now: datetime) -> int:
    """End all tokens of somebody who may no longer sign in; return how many there were."""
    standing = select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    return sum(revoke_token(token, by=by, now=now) for token in db.session.scalars(standing).all())


def note_use(token_id: int, *, now: datetime) -> None:
    """Write down that a token was used."""
    used = update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now)
    db.session.execute(used.execution_options(synchronize_session=False))


def is_first_with_key(token_id: int, key: str, *, asked: str, now: datetime) -> bool:
    """Take a key for a POST, and return whether it was free; whoever comes at the same time waits here."""
    place = insert_new(ApiAnswer).values(
        token_id=token_id, key=key, asked=asked, location="", body="", at=now
    )
    taken = place.on_conflict_do_nothing().returning(ApiAnswer.id)
    return db.session.scalar(taken) is not None


def keep_answer(token_id: int, key: str, *, status: int, location: str, body: str) -> None:
    """Remember what the POST with a key was answered."""
    answered = update(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key)
    values = answered.values(status=status, location=location, body=body)
    db.session.execute(values.execution_options(synchronize_session=False))


def forget_answers(*, now: datetime) -> None:
    """Forget the answers to POSTs that are older than they have to be kept."""
    old = delete(ApiAnswer).where(ApiAnswer.at < now - ANSWERS_KEPT)
    db.session.execute(old.execution_options(synchronize_session=False))


def record_token_act(action: str, *, by: User, token_id: int, subject: tuple[str, int]) -> None:
    """Note what a program did, for whom, and by which token; `subject` is a kind and an id."""
    kind, number = subject
    details = {"token_id": token_id}
    record_act(action, actor_id=by.id, subject_kind=kind, subject_id=number, details=details)


def _tell(action: str, token: ApiToken, by: User, details: dict[str, object]) -> None:
    record_act(action, actor_id=by.id, subject_kind="api_token", subject_id=token.id, details=details)
