"""Through whose eyes a report looks: what they may see is all it shows."""

from sqlalchemy import select

from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import Role, User, user_roles
from vocapp.identity.rules import RoleName
from vocapp.reports.rules import Order


def reader_of(order: Order) -> User:
    """Return whose accounts an order is about: its reader, or, for a command, somebody who sees all.

    Raises `DomainError` when there is nobody.
    """
    if order.reader_id is not None:
        found = db.session.get(User, order.reader_id)
        if found is None or not found.active:
            raise DomainError("Whoever asked for this report is no longer here; ask for it yourself.")
        return found
    sees_all = db.session.scalar(
        select(User)
        .join(user_roles, user_roles.c.user_id == User.id)
        .join(Role, Role.id == user_roles.c.role_id)
        .where(User.active, Role.name.in_([RoleName.LEADER, RoleName.ADMIN]))
        .order_by(User.id)
        .limit(1)
    )
    if sees_all is None:
        raise DomainError(
            "Nobody here may see every account; add a leader first: vocapp user add EMAIL --role leader."
        )
    return sees_all
