"""What administrators decide that touches several things: setting up, options, many rows at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from vocapp.core.audit import record_act
from vocapp.core.crypto import current_keyring
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.sync.deciding import Decision, decide
from vocapp.sync.fields import Entity
from vocapp.sync.models import CrmConnection, CrmRefusal
from vocapp.sync.queries import mapped_field, mappings_of, some_conflicts, some_refusals
from vocapp.sync.replaying import replay, set_aside
from vocapp.sync.rules import Owner
from vocapp.sync.service import change_options, connect, resume

MOST_AT_ONCE = 500


def set_up(
    kind: str,
    *,
    name: str,
    access: Mapping[str, Any],
    secret_values: Mapping[str, str],
    by: User,
    now: datetime,
) -> CrmConnection:
    """Make a connection that rests until somebody starts it."""
    given = {key: value for key, value in secret_values.items() if value}
    connection = connect(kind, name=name, access=access, secret_values=given, by=by)
    connection.paused_at = now
    db.session.flush()
    return connection


def check_sealing(secret_values: Mapping[str, str]) -> None:
    """Raise `DomainError` when there are secrets to keep and no key to seal them with."""
    if secret_values:
        current_keyring().seal("", purpose="trial")


def start(connection: CrmConnection, *, by: User, now: datetime) -> None:
    """Let a connection run by itself from now on; raises `DomainError` while nothing is mapped."""
    if not mappings_of(connection.id):
        raise DomainError("Nothing is mapped yet, so there is nothing to run; propose the mapping first.")
    resume(connection, by=by, now=now)


def settle_options(
    connection: CrmConnection,
    *,
    options: Mapping[str, Any],
    every_minutes: int,
    email_owner: Owner | None,
    by: User,
) -> None:
    """Change the policies of a connection, and whose e-mail address counts where it is mapped."""
    change_options(connection, options=options, every_minutes=every_minutes, by=by)
    email = mapped_field(connection.id, Entity.CONTACT, "email")
    if email is not None and email_owner is not None:
        email.owner = email_owner
    db.session.flush()


def decide_many(
    statement: Select[Any], decision: Decision, *, by: User, now: datetime
) -> tuple[int, Sequence[str]]:
    """Decide about the first conflicts a statement finds; return how many, and what could not be done."""
    found = some_conflicts(statement, MOST_AT_ONCE)
    problems = decide(found, decision, by=by, now=now)
    return len(found) - len(problems), problems


def settle_refusals(statement: Select[Any], act: str, *, by: User, now: datetime) -> int:
    """Replay ("replay") or set aside the first refusals a statement finds; return how many."""
    found: Sequence[CrmRefusal] = some_refusals(statement, MOST_AT_ONCE)
    return replay(found, by=by, now=now) if act == "replay" else set_aside(found, by=by, now=now)


def note_package(connection_id: int, *, check_only: bool, by: User) -> None:
    """Note in the audit trail that the package was handed over."""
    record_act(
        "crm_package_checked" if check_only else "crm_package_deployed",
        actor_id=by.id,
        subject_kind="crm_connection",
        subject_id=connection_id,
    )
    db.session.flush()
