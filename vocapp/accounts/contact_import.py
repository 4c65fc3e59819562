"""Bringing the contacts of a file into the database, batch by batch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row as ResultRow
from sqlalchemy import delete, insert, or_, select, update

from vocapp.accounts.cells import CellProblem, read_address
from vocapp.accounts.directory import Directory, not_a_user_yet
from vocapp.accounts.holding import hold_people
from vocapp.accounts.import_rows import ContactRow, RowReader, RowRefused, read_contact
from vocapp.accounts.import_steps import Cells, ImportContext, ImportSteps
from vocapp.accounts.merging import merged_keys
from vocapp.accounts.models import Account, Contact, contact_personas
from vocapp.accounts.rules import ContactStatus, is_role_address, status_after_import
from vocapp.accounts.search_text import changed_contact_text
from vocapp.core.db import db
from vocapp.outbox.queries import address_hash, suppressed_hashes

NO_ACCOUNT = (
    "No account has this identifier; import the accounts first, or let contacts create them by account_name."
)
OWN_STAFF = "This is one of our own people; customers' surveys are not for them."
MERGED = "This contact was merged into %s, who is on record under another address; the row changed nothing."
ROLE_ADDRESS = "The address belongs to a function, not a person; it was imported but is not asked."

COMPARED_COLUMNS = (
    "external_id", "external_key", "account_id", "first_name", "last_name", "email", "email_key", "title",
    "language", "time_zone", "phone", "status", "is_role_address", "verified_on",
)  # fmt: skip

# A bulk insert needs the same columns in every row.
_NEW_CONTACT: Mapping[str, Any] = {
    **dict.fromkeys(("first_name", "last_name", "title", "language", "time_zone", "phone"), ""),
    "status": ContactStatus.ACTIVE.value,
    "verified_on": None,
}


@dataclass(slots=True)
class _Stored:
    """The contacts in the database that a batch may mean, with their personas.

    `kept` holds those that some of them were merged into.
    """

    by_key: dict[str, "ResultRow[Any]"] = field(default_factory=dict)
    by_address: dict[tuple[int, str], "ResultRow[Any]"] = field(default_factory=dict)
    personas: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    kept: dict[int, "ResultRow[Any]"] = field(default_factory=dict)


@dataclass(slots=True)
class _Writes:
    """What a batch changes."""

    new: list[dict[str, Any]] = field(default_factory=list)
    new_personas: list[set[int]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    changed_personas: dict[int, set[int]] = field(default_factory=dict)


class ContactImport(ImportSteps):
    """One pass over a file of contacts.

    Beside the batch, memory holds one or two numbers per row, to know duplicates.
    """

    def __init__(self, context: ImportContext) -> None:
        self._plan = context.plan
        self._tally = context.tally
        self._directory = Directory(is_dry_run=context.is_dry_run)
        self._reader = RowReader(context.plan, context.tally)
        self._creates_accounts = context.creates_accounts
        self._is_dry_run = context.is_dry_run
        self._now = context.now
        self._seen: set[int] = set()
        self._would_be_new: dict[str, int] = {}
        self._freed: set[tuple[int, str]] = set()
        self._part_of = merged_keys()

    def apply(self, batch: Iterable[Cells]) -> None:
        """Create or update the contacts of some rows; whatever is wrong with one stays with that one."""
        rows = list(self._readable(batch))
        accounts = self._accounts(rows)
        stored = _stored_contacts(rows, is_held=not self._is_dry_run)
        suppressed = suppressed_hashes(address for row in rows for address in {row.email, row.email_key})
        writes = _Writes()
        for row in rows:
            try:
                account_id = accounts.get(row.account_key)
                if account_id is None:
                    raise RowRefused("account_external_id", NO_ACCOUNT)
                known = self._known(row, account_id, stored)
            except RowRefused as refusal:
                self._refuse(row.line, refusal)
                continue
            if known is not None and known.merged_into_id is not None:
                self._plan_merged(row, stored.kept[known.merged_into_id], writes)
                continue
            is_suppressed = bool(suppressed) and not suppressed.isdisjoint(
                {address_hash(row.email), address_hash(row.email_key)}
            )
            held = _held_by_merged(row, account_id, known, stored)
            values = self._values(row, account_id, known, held, is_suppressed=is_suppressed)
            played = set() if known is None else stored.personas[known.id]
            personas = self._persona_ids(row, played)
            self._plan_write(known, values, personas, stored, writes)
        if not self._is_dry_run:
            _write(writes)

    def _readable(self, batch: Iterable[tuple[int, Sequence[str]]]) -> Iterator[ContactRow]:
        for line, cells in batch:
            try:
                row = read_contact(line, cells, self._reader, today=self._now.date())
                if self._directory.is_staff(row.email_key):
                    raise RowRefused("email", OWN_STAFF)
                row = replace(row, account_key=self._part_of.get(row.account_key, row.account_key))
            except RowRefused as refusal:
                self._refuse(line, refusal)
                continue
            if self._is_duplicate(row):
                self._tally.duplicates += 1
                reason = "The contact stands in the file before; only the first row counts."
                self._reader.warn(line, "email", reason)
            else:
                yield row

    def _is_duplicate(self, row: ContactRow) -> bool:
        marks = {_mark("address", row.account_key, row.email_key)}
        if row.key:
            marks.add(_mark("key", row.key))
        is_known = not marks.isdisjoint(self._seen)
        self._seen |= marks
        return is_known

    def _refuse(self, line: int, refusal: RowRefused) -> None:
        column = None if refusal.column is None else self._plan.theirs(refusal.column)
        self._tally.refuse(line, column, refusal.reason)

    def _accounts(self, rows: Sequence[ContactRow]) -> dict[str, int]:
        """Return comparable id → account id of the rows' accounts, those made here included."""
        keys = {row.account_key for row in rows}
        stored = select(Account.external_key, Account.id).where(Account.external_key.in_(list(keys)))
        found: dict[str, int] = dict(db.session.execute(stored).all())
        found |= {key: self._would_be_new[key] for key in keys if key in self._would_be_new}
        if self._creates_accounts:
            named = {row.account_key: row for row in reversed(rows) if row.account_name}
            found |= self._new_accounts([row for key, row in named.items() if key not in found])
        return found

    def _new_accounts(self, rows: Sequence[ContactRow]) -> dict[str, int]:
        values = [self._account_values(row) for row in rows]
        if self._is_dry_run:
            made = {row.account_key: -1 - number for number, row in enumerate(rows, len(self._would_be_new))}
            self._would_be_new |= made
            return made
        if not values:
            return {}
        statement = insert(Account).returning(Account.external_key, Account.id)
        return dict(db.session.execute(statement, values).all())

    def _account_values(self, row: ContactRow) -> dict[str, Any]:
        reason = "The account was not known and is made from its contact's row."
        self._reader.warn(row.line, "account_external_id", reason)
        owner_email, owner_id = "", None
        if row.account_owner_email:
            try:
                owner_email = read_address(row.account_owner_email)[1]
                owner_id = self._directory.user_id(owner_email)
                problem = "" if owner_id else not_a_user_yet(owner_email)
            except CellProblem as refusal:
                problem = refusal.reason
            if problem:
                self._reader.warn(row.line, "account_owner_email", problem)
        return {
            "external_id": row.account_external_id,
            "external_key": row.account_key,
            "name": row.account_name,
            "owner_email": owner_email,
            "owner_id": owner_id,
            "created_at": self._now,
        }

    def _known(self, row: ContactRow, account_id: int, stored: _Stored) -> "ResultRow[Any] | None":
        """Return the stored contact a row means: by identifier, else by account and address."""
        address = (account_id, row.email_key)
        by_address = None if address in self._freed else stored.by_address.get(address)
        by_key = stored.by_key.get(row.key) if row.key else None
        if by_key is not None and by_address is not None and by_key.id != by_address.id:
            if by_key.merged_into_id == by_address.id:
                return by_address
            if by_address.merged_into_id == by_key.id:
                return by_key
            raise RowRefused("email", "Another contact of the account has this address already.")
        if by_key is None and by_address is not None and row.key and by_address.external_key is not None:
            reason = f"The address belongs to the contact {by_address.external_id!r} of this account already."
            raise RowRefused("external_id", reason)
        return by_key or by_address

    def _values(
        self,
        row: ContactRow,
        account_id: int,
        known: "ResultRow[Any] | None",
        held: frozenset[str],
        *,
        is_suppressed: bool,
    ) -> dict[str, Any]:
        """Return the columns to store: all for a new contact, the changed ones but `held` for a known."""
        is_known_address = known is not None and known.email_key == row.email_key
        # What somebody here said about an address weighs more than how it looks.
        is_role = known.is_role_address if is_known_address and known else is_role_address(row.email_key)
        if is_role:
            self._reader.warn(row.line, "email", ROLE_ADDRESS)
        wanted = {**row.values, "account_id": account_id, "email": row.email, "email_key": row.email_key}
        if row.key and (known is None or known.external_key != row.key):
            wanted |= {"external_id": row.external_id, "external_key": row.key}
        if known is None:
            if is_suppressed:
                wanted["status"] = ContactStatus.OPTED_OUT.value
                self._reader.warn(row.line, "email", "The address must not be written to; it stays that way.")
            return {
                **_NEW_CONTACT,
                "external_id": "",
                "external_key": None,
                "is_role_address": is_role,
                "created_at": self._now,
                **wanted,
            }
        if known.email_key != row.email_key:
            wanted["is_role_address"] = is_role
        if known.account_id != account_id:
            self._reader.warn(row.line, "account_external_id", "The contact moved here from another account.")
        self._keep_what_weighs_more(row, known, wanted)
        changed = {
            column: value
            for column, value in wanted.items()
            if column not in held and getattr(known, column) != value
        }
        return changed | changed_contact_text(known, changed)

    def _keep_what_weighs_more(
        self, row: ContactRow, known: "ResultRow[Any]", wanted: dict[str, Any]
    ) -> None:
        """Take out of `wanted` what a file cannot undo: opting out, a dead address, a later confirmation."""
        if "status" in wanted:
            has_new_address = known.email_key != row.email_key
            status = status_after_import(known.status, wanted["status"], has_new_address=has_new_address)
            if status != wanted["status"]:
                reason = f"The contact stays {known.status}; a file cannot change that."
                self._reader.warn(row.line, "status", reason)
            wanted["status"] = status
        if known.verified_on is not None and wanted.get("verified_on", known.verified_on) < known.verified_on:
            del wanted["verified_on"]

    def _persona_ids(self, row: ContactRow, played: set[int]) -> set[int]:
        found = set()
        for name in row.personas:
            persona_id = self._directory.persona_id(name)
            if persona_id is None:
                reason = f"The persona {name[:40]!r} is not known; the contact was imported without it."
                self._reader.warn(row.line, "personas", reason)
            elif self._directory.is_retired(persona_id) and persona_id not in played:
                reason = f"The persona {name[:40]!r} is retired; the contact was imported without it."
                self._reader.warn(row.line, "personas", reason)
            else:
                found.add(persona_id)
        return found

    def _plan_merged(self, row: ContactRow, kept: "ResultRow[Any]", writes: _Writes) -> None:
        """Report a row about a record that became part of another; only an opt-out reaches the person."""
        name = f"{kept.first_name} {kept.last_name}".strip() or kept.email
        self._reader.warn(row.line, "email", MERGED % name)
        if row.values.get("status") == kept.status or row.values.get("status") != ContactStatus.OPTED_OUT:
            self._tally.unchanged += 1
            return
        self._tally.updated += 1
        writes.changed.append({"id": kept.id, "status": ContactStatus.OPTED_OUT.value})

    def _plan_write(
        self,
        known: "ResultRow[Any] | None",
        values: dict[str, Any],
        personas: set[int],
        stored: _Stored,
        writes: _Writes,
    ) -> None:
        if known is None:
            self._tally.created += 1
            writes.new.append(values)
            writes.new_personas.append(personas)
            return
        has_new_personas = bool(personas) and personas != stored.personas[known.id]
        if not values and not has_new_personas:
            self._tally.unchanged += 1
            return
        self._tally.updated += 1
        if "email_key" in values or "account_id" in values:
            self._freed.add((known.account_id, known.email_key))
        if values:
            writes.changed.append({"id": known.id, **values})
        if has_new_personas:
            writes.changed_personas[known.id] = personas


def _mark(*parts: str) -> int:
    return int.from_bytes(blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _stored_contacts(rows: Sequence[ContactRow], *, is_held: bool) -> _Stored:
    columns = [Contact.id, Contact.merged_into_id, *(getattr(Contact, name) for name in COMPARED_COLUMNS)]
    keys = [row.key for row in rows if row.key]
    addresses = [row.email_key for row in rows]
    meant = or_(Contact.external_key.in_(keys), Contact.email_key.in_(addresses))
    if is_held:
        hold_people(select(Contact.id).where(meant))
    stored = _Stored()
    ids = []
    for contact in db.session.execute(select(*columns).where(meant)):
        ids.append(contact.id)
        stored.by_address[(contact.account_id, contact.email_key)] = contact
        if contact.external_key is not None:
            stored.by_key[contact.external_key] = contact
    merged = {row.merged_into_id for row in (*stored.by_address.values(), *stored.by_key.values())} - {None}
    for contact in db.session.execute(select(*columns).where(Contact.id.in_(merged))) if merged else ():
        stored.kept[contact.id] = contact
    played = select(contact_personas).where(contact_personas.c.contact_id.in_(ids))
    for contact_id, persona_id in db.session.execute(played):
        stored.personas[contact_id].add(persona_id)
    return stored


def _held_by_merged(
    row: ContactRow, account_id: int, known: "ResultRow[Any] | None", stored: _Stored
) -> frozenset[str]:
    """Return the columns of a row (address, identifier) that a record merged into the contact holds."""
    holders = (
        (stored.by_address.get((account_id, row.email_key)), ("email", "email_key", "is_role_address")),
        (stored.by_key.get(row.key) if row.key else None, ("external_id", "external_key")),
    )
    return frozenset(
        name
        for holder, names in holders
        if known is not None and holder is not None and holder.merged_into_id == known.id
        for name in names
    )


def _write(writes: _Writes) -> None:
    """Store a batch; changes come first, because an address they free may be a new contact's."""
    if writes.changed:
        db.session.execute(update(Contact), writes.changed)
    played = [
        {"contact_id": contact_id, "persona_id": persona_id}
        for contact_id, personas in writes.changed_personas.items()
        for persona_id in sorted(personas)
    ]
    if writes.changed_personas:
        outdated = contact_personas.c.contact_id.in_(list(writes.changed_personas))
        db.session.execute(delete(contact_personas).where(outdated))
    if writes.new:
        statement = insert(Contact).returning(Contact.id, sort_by_parameter_order=True)
        ids = db.session.scalars(statement, writes.new).all()
        played += [
            {"contact_id": contact_id, "persona_id": persona_id}
            for contact_id, personas in zip(ids, writes.new_personas, strict=True)
            for persona_id in sorted(personas)
        ]
    if played:
        db.session.execute(insert(contact_personas), played)
