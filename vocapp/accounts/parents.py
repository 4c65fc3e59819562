"""Putting an account below another one by hand."""

from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from vocapp.accounts.models import Account
from vocapp.accounts.queries import visible_accounts
from vocapp.accounts.rules import comparable_id
from vocapp.accounts.tree import why_no_parent
from vocapp.core.audit import record_act
from vocapp.core.db import db, is_same_text
from vocapp.core.errors import DomainError
from vocapp.identity.models import User

_CHILD = aliased(Account)

# So many names a field offers while somebody types; any other may still be written.
MOST_OFFERED = 200


def visible_parent(account: Account, user: User) -> Account | None:
    """Return the account above another if a user sees it, else None."""
    if account.parent_id is None:
        return None
    parent: Account | None = db.session.scalar(visible_accounts(user).where(Account.id == account.parent_id))
    return parent


def parent_choices(user: User, account: Account) -> Sequence[str]:
    """Return names to offer as the parent of an account, by name: those that are parents already first."""
    is_parent = exists(select(1).where(_CHILD.parent_id == Account.id))
    others = visible_accounts(user).where(Account.id != account.id).order_by(is_parent.desc(), Account.name)
    return db.session.scalars(others.with_only_columns(Account.name).limit(MOST_OFFERED)).all()


def parent_named(text: str, user: User) -> Account | None:
    """Return the account a user means by an identifier or a name, None for an empty text.

    Raises `DomainError` when they see no such account, or several with this name.
    """
    if not text:
        return None
    key = comparable_id(text)
    known = visible_accounts(user).where(or_(Account.external_key == key, is_same_text(Account.name, text)))
    found = list(db.session.scalars(known.order_by(Account.id).limit(3)))
    exact = [account for account in found if account.external_key == key]
    if not found:
        raise DomainError(f"You look after no account called {text}; write its name or identifier.")
    if len(found) > 1 and not exact:
        raise DomainError(f"Several accounts are called {text}; write the identifier of the one you mean.")
    meant: Account = (exact or found)[0]
    return meant


def change_parent(account: Account, parent: Account | None, *, user: User) -> None:
    """Put an account below another, or (None) below nobody. Raises `DomainError` when that cannot be."""
    parent_id = parent.id if parent else None
    if account.parent_id == parent_id:
        return
    if parent is not None:
        pair = select(Account.id).where(Account.id.in_([account.id, parent.id])).order_by(Account.id)
        db.session.execute(pair.with_for_update())
        reason = why_no_parent(account, parent)
        if reason:
            raise DomainError(reason)
    account.parent_id = parent_id
    db.session.flush()
    record_act(
        "account_changed",
        actor_id=user.id,
        subject_kind="account",
        subject_id=account.id,
        details={"fields": ["parent_id"]},
    )
