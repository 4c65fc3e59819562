"""One row of a file as an account or a contact, before the database is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from vocapp.accounts.cells import (
    CellProblem,
    clean_text,
    read_address,
    read_amount,
    read_currency,
    read_date,
    read_language,
    read_time_zone,
)
from vocapp.accounts.columns import ColumnPlan, comparable_name
from vocapp.accounts.rules import AccountStatus, ContactStatus, CoverageModel, Degree, comparable_id
from vocapp.accounts.tally import Tally

MOST_ID = 120
MOST_NAME = 200
LENGTHS = {
    "first_name": 120, "last_name": 120, "title": 200, "phone": 60, "segment": 80, "industry": 80,
    "region": 80, "country": 80, "product": 80, "lifecycle_stage": 40,
}  # fmt: skip
ACCOUNT_TEXTS = ("segment", "industry", "region", "country", "product", "lifecycle_stage")
CONTACT_TEXTS = ("first_name", "last_name", "title", "phone")

ACCOUNT_STATUSES: Mapping[str, AccountStatus] = {
    **dict.fromkeys(("active", "customer", "live", "current"), AccountStatus.ACTIVE),
    **dict.fromkeys(
        ("churned", "former", "inactive", "lost", "cancelled", "canceled", "ended"), AccountStatus.CHURNED
    ),
}
DEGREES: Mapping[str, Degree] = {
    **dict.fromkeys(("low", "small"), Degree.LOW),
    **dict.fromkeys(("medium", "mid", "moderate"), Degree.MEDIUM),
    **dict.fromkeys(("high", "large", "big"), Degree.HIGH),
}
COVERAGE_MODELS: Mapping[str, CoverageModel] = {
    **dict.fromkeys(("standard", "lowtouch", "techtouch", "pooled"), CoverageModel.STANDARD),
    **dict.fromkeys(("hightouch", "dedicated", "whiteglove"), CoverageModel.HIGH_TOUCH),
}
CONTACT_STATUSES: Mapping[str, ContactStatus] = {
    **dict.fromkeys(("active", "current"), ContactStatus.ACTIVE),
    **dict.fromkeys(("left", "leftcompany", "former", "gone", "inactive"), ContactStatus.LEFT),
    **dict.fromkeys(("bounced", "bounce", "invalid"), ContactStatus.BOUNCED),
    **dict.fromkeys(("optedout", "optout", "unsubscribed", "donotcontact"), ContactStatus.OPTED_OUT),
}

ACCOUNT_VALUES: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("arr", read_amount),
    ("currency", read_currency),
    ("renewal_date", read_date),
    ("review_date", read_date),
)
ACCOUNT_CHOICES: tuple[tuple[str, str, Mapping[str, StrEnum]], ...] = (
    ("status", "status", ACCOUNT_STATUSES),
    ("growth_potential", "growth potential", DEGREES),
    ("coverage_model", "coverage model", COVERAGE_MODELS),
)

PERSONA_SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(
        ("dm", "decider", "buyer", "economicbuyer", "executivesponsor", "sponsor", "signer", "budgetholder"),
        "decision_maker",
    ),
    **dict.fromkeys(("advocate", "coach", "internalchampion"), "champion"),
    **dict.fromkeys(("administrator", "systemadministrator", "sysadmin", "itadmin"), "admin"),
    **dict.fromkeys(("user", "enduser", "keyuser", "superuser"), "power_user"),
    **dict.fromkeys(("evaluator", "technicalevaluator", "recommender", "technicalbuyer"), "influencer"),
}


class RowRefused(Exception):
    """A row that cannot be applied, with the column (ours) and a plain reason."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class FileRefused(Exception):
    """Not a single row can be applied: a required column is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as a file describes it; `values` are the columns of `Account` the row has something for."""

    line: int
    external_id: str
    key: str
    values: Mapping[str, Any]
    tier: str
    owner_email: str
    parent_key: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as a file describes it; `values` are the columns of `Contact` the row has something for."""

    line: int
    external_id: str
    key: str
    account_external_id: str
    account_key: str
    account_name: str
    account_owner_email: str
    email: str
    email_key: str
    values: Mapping[str, Any]
    personas: tuple[str, ...]


class RowReader:
    """Reads cells by our column names; remarks go to the tally."""

    def __init__(self, plan: ColumnPlan, tally: Tally) -> None:
        self._plan = plan
        self._tally = tally

    def text(self, cells: Sequence[str], column: str, *, most: int = MOST_NAME) -> str:
        """Return the clean text of a column; empty when the file lacks it."""
        position = self._plan.positions.get(column)
        if position is None:
            return ""
        try:
            return clean_text(cells[position], most=most)
        except CellProblem as problem:
            raise RowRefused(column, problem.reason) from None

    def text_as_written(self, cells: Sequence[str], column: str) -> str:
        """Return a cell untouched, for checks that must see what cleaning would hide."""
        return cells[self._plan.positions[column]]

    def written(self, cells: Sequence[str], column: str) -> str:
        """Return a cell as written, empty when the file lacks the column."""
        return self.text_as_written(cells, column) if self._plan.has(column) else ""

    def texts(self, cells: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
        """Return the clean texts of those columns that have something in them."""
        found = {column: self.text(cells, column, most=LENGTHS[column]) for column in columns}
        return {column: text for column, text in found.items() if text}

    def warn(self, line: int, column: str, reason: str) -> None:
        """Remark on a cell under the file's own name for the column."""
        self._tally.warn(line, self._plan.theirs(column), reason)

    def required(self, column: str) -> None:
        """Raise `FileRefused` when the file has no such column at all."""
        if not self._plan.has(column):
            raise FileRefused(
                f"The file has no column {column}; add it, or map one of its columns to {column}."
            )

    def identifier(self, cells: Sequence[str], column: str) -> str:
        """Return an identifier as written; raises `RowRefused` for an empty cell."""
        self.required(column)
        text = self.text(cells, column, most=MOST_ID)
        if not text:
            raise RowRefused(column, "The cell is empty; every row needs one.")
        return text

    def address_or_warning(self, line: int, cells: Sequence[str], column: str) -> str:
        """Return an owner's address in comparable form; a text that is none is remarked on and left out."""
        text = self.text(cells, column, most=320)
        if not text:
            return ""
        try:
            return read_address(text)[1]
        except CellProblem:
            self.warn(
                line, column, f"{text[:80]!r} is not an e-mail address; the account is left without owner."
            )
            return ""


def read_account(line: int, cells: Sequence[str], reader: RowReader) -> AccountRow:
    """Return a row as an account. Raises `RowRefused`, or `FileRefused` when a required column is missing."""
    external_id = reader.identifier(cells, "external_id")
    reader.required("name")
    values = reader.texts(cells, ACCOUNT_TEXTS)
    name = reader.text(cells, "name")
    if name:
        values["name"] = name
    for column, read in ACCOUNT_VALUES:
        text = reader.text(cells, column)
        if text:
            values[column] = _read(column, text, read)
    for column, what, choices in ACCOUNT_CHOICES:
        text = reader.text(cells, column)
        known = choices.get(comparable_name(text))
        if known is not None:
            values[column] = known.value
        elif text:
            reader.warn(line, column, f"The {what} {text[:40]!r} is not known; it was left as it is.")
    zone = reader.text(cells, "time_zone")
    if zone and (known_zone := read_time_zone(zone)) is not None:
        values["time_zone"] = known_zone
    elif zone:
        reader.warn(line, "time_zone", f"The time zone {zone[:40]!r} is not known; it was left as it is.")
    return AccountRow(
        line=line,
        external_id=external_id,
        key=comparable_id(external_id),
        values=values,
        tier=reader.text(cells, "tier", most=60),
        owner_email=reader.address_or_warning(line, cells, "owner_email"),
        parent_key=comparable_id(reader.text(cells, "parent_external_id", most=MOST_ID)),
    )


def read_contact(line: int, cells: Sequence[str], reader: RowReader, *, today: date) -> ContactRow:
    """Return a row as a contact. Raises `RowRefused`, or `FileRefused` when a required column is missing."""
    reader.required("email")
    # The address comes first: a file without real addresses is the wrong file, whatever else it lacks.
    email, email_key = _read("email", reader.text_as_written(cells, "email"), read_address)
    account_external_id = reader.identifier(cells, "account_external_id")
    external_id = reader.text(cells, "external_id", most=MOST_ID)
    values = reader.texts(cells, CONTACT_TEXTS)
    full_name = reader.text(cells, "full_name", most=120)
    if full_name and "first_name" not in values and "last_name" not in values:
        values["first_name"], _space, values["last_name"] = full_name.partition(" ")
    values |= _choices(line, cells, reader)
    verified = reader.text(cells, "verified_on")
    if verified:
        values["verified_on"] = _read("verified_on", verified, read_date)
        if values["verified_on"] > today:
            raise RowRefused("verified_on", "Nobody can have confirmed this in the future; correct the date.")
    personas = reader.text(cells, "personas", most=1000)
    return ContactRow(
        line=line,
        external_id=external_id,
        key=comparable_id(external_id),
        account_external_id=account_external_id,
        account_key=comparable_id(account_external_id),
        account_name=reader.text(cells, "account_name"),
        account_owner_email=reader.text(cells, "account_owner_email", most=320),
        email=email,
        email_key=email_key,
        values=values,
        personas=tuple(name.strip() for name in personas.split(";") if name.strip()),
    )


def _choices(line: int, cells: Sequence[str], reader: RowReader) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, read, what in (
        ("language", read_language, "language"),
        ("time_zone", read_time_zone, "time zone"),
        ("status", lambda text: CONTACT_STATUSES.get(comparable_name(text)), "status"),
    ):
        text = reader.text(cells, column)
        found = read(text) if text else None
        if found is not None:
            values[column] = str(found)
        elif text:
            reader.warn(line, column, f"The {what} {text[:40]!r} is not known; the cell was left out.")
    return values


def _read(column: str, text: str, read: Any) -> Any:
    try:
        return read(text)
    except CellProblem as problem:
        raise RowRefused(column, problem.reason) from None


def persona_key(name: str) -> str:
    """Return the comparable form of a persona's name or key, synonyms resolved."""
    comparable = comparable_name(name)
    return comparable_name(PERSONA_SYNONYMS.get(comparable, comparable))


def tier_key(name: str) -> str:
    """Return the comparable form of a tier's name: "1", "T1", "tier_1" and "Tier 1" are one."""
    comparable = comparable_name(name)
    for prefix in ("tier", "t"):
        rest = comparable.removeprefix(prefix)
        if rest != comparable and rest.isdecimal():
            return rest
    return comparable
