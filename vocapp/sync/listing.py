"""Pages of long lists, with the names people know and addresses over there: conflicts, refusals, changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select

from vocapp.accounts.exporting import ExportTable
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.identity.models import User
from vocapp.identity.queries import users_by_name
from vocapp.sync.addresses import record_address
from vocapp.sync.fields import FIELDS, Entity, Kind
from vocapp.sync.models import CrmConnection, CrmLink, CrmRefusal
from vocapp.sync.queries import (
    names_here,
    open_refusals,
    owned_there,
    user_ids_there,
    user_names_there,
    users_there,
)
from vocapp.sync.refusal_words import Cure, cure_of

USERS_ON_A_PAGE = 50
SIDES = ("before", "after")
REFERENCES = {Kind.USER: "user", Kind.ACCOUNT: "account", Kind.CONTACT: "contact"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One row with what people know it by. `name` is of the record here, `address` of the one over there.

    `by` is who changed it over there, of conflicts only.
    """

    row: Any
    entity: str
    local_id: int | None
    name: str
    address: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class UserThere:
    """One user over there: who proposes itself, and how many accounts they own."""

    link: CrmLink
    name: str
    email: str
    is_active: bool
    owns: int
    suggestion: User | None


def shown_conflicts(connection: CrmConnection, page: Page) -> list[Shown]:
    """Return a page of conflicts."""
    links = [conflict.link for conflict in page.items]
    names = user_names_there(connection.id, {one.theirs_by for one in page.items if one.theirs_by})
    rows = _shown(
        connection, page.items, [(one.entity, one.object, one.local_id, one.remote_id) for one in links]
    )
    return [replace(shown, by=names.get(shown.row.theirs_by, shown.row.theirs_by or "")) for shown in rows]


def shown_refusals(connection: CrmConnection, page: Page) -> list[tuple[Shown, Cure, list[tuple[str, str]]]]:
    """Return a page of refusals, each with its cure and the duplicates that were found (id, address)."""
    rows = _shown(
        connection,
        page.items,
        [
            (one.entity, one.object, one.local_id, one.key if _is_theirs(connection, one) else None)
            for one in page.items
        ],
    )
    return [
        (
            shown,
            cure_of(shown.row.code),
            [(found, record_address(connection, shown.row.object, found)) for found in shown.row.matches],
        )
        for shown in rows
    ]


def shown_links(connection: CrmConnection, page: Page) -> list[Shown]:
    """Return a page of records over there."""
    return _shown(
        connection, page.items, [(one.entity, one.object, one.local_id, one.remote_id) for one in page.items]
    )


def shown_changes(connection: CrmConnection, changes: Sequence[dict[str, Any]]) -> list[Shown]:
    """Return field-level differences as a report keeps them, with names for whom a field points at."""
    return _shown(
        connection,
        _with_names(changes),
        [
            (
                one["entity"],
                one["object"],
                one["local_id"],
                None if str(one["id"]).startswith(connection.person_prefix) else one["id"],
            )
            for one in changes
        ],
    )


def _with_names(changes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = [_points_at(one) for one in changes]
    pointed = [(kind, one[side]) for kind, one in zip(kinds, changes, strict=True) for side in SIDES if kind]
    names = names_here((kind, number) for kind, number in pointed if isinstance(number, int))
    return [
        one if not kind else {**one, **{side: names.get((kind, one[side]), one[side]) for side in SIDES}}
        for kind, one in zip(kinds, changes, strict=True)
    ]


def _points_at(change: Mapping[str, Any]) -> str:
    """Return what kind of record of ours a change that came in names by number; empty for plain values."""
    field = FIELDS[Entity(change["entity"])].get(change["field"])
    is_pointer = change["direction"] == "in" and field is not None
    return REFERENCES.get(field.kind, "") if is_pointer and field else ""


def _is_theirs(connection: CrmConnection, refusal: CrmRefusal) -> bool:
    return not refusal.key.startswith(connection.person_prefix)


def _shown(
    connection: CrmConnection, rows: Sequence[Any], records: Sequence[tuple[str, str, int | None, str | None]]
) -> list[Shown]:
    names = names_here((entity, local_id) for entity, _object, local_id, _remote in records)
    return [
        Shown(
            row,
            entity,
            local_id,
            names.get((entity, local_id), "") if local_id is not None else "",
            record_address(connection, object_name, remote_id),
        )
        for row, (entity, object_name, local_id, remote_id) in zip(rows, records, strict=True)
    ]


def refusal_table(connection_id: int) -> ExportTable:
    """Return the open refusals as a table, one row each."""
    header = (
        "direction", "object", "key", "code", "means", "message", "fields", "attempts", "first_at",
        "last_at", "payload",
    )  # fmt: skip
    return ExportTable("refusals", header, _refusal_rows(open_refusals(connection_id)))


def _refusal_rows(statement: Select[Any]) -> Iterator[Sequence[str | int | None]]:
    for one in db.session.scalars(statement.execution_options(yield_per=500)):
        payload = "; ".join(f"{name}={value}" for name, value in one.payload.items())
        yield (
            one.direction, one.object, one.key, one.code, str(cure_of(one.code).means), one.message,
            ", ".join(one.fields), one.attempts, one.first_at.isoformat(), one.last_at.isoformat(), payload,
        )  # fmt: skip


def users_page(connection_id: int, *, number: int) -> tuple[Page, list[UserThere]]:
    """Return a page of the users over there, those who are nobody here first, with whom they may be."""
    page = page_of(users_there(connection_id), number=number, size=USERS_ON_A_PAGE)
    owned, ours = owned_there(connection_id), users_by_name()
    by_email = {one.email.lower(): one for one in ours}
    by_name = {(one.name or "").casefold(): one for one in ours if one.name}
    lines = []
    for link in page.items:
        said = link.theirs
        name = str(said.get("Name") or said.get("name") or "")
        email = str(said.get("Email") or said.get("email") or "")
        federation = str(said.get("FederationIdentifier") or "")
        suggestion = (
            by_email.get(federation.lower()) or by_email.get(email.lower()) or by_name.get(name.casefold())
        )
        is_active = said.get("IsActive", said.get("active", True)) is not False
        lines.append(UserThere(link, name, email, is_active, owned.get(link.remote_id, 0), suggestion))
    return page, lines


def queues_that_own(connection_id: int) -> list[tuple[str, int]]:
    """Return (id, how many accounts) of owners that are no users over there: queues, and who is hidden."""
    owned = owned_there(connection_id)
    known = user_ids_there(connection_id)
    return sorted(((key, count) for key, count in owned.items() if key not in known), key=lambda one: -one[1])
