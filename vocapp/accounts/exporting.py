"""Accounts and contacts as tables, in the columns an import reads back."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from integrations.tables.writing import Cell, write_csv, write_xlsx
from vocapp.accounts.columns import ACCOUNT_COLUMNS, CONTACT_COLUMNS
from vocapp.accounts.models import Account, Contact, Persona, Tier, contact_personas
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db
from vocapp.identity.models import User

ROWS_AT_ONCE = 1000
FILE_FORMATS = ("csv", "xlsx", "json")
MIME_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A header and rows that are read from the database as they are asked for, once."""

    name: str
    header: Sequence[str]
    rows: Iterator[Sequence[Cell]]


def account_table(account_ids: Select[Any] | None = None) -> ExportTable:
    """Return the accounts whose ids a select gives (None: all), oldest first; merged ones are left out."""
    parent, owner_email = aliased(Account), func.coalesce(User.email, Account.owner_email)
    plain = {name: getattr(Account, name) for name in ACCOUNT_COLUMNS if hasattr(Account, name)}
    columns = {
        **plain,
        "tier": Tier.name,
        "owner_email": owner_email,
        "parent_external_id": parent.external_id,
    }
    statement = (
        select(Account.id, *(columns[name].label(name) for name in ACCOUNT_COLUMNS))
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .outerjoin(User, User.id == Account.owner_id)
        .outerjoin(parent, parent.id == Account.parent_id)
        .where(Account.status != AccountStatus.MERGED)
    )
    if account_ids is not None:
        statement = statement.where(Account.id.in_(account_ids))
    rows = (row[1:] for some in in_steps(statement, Account.id) for row in some)
    return ExportTable("accounts", ACCOUNT_COLUMNS, rows)


def contact_table(contact_ids: Select[Any] | None = None) -> ExportTable:
    """Return the contacts whose ids a select gives (None: all), oldest first; merged ones are left out."""
    plain = {name: getattr(Contact, name) for name in CONTACT_COLUMNS if name != "account_external_id"}
    del plain["personas"]
    columns = [Account.external_id.label("account_external_id"), *plain.values()]
    statement = select(Contact.id, *columns).join(Account, Account.id == Contact.account_id)
    statement = statement.where(Contact.merged_into_id.is_(None))
    if contact_ids is not None:
        statement = statement.where(Contact.id.in_(contact_ids))
    return ExportTable("contacts", CONTACT_COLUMNS, _contact_rows(statement))


def _contact_rows(statement: Select[Any]) -> Iterator[Sequence[Cell]]:
    for some in in_steps(statement, Contact.id):
        played = (
            select(contact_personas.c.contact_id, Persona.name)
            .join(Persona, Persona.id == contact_personas.c.persona_id)
            .where(contact_personas.c.contact_id.in_([row.id for row in some]))
            .order_by(Persona.position, Persona.id)
        )
        personas: defaultdict[int, list[str]] = defaultdict(list)
        for contact_id, name in db.session.execute(played):
            personas[contact_id].append(name)
        for row in some:
            values = {**row._mapping, "personas": ";".join(personas[row.id])}
            yield [values[column] for column in CONTACT_COLUMNS]


def in_steps(statement: Select[Any], key: Any) -> Iterator[Sequence[Any]]:
    """Yield the rows in steps by their id, which comes first in a row, so that no cursor stays open."""
    last = 0
    while some := db.session.execute(statement.where(key > last).order_by(key).limit(ROWS_AT_ONCE)).all():
        yield some
        last = some[-1][0]


def write_table(table: ExportTable, file_format: str, file: BinaryIO) -> None:
    """Write a table to an open binary file: `csv`, `xlsx` (both safe to open in a spreadsheet) or `json`."""
    if file_format == "csv":
        write_csv(file, table.header, table.rows, has_byte_order_mark=True)
    elif file_format == "xlsx":
        write_xlsx(file, table.header, table.rows, title=table.name)
    else:
        file.write(b"[")
        for number, row in enumerate(table.rows):
            record = dict(zip(table.header, row, strict=True))
            file.write(b",\n" if number else b"\n")
            file.write(json.dumps(record, ensure_ascii=False, default=str).encode())
        file.write(b"\n]\n")
