"""Tokens and remembered answers, read only."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from vocapp.api.models import ApiAnswer, ApiToken
from vocapp.core.db import db
from vocapp.core.tokens import hash_token
from vocapp.identity.models import User


def token_by_secret(secret: str) -> ApiToken | None:
    """Return the token with a secret, and its user with their role of this moment, or None.

    One look-up by hash either way: how long it takes says nothing about how near a guess came.
    """
    wanted = (
        select(ApiToken)
        .where(ApiToken.secret_hash == hash_token(secret))
        .options(joinedload(ApiToken.user).joinedload(User.roles))
    )
    return db.session.scalars(wanted).unique().one_or_none()


def tokens_by_date() -> Sequence[ApiToken]:
    """Return all tokens with their users, the newest first; those that were revoked as well."""
    listed = (
        select(ApiToken)
        .options(joinedload(ApiToken.user))
        .order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    )
    return db.session.scalars(listed).unique().all()


def users_for_tokens() -> Sequence[User]:
    """Return the active users a token may act for, by name."""
    users = select(User).where(User.active).order_by(User.name, User.id)
    return db.session.scalars(users).unique().all()


def kept_answer(token_id: int, key: str) -> ApiAnswer | None:
    """Return what a POST of a token with a key was answered, or None."""
    return db.session.scalar(select(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key))
