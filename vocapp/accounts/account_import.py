"""Bringing the accounts of a file into the database, batch by batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row as ResultRow
from sqlalchemy import insert, select, update
from sqlalchemy.orm import aliased

from vocapp.accounts.directory import Directory, not_a_user_yet
from vocapp.accounts.import_rows import AccountRow, RowReader, RowRefused, read_account
from vocapp.accounts.import_steps import Cells, ImportContext, ImportSteps
from vocapp.accounts.merging import merged_keys
from vocapp.accounts.models import Account
from vocapp.accounts.rules import CoverageModel, comparable_id
from vocapp.accounts.search_text import changed_account_text
from vocapp.accounts.tree import MOST_LEVELS
from vocapp.core.db import db

LOOP = "The parent is this account itself or one below it; correct parent_external_id."
MERGED = "This account became part of %s; what is not known there was added, and nothing else changed."
TOO_DEEP = f"The account would stand more than {MOST_LEVELS} levels deep; correct parent_external_id."

PLAIN_COLUMNS = (
    "name", "segment", "industry", "region", "country", "product", "arr", "currency", "lifecycle_stage",
    "renewal_date", "review_date", "status", "growth_potential", "coverage_model", "time_zone",
)  # fmt: skip
COMPARED_COLUMNS = (*PLAIN_COLUMNS, "tier_id", "owner_id", "owner_email")


@dataclass(frozen=True, slots=True)
class _Link:
    """A parent named by a row, tied after all rows are in."""

    line: int
    child_key: str
    parent_key: str
    is_unchanged: bool


class AccountImport(ImportSteps):
    """One pass over a file of accounts."""

    def __init__(self, context: ImportContext) -> None:
        self._plan = context.plan
        self._tally = context.tally
        self._directory = Directory(is_dry_run=context.is_dry_run)
        self._reader = RowReader(context.plan, context.tally)
        self._is_dry_run = context.is_dry_run
        self._now = context.now
        self._lines: dict[str, int] = {}
        self._links: list[_Link] = []
        self._looping: dict[int, str] = {}
        self._would_be_new: set[str] = set()
        self._part_of = merged_keys()

    @property
    def needs_preparation(self) -> bool:
        """Whether the file must be read once before: parents may form loops across the whole file."""
        return self._plan.has("parent_external_id") and self._plan.has("external_id")

    def prepare(self, rows: Iterable[Cells]) -> None:
        """Find the rows whose parent would close a loop, together with the parents already stored."""
        child_at = self._plan.positions["external_id"]
        parent_at = self._plan.positions["parent_external_id"]
        named: dict[str, tuple[int, str]] = {}
        for line, cells in rows:
            child, parent = comparable_id(cells[child_at]), self._led_to(comparable_id(cells[parent_at]))
            if child and parent and child not in self._part_of:
                named.setdefault(child, (line, parent))
        self._looping = looping_lines(named, _stored_parents())

    def apply(self, batch: Iterable[Cells]) -> None:
        """Create or update the accounts of some rows; whatever is wrong with one stays with that one."""
        rows = self._without_former(list(self._readable(batch)))
        stored = _stored_accounts([row.key for row in rows])
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for row in rows:
            known = stored.get(row.key)
            if known is None and "name" not in row.values:
                self._refuse(row.line, RowRefused("name", "The cell is empty; a new account needs a name."))
                continue
            values = self._values(row, known)
            is_unchanged = known is not None and not values
            if known is None:
                self._tally.created += 1
                new.append({**_NEW_ACCOUNT, **values, "created_at": self._now})
            elif values:
                self._tally.updated += 1
                changed.append({"id": known.id, **values})
            else:
                self._tally.unchanged += 1
            if row.parent_key:
                self._links.append(_Link(row.line, row.key, self._led_to(row.parent_key), is_unchanged))
        self._write(new, changed)

    def finish(self) -> None:
        """Tie accounts to their parents. Parents that are nowhere are remarked on and left out."""
        for start in range(0, len(self._links), 1000):
            self._tie(self._links[start : start + 1000])

    def _readable(self, batch: Iterable[tuple[int, Sequence[str]]]) -> Iterator[AccountRow]:
        for line, cells in batch:
            try:
                row = read_account(line, cells, self._reader)
                if line in self._looping:
                    raise RowRefused("parent_external_id", self._looping[line])
            except RowRefused as refusal:
                self._refuse(line, refusal)
                continue
            first = self._lines.setdefault(row.key, line)
            if first != line:
                self._tally.duplicates += 1
                reason = "The account stands in the file before; only its first row counts."
                self._reader.warn(line, "external_id", reason)
            else:
                yield row

    def _led_to(self, key: str) -> str:
        """Return the identifier of the account that an identifier leads to."""
        return self._part_of.get(key, key)

    def _without_former(self, rows: Sequence[AccountRow]) -> list[AccountRow]:
        """Return the rows, those about a merged account as rows about the one it became part of.

        Such a row only adds what is not known there: its name, status and parent are those of something that
        is over. What the file says of the kept account itself comes first.
        """
        own = {row.key for row in rows if row.key not in self._part_of} | self._lines.keys()
        kept = _stored_accounts([self._led_to(row.key) for row in rows if row.key in self._part_of])
        meant = []
        for row in rows:
            if row.key not in self._part_of:
                meant.append(row)
                continue
            known = kept[self._led_to(row.key)]
            self._reader.warn(row.line, "external_id", MERGED % known.name)
            if known.external_key in own:
                self._tally.unchanged += 1
                continue
            own.add(known.external_key)
            blank = {name: value for name, value in row.values.items() if getattr(known, name) in (None, "")}
            owner_email = "" if known.owner_email or known.owner_id else row.owner_email
            tier = "" if known.tier_id else row.tier
            meant.append(
                replace(
                    row,
                    key=known.external_key,
                    values={"name": known.name, **blank},
                    owner_email=owner_email,
                    tier=tier,
                    parent_key="",
                )
            )
        return meant

    def _refuse(self, line: int, refusal: RowRefused) -> None:
        column = None if refusal.column is None else self._plan.theirs(refusal.column)
        self._tally.refuse(line, column, refusal.reason)

    def _values(self, row: AccountRow, known: "ResultRow[Any] | None") -> dict[str, Any]:
        """Return the columns to store: all for a new account, the changed ones for a known."""
        wanted = dict(row.values)
        if row.tier:
            wanted["tier_id"] = self._tier_id(row)
        if row.owner_email:
            wanted["owner_email"] = row.owner_email
            wanted["owner_id"] = self._directory.user_id(row.owner_email)
            if wanted["owner_id"] is None:
                self._reader.warn(row.line, "owner_email", not_a_user_yet(row.owner_email))
        if known is None:
            return {"external_id": row.external_id, "external_key": row.key, **wanted}
        changed = {column: value for column, value in wanted.items() if getattr(known, column) != value}
        if "coverage_model" in changed:
            changed["is_coverage_by_rule"] = False
        return changed | changed_account_text(known, changed)

    def _tier_id(self, row: AccountRow) -> int:
        tier_id = self._directory.tier_id(row.tier)
        if tier_id is None:
            tier_id = self._directory.add_tier(row.tier)
            reason = f"The tier {row.tier!r} is new; say under Settings whom its accounts should have."
            self._reader.warn(row.line, "tier", reason)
        return tier_id

    def _write(self, new: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
        if self._is_dry_run:
            if self._plan.has("parent_external_id"):
                self._would_be_new.update(values["external_key"] for values in new)
            return
        if changed:
            db.session.execute(update(Account), changed)
        if new:
            db.session.execute(insert(Account), new)

    def _tie(self, links: Sequence[_Link]) -> None:
        keys = {link.child_key for link in links} | {link.parent_key for link in links}
        stored = _stored_accounts(keys)
        ties = []
        for link in links:
            parent, child = stored.get(link.parent_key), stored.get(link.child_key)
            if parent is None and link.parent_key not in self._would_be_new:
                reason = f"No account is called {link.parent_key!r}; the account is left without this parent."
                self._reader.warn(link.line, "parent_external_id", reason)
            elif child is not None and (parent is None or child.parent_id != parent.id):
                if link.is_unchanged:
                    self._tally.unchanged -= 1
                    self._tally.updated += 1
                ties.append({"id": child.id, "parent_id": None if parent is None else parent.id})
        if ties and not self._is_dry_run:
            db.session.execute(update(Account), ties)


# A bulk insert needs the same columns in every row.
_NEW_ACCOUNT: Mapping[str, Any] = {
    **dict.fromkeys(("segment", "industry", "region", "country", "product", "lifecycle_stage"), ""),
    "tier_id": None,
    "arr": None,
    "currency": "",
    "renewal_date": None,
    "review_date": None,
    "owner_id": None,
    "owner_email": "",
    "status": "active",
    "growth_potential": "",
    "time_zone": "",
    "coverage_model": CoverageModel.STANDARD,
}


def _stored_accounts(keys: Iterable[str]) -> dict[str, "ResultRow[Any]"]:
    columns = [
        getattr(Account, name)
        for name in ("external_key", "external_id", "id", "parent_id", *COMPARED_COLUMNS)
    ]
    rows = db.session.execute(select(*columns).where(Account.external_key.in_(list(keys))))
    return {row.external_key: row for row in rows}


def _stored_parents() -> dict[str, str]:
    parent = aliased(Account)
    pairs = select(Account.external_key, parent.external_key).join(parent, parent.id == Account.parent_id)
    return dict(db.session.execute(pairs).all())


def looping_lines(named: Mapping[str, tuple[int, str]], stored: Mapping[str, str]) -> dict[int, str]:
    """Return line → reason for the rows whose parent cannot be, so that the others form no loop.

    `named` maps child → (line, parent) as the file says, `stored` child → parent as it was before; a refused
    row leaves its child where it was, which may make another row impossible, hence the rounds.
    """
    refused: dict[int, str] = {}
    while True:
        above = {child: parent for child, parent in stored.items() if child not in named}
        above |= {
            child: stored[child]
            for child, (line, _parent) in named.items()
            if line in refused and child in stored
        }
        found = {}
        for child, (line, parent) in named.items():
            if line in refused:
                continue
            reason = _why_impossible(child, parent, above)
            if reason:
                found[line] = reason
            else:
                above[child] = parent
        if not found:
            return refused
        refused |= found


def _why_impossible(child: str, parent: str, above: Mapping[str, str]) -> str | None:
    node: str | None = parent
    for _level in range(MOST_LEVELS):
        if node is None:
            return None
        if node == child:
            return LOOP
        node = above.get(node)
    return TOO_DEEP
