"""Writing what was taken from over there into accounts and contacts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update

from vocapp.accounts.directory import Directory
from vocapp.accounts.holding import hold_accounts, hold_contacts
from vocapp.accounts.models import Account, Contact, Persona, contact_personas
from vocapp.accounts.rules import ContactStatus, comparable_id, is_role_address, would_circle
from vocapp.accounts.search_text import account_text, changed_account_text, changed_contact_text, contact_text
from vocapp.accounts.service import status_at, statuses_at
from vocapp.accounts.tree import MOST_LEVELS
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.outbox.service import suppress_address
from vocapp.sync.values import address_of, is_opted_out

ACCOUNT_COLUMNS = (
    "name", "segment", "industry", "region", "country", "product", "currency", "lifecycle_stage",
    "growth_potential", "status",
)  # fmt: skip
CONTACT_COLUMNS = ("first_name", "last_name", "title", "phone", "language", "time_zone")

_NEW_ACCOUNT: Mapping[str, Any] = {
    **dict.fromkeys(ACCOUNT_COLUMNS, ""),
    "status": "active",
    "tier_id": None,
    "arr": None,
    "renewal_date": None,
    "owner_id": None,
    "owner_email": "",
    "parent_id": None,
}
_NEW_CONTACT: Mapping[str, Any] = {
    **dict.fromkeys(CONTACT_COLUMNS, ""),
    "status": ContactStatus.ACTIVE.value,
    "reports_to_id": None,
}


class NotOurs(Exception):
    """A record that cannot be one of ours; `reason` is one plain sentence, `field` ours or empty."""

    def __init__(self, reason: str, *, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


@dataclass(slots=True)
class Applied:
    """What applying a batch did beside storing values, for those who come after: evidence and rescoring."""

    account_ids: set[int] = field(default_factory=set)
    changed_addresses: dict[int, str] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    opted_out: set[int] = field(default_factory=set)
    not_pointing: set[int] = field(default_factory=set)
    new_tiers: list[str] = field(default_factory=list)


class Applier:
    """Applies a batch of records. Hold `accounts` and `contacts` first; nothing is read twice."""

    def __init__(self, *, source: str, now: datetime) -> None:
        self._source = source
        self._now = now
        self._directory = Directory(is_dry_run=False)
        self._personas = dict(db.session.execute(select(Persona.key, Persona.id)).all())
        self._emails = dict(db.session.execute(select(User.id, User.email)).all())
        self.applied = Applied()

    def create_accounts(self, records: Sequence[tuple[str, Mapping[str, Any]]]) -> list[int]:
        """Make accounts of (their id, values in our words) and return their ids in order."""
        if not records:
            return []
        rows = []
        for remote_id, values in records:
            row = {**_NEW_ACCOUNT, **self._account_columns(values)}
            row |= {"external_id": remote_id, "external_key": comparable_id(remote_id)}
            row["name"] = row["name"] or remote_id
            rows.append({**row, "search_text": account_text(row), "created_at": self._now})
        statement = insert(Account).returning(Account.id, sort_by_parameter_order=True)
        ids = list(db.session.scalars(statement, rows).all())
        self.applied.account_ids |= set(ids)
        return ids

    def change_accounts(self, changes: Mapping[int, Mapping[str, Any]]) -> dict[int, NotOurs]:
        """Change accounts: id → values in our words. Return id → why one field of an account cannot be.

        Its other fields are changed all the same.
        """
        if not changes:
            return {}
        hold_accounts(changes.keys())
        rows = db.session.scalars(select(Account).where(Account.id.in_(changes.keys()))).all()
        above = self._parents() if any(values.get("parent") for values in changes.values()) else {}
        updates = []
        refusals: dict[int, NotOurs] = {}
        for account in rows:
            columns = self._account_columns(changes[account.id])
            reason = _why_no_parent(account.id, columns.get("parent_id"), above)
            if reason is not None:
                refusals[account.id] = NotOurs(reason, field="parent")
                del columns["parent_id"]
            elif "parent_id" in columns:
                above[account.id] = columns["parent_id"]
            updates.append({"id": account.id, **columns, **changed_account_text(account, columns)})
        self._update(Account, updates)
        self.applied.account_ids |= changes.keys()
        return refusals

    def _parents(self) -> dict[int, int | None]:
        rows = select(Account.id, Account.parent_id).where(Account.parent_id.is_not(None))
        return dict(db.session.execute(rows).all())

    def _account_columns(self, values: Mapping[str, Any]) -> dict[str, Any]:
        columns: dict[str, Any] = {
            name: values[name] or "" for name in ACCOUNT_COLUMNS if name in values and name != "name"
        }
        if values.get("name"):
            columns["name"] = values["name"]
        if "tier" in values:
            columns["tier_id"] = self._tier_id(values["tier"]) if values["tier"] else None
        if "arr" in values:
            columns["arr"] = (
                None if values["arr"] is None else Decimal(str(values["arr"])).quantize(Decimal("0.01"))
            )
        if "renewal_date" in values:
            columns["renewal_date"] = _day(values["renewal_date"])
        if "owner" in values:
            columns["owner_id"] = values["owner"]
            columns["owner_email"] = self._emails.get(values["owner"], "")
        if "parent" in values:
            columns["parent_id"] = values["parent"]
        return columns

    def _tier_id(self, name: str) -> int:
        found = self._directory.tier_id(name)
        if found is None:
            found = self._directory.add_tier(name)
            self.applied.new_tiers.append(name)
        return found

    def create_contacts(self, records: Sequence[tuple[str, Mapping[str, Any]]]) -> list[int | NotOurs]:
        """Make contacts of (their id, values in our words); who cannot be one has a refusal instead."""
        rows: list[dict[str, Any]] = []
        places: list[int | NotOurs] = []
        taken = self._addresses_at({values["account"] for _id, values in records if values.get("account")})
        statuses = statuses_at({values["email"] for _id, values in records if values.get("email")})
        for remote_id, values in records:
            try:
                row = self._new_contact(remote_id, values, taken, statuses)
            except NotOurs as refusal:
                places.append(refusal)
                continue
            places.append(len(rows))
            rows.append(row)
        if not rows:
            return places
        statement = insert(Contact).returning(Contact.id, sort_by_parameter_order=True)
        ids = list(db.session.scalars(statement, rows).all())
        self.applied.account_ids |= {row["account_id"] for row in rows}
        made: list[int | NotOurs] = [place if isinstance(place, NotOurs) else ids[place] for place in places]
        played = {
            place: values["personas"]
            for place, (_id, values) in zip(made, records, strict=True)
            if isinstance(place, int) and values.get("personas")
        }
        self._play(played)
        return made

    def _new_contact(
        self,
        remote_id: str,
        values: Mapping[str, Any],
        taken: dict[int, dict[str, int]],
        statuses: Mapping[str, ContactStatus],
    ) -> dict[str, Any]:
        if not values.get("email"):
            raise NotOurs("There is no e-mail address, so nobody could be asked.", field="email")
        address, key = address_of(values["email"])
        if self._directory.is_staff(key):
            raise NotOurs(
                "This is one of our own people; customers' surveys are not for them.", field="email"
            )
        account_id = values["account"]
        if key in taken[account_id]:
            raise NotOurs("Another person of the account has this address already.", field="email")
        taken[account_id][key] = 0
        status = statuses[values["email"]]
        if values.get("is_opted_out") or values.get("is_opted_out_there"):
            status = ContactStatus.OPTED_OUT
            suppress_address(address, reason="opted_out", source=self._source)
        row = {
            **_NEW_CONTACT,
            **{name: values.get(name) or "" for name in CONTACT_COLUMNS},
            "account_id": account_id,
            "external_id": remote_id,
            "external_key": comparable_id(remote_id),
            "email": address,
            "email_key": key,
            "status": status.value,
            "is_role_address": is_role_address(key),
            "reports_to_id": None,
            "verified_on": None,
            "created_at": self._now,
        }
        return {**row, "search_text": contact_text(row)}

    def _addresses_at(self, account_ids: set[int]) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = defaultdict(dict)
        rows = select(Contact.account_id, Contact.email_key, Contact.id).where(
            Contact.account_id.in_(account_ids)
        )
        for account_id, key, contact_id in db.session.execute(rows):
            found[account_id][key] = contact_id
        return found

    def change_contacts(self, changes: Mapping[int, Mapping[str, Any]]) -> dict[int, NotOurs]:
        """Change contacts: id → values in our words. Return id → why one field of somebody cannot be.

        Their other fields are changed all the same. No opt-out is lifted.
        """
        if not changes:
            return {}
        account_ids = {values["account"] for values in changes.values() if values.get("account")}
        people = {row.id: row for row in self._people(changes, account_ids)}
        account_ids |= {person.account_id for person in people.values()}
        taken = self._addresses_at(account_ids)
        lines = (
            self._lines(account_ids) if any(values.get("reports_to") for values in changes.values()) else {}
        )
        updates: list[dict[str, Any]] = []
        refusals: dict[int, NotOurs] = {}
        played: dict[int, str | None] = {}
        for contact_id, values in changes.items():
            person = people.get(contact_id)
            if person is None:
                continue
            columns: dict[str, Any] = {name: values[name] or "" for name in CONTACT_COLUMNS if name in values}
            at = person.account_id
            try:
                columns |= self._address_columns(person, values, taken)
            except NotOurs as refusal:
                refusals[contact_id] = refusal
            columns |= self._standing_columns(person, values, lines.get(columns.get("account_id", at), {}))
            if "personas" in values:
                played[contact_id] = values["personas"]
            if columns:
                updates.append({"id": contact_id, **columns, **changed_contact_text(person, columns)})
            self.applied.account_ids.update(
                {person.account_id, int(columns.get("account_id", person.account_id))}
            )
        self._update(Contact, updates)
        self._play(played)
        return refusals

    def keep_silent(self, people: Iterable[Mapping[str, Any]]) -> None:
        """Write to nobody who opted out over there, though they are nobody here: an address may be shared."""
        for values in people:
            if values.get("email") and (values.get("is_opted_out") or values.get("is_opted_out_there")):
                suppress_address(values["email"], reason="opted_out", source=self._source)

    def _people(self, changes: Mapping[int, Any], account_ids: set[int]) -> Sequence[Contact]:
        hold_accounts(account_ids)
        hold_contacts(changes.keys())
        wanted = select(Contact).where(Contact.id.in_(changes.keys()))
        return db.session.scalars(wanted.execution_options(populate_existing=True)).all()

    def _address_columns(
        self, person: Contact, values: Mapping[str, Any], taken: dict[int, dict[str, int]]
    ) -> dict[str, Any]:
        """Return the columns that a new address, a new account, or both bring. One address per account."""
        account_id = values.get("account") or person.account_id
        email = values.get("email") or person.email
        address, key = address_of(email)
        if (account_id, key) == (person.account_id, person.email_key):
            return {} if address == person.email else {"email": address}
        if self._directory.is_staff(key):
            raise NotOurs("The new address is one of our own people's; correct it over there.", field="email")
        holder = taken[account_id].get(key)
        if holder is not None and holder != person.id:
            raise NotOurs("Another person of the account has this address already.", field="email")
        taken[person.account_id].pop(person.email_key, None)
        taken[account_id][key] = person.id
        columns: dict[str, Any] = {}
        if account_id != person.account_id:
            columns |= {"account_id": account_id, "reports_to_id": None}
            self.applied.moved[person.id] = account_id
        if key != person.email_key:
            self.applied.changed_addresses[person.id] = person.email
            columns |= {"email": address, "email_key": key, "is_role_address": is_role_address(key)}
            if is_opted_out(person.status):
                suppress_address(address, reason="opted_out", source=self._source)
            elif person.status != ContactStatus.LEFT:
                columns["status"] = status_at(address).value
        return columns

    def _standing_columns(
        self, person: Contact, values: Mapping[str, Any], lines: dict[int, int | None]
    ) -> dict[str, Any]:
        """Return the columns of a boss and an opt-out; `lines`: who reports to whom at their account."""
        columns: dict[str, Any] = {}
        boss_id = values.get("reports_to")
        if boss_id is not None and (boss_id not in lines or would_circle(person.id, boss_id, lines)):
            self.applied.not_pointing.add(person.id)
        elif "reports_to" in values:
            columns["reports_to_id"] = lines[person.id] = boss_id
        is_out = values.get("is_opted_out") or values.get("is_opted_out_there")
        if is_out and not is_opted_out(person.status):
            columns["status"] = ContactStatus.OPTED_OUT.value
            suppress_address(person.email, reason="opted_out", source=self._source)
            self.applied.opted_out.add(person.id)
        return columns

    def _lines(self, account_ids: set[int]) -> dict[int, dict[int, int | None]]:
        """Return account id → contact id → whom they report to."""
        found: dict[int, dict[int, int | None]] = defaultdict(dict)
        rows = select(Contact.account_id, Contact.id, Contact.reports_to_id).where(
            Contact.account_id.in_(account_ids)
        )
        for account_id, contact_id, boss_id in db.session.execute(rows):
            found[account_id][contact_id] = boss_id
        return found

    def _play(self, played: Mapping[int, str | None]) -> None:
        """Give people their personas, and take those that nobody over there says."""
        if not played:
            return
        db.session.execute(delete(contact_personas).where(contact_personas.c.contact_id.in_(played.keys())))
        rows = [
            {"contact_id": contact_id, "persona_id": self._personas[key]}
            for contact_id, keys in played.items()
            for key in (keys or "").split(";")
            if key in self._personas
        ]
        if rows:
            db.session.execute(insert(contact_personas), rows)

    def _update(self, table: type[Account] | type[Contact], updates: Sequence[dict[str, Any]]) -> None:
        """Change rows, one statement per set of columns: rows of one statement need the same ones."""
        by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for row in updates:
            if len(row) > 1:
                by_columns[tuple(sorted(row))].append(row)
        for rows in by_columns.values():
            db.session.execute(update(table), rows)


def _why_no_parent(account_id: int, parent_id: int | None, above: Mapping[int, int | None]) -> str | None:
    """Return why an account cannot stand below another; `above` maps account → the one above it so far."""
    node = parent_id
    for _level in range(MOST_LEVELS):
        if node is None:
            return None
        if node == account_id:
            return "The parent is this account itself or one below it; correct it over there."
        node = above.get(node)
    return f"The account would stand more than {MOST_LEVELS} levels deep; correct its parent over there."


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
