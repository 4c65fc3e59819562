"""Users and the company, read only."""

from collections.abc import Sequence

from sqlalchemy import func, select

from vocapp.core.db import db
from vocapp.identity.models import Company, Role, User
from vocapp.identity.rules import RoleName

# Every page and mail asks for it.
_COMPANY = select(Company).limit(1)


def user_by_email(email: str) -> User | None:
    """Return the user with an address, in any case."""
    return (
        db.session.scalars(select(User).where(func.lower(User.email) == email.strip().lower()))
        .unique()
        .one_or_none()
    )


def users_by_name() -> Sequence[User]:
    """Return all users, by name."""
    return db.session.scalars(select(User).order_by(User.name, User.id)).unique().all()


def csms() -> Sequence[User]:
    """Return active users who may own accounts, by name."""
    owners = (
        select(User)
        .join(User.roles)
        .where(User.active, Role.name == RoleName.CSM)
        .order_by(User.name, User.id)
    )
    return db.session.scalars(owners).unique().all()


def administrators() -> Sequence[User]:
    """Return active administrators, by name."""
    found = (
        select(User)
        .join(User.roles)
        .where(User.active, Role.name == RoleName.ADMIN)
        .order_by(User.name, User.id)
    )
    return db.session.scalars(found).unique().all()


def company() -> Company | None:
    """Return the company that runs this installation, or None before it is set up."""
    return db.session.scalar(_COMPANY)


def has_users() -> bool:
    """Whether anybody can sign in."""
    return db.session.scalar(select(User.id).where(User.active).limit(1)) is not None
