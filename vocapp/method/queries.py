"""Which definition holds on a day, and what versions there are, read only."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from surveys.parameters import MethodParameters
from vocapp.core.db import db
from vocapp.identity.models import Role, User
from vocapp.identity.rules import RoleName
from vocapp.method.models import MethodVersion
from vocapp.method.rules import AS_DELIVERED, HELD, OPEN, Method, VersionState

# Who may change the method, and approve what others changed.
DECIDERS = (RoleName.ADMIN, RoleName.LEADER)


def method_on(day: date) -> Method:
    """Return the definition in force on a day: past days keep theirs; one statement."""
    held = (
        select(MethodVersion.number, MethodVersion.parameters, MethodVersion.in_force_from)
        .where(MethodVersion.state.in_(HELD), MethodVersion.in_force_from <= day)
        .order_by(MethodVersion.in_force_from.desc(), MethodVersion.number.desc())
        .limit(1)
    )
    found = db.session.execute(held).one_or_none()
    if found is None:
        return AS_DELIVERED
    return Method(found.number, MethodParameters.from_document(found.parameters), found.in_force_from)


def methods_by_number() -> dict[int, Method]:
    """Return number → definition, of all that are or were in force."""
    held = select(MethodVersion.number, MethodVersion.parameters, MethodVersion.in_force_from).where(
        MethodVersion.state.in_(HELD)
    )
    return {
        number: Method(number, MethodParameters.from_document(document), since)
        for number, document, since in db.session.execute(held)
    }


def redefined_after(day: date) -> date | None:
    """Return since when scores are made by another definition than on a day; None if by the same one."""
    since = db.session.scalar(
        select(MethodVersion.in_force_from).where(MethodVersion.state == VersionState.IN_FORCE)
    )
    return since if since is not None and since > day else None


def series_since(numbers: Sequence[int]) -> dict[int, date]:
    """Return version → the day since which it was in force, of those that ever were."""
    rows = db.session.execute(
        select(MethodVersion.number, MethodVersion.in_force_from).where(
            MethodVersion.number.in_(numbers), MethodVersion.in_force_from.is_not(None)
        )
    )
    return {number: since for number, since in rows if since is not None}


def versions() -> Sequence[MethodVersion]:
    """Return all versions but discarded drafts, newest first, with who made and decided about them."""
    return db.session.scalars(_versions().order_by(MethodVersion.number.desc())).unique().all()


def version_numbered(number: int) -> MethodVersion | None:
    """Return a version; None for a discarded draft."""
    return db.session.scalars(_versions().where(MethodVersion.number == number)).unique().one_or_none()


def open_version() -> MethodVersion | None:
    """Return the draft, or the version that waits for approval: there is one of them at most."""
    return db.session.scalars(_versions().where(MethodVersion.state.in_(OPEN))).unique().one_or_none()


def version_in_force() -> MethodVersion | None:
    """Return the version in force today."""
    return (
        db.session.scalars(_versions().where(MethodVersion.state == VersionState.IN_FORCE))
        .unique()
        .one_or_none()
    )


def deciders() -> Sequence[User]:
    """Return everybody who may change the method and approve changes of others."""
    people = select(User).join(User.roles).where(User.active, Role.name.in_(DECIDERS)).order_by(User.id)
    return db.session.scalars(people).unique().all()


def _versions() -> Select[MethodVersion]:
    people = joinedload(MethodVersion.made_by), joinedload(MethodVersion.decided_by)
    return select(MethodVersion).where(MethodVersion.state != VersionState.DISCARDED).options(*people)
