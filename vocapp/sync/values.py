"""What a value of theirs is in our words, and ours in theirs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from vocapp.accounts.cells import (
    CellProblem,
    clean_text,
    read_address,
    read_currency,
    read_date,
    read_language,
    read_time_zone,
)
from vocapp.accounts.columns import comparable_name
from vocapp.accounts.import_rows import ACCOUNT_STATUSES, CONTACT_STATUSES, DEGREES
from vocapp.accounts.rules import ContactStatus
from vocapp.sync.comparing import is_blank, read_moment, write_moment
from vocapp.sync.fields import Kind, OurField

STATUS_WORDS: Mapping[str, str] = {
    "active": "Active",
    "left": "Left",
    "bounced": "Bounced",
    "opted_out": "Opted out",
    "churned": "Churned",
    "low": "Low",
    "medium": "Medium",
    "high": "High",
}
MOST_MONEY = 10**12


class NotYet(Exception):
    """A record points at one that has not come in; it may come in later."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the records of a batch point at: their ids → our ids, and the reverse for what goes out.

    `tiers` and `personas` map comparable names to names and keys; who owns things over there and is nobody
    here (a queue, say) is not in `users`.
    """

    users: Mapping[str, int] = field(default_factory=dict)
    accounts: Mapping[str, int] = field(default_factory=dict)
    contacts: Mapping[str, int] = field(default_factory=dict)
    accounts_there: Mapping[int, str] = field(default_factory=dict)
    contacts_there: Mapping[int, str] = field(default_factory=dict)
    tiers: Mapping[str, str] = field(default_factory=dict)
    personas: Mapping[str, str] = field(default_factory=dict)


def incoming(ours: OurField, value: Any, known: Known) -> Any:
    """Return their value in our words, as plain JSON; None for nothing.

    Raises `CellProblem` for a value that cannot be ours, `NotYet` for a reference that is not here.
    """
    if is_blank(value):
        return False if ours.kind is Kind.TRUTH else None
    return _READERS[ours.kind](ours, value, known)


def outgoing(ours: OurField, value: Any, known: Known, *, length: int = 0) -> Any:
    """Return our value in their words; None for nothing. `length` cuts text to what their field takes.

    Raises `NotYet` for a reference that is not over there.
    """
    if is_blank(value):
        return False if ours.kind is Kind.TRUTH else None
    match ours.kind:
        case Kind.ACCOUNT:
            return _there(known.accounts_there, value, "account")
        case Kind.CONTACT:
            return _there(known.contacts_there, value, "person")
        case Kind.ACCOUNT_STATUS | Kind.CONTACT_STATUS | Kind.DEGREE:
            return STATUS_WORDS.get(str(value), str(value))
        case Kind.TEXT | Kind.URL | Kind.PERSONAS:
            text = str(value)
            return text[: length - 1] + "…" if length and len(text) > length else text
        case _:
            return value


def _there(known: Mapping[int, str], value: Any, what: str) -> str:
    found = known.get(int(value))
    if found is None:
        raise NotYet(f"The {what} it points at is not over there yet.")
    return found


def _text(ours: OurField, value: Any, _known: Known) -> str:
    return clean_text(str(value), most=ours.most or 200)


def _number(_ours: OurField, value: Any, _known: Known) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise CellProblem(f"{str(value)[:40]!r} is not a number.") from None


def _money(ours: OurField, value: Any, known: Known) -> float:
    amount = _number(ours, value, known)
    if not 0 <= amount < MOST_MONEY:
        raise CellProblem("The amount is negative or too large; correct it over there.")
    return round(amount, 2)


def _truth(_ours: OurField, value: Any, _known: Known) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"true", "1", "yes"}
    return bool(value)


def _day(_ours: OurField, value: Any, _known: Known) -> str:
    return read_date(str(value)[:10]).isoformat()


def _moment(_ours: OurField, value: Any, _known: Known) -> str:
    try:
        return write_moment(read_moment(str(value)))
    except ValueError:
        raise CellProblem(f"{str(value)[:40]!r} is not a moment.") from None


def _address(_ours: OurField, value: Any, _known: Known) -> str:
    return address_of(str(value))[0]


@lru_cache(maxsize=20_000)
def address_of(text: str) -> tuple[str, str]:
    """Return an address as written and in comparable form; raises `CellProblem` for anything else.

    A batch asks for the same addresses again and again.
    """
    return read_address(text)


def _language(_ours: OurField, value: Any, _known: Known) -> str | None:
    found = read_language(str(value))
    if found is None:
        raise CellProblem(f"{str(value)[:40]!r} is not a language we know.")
    return found


def _time_zone(_ours: OurField, value: Any, _known: Known) -> str | None:
    found = read_time_zone(str(value))
    if found is None:
        raise CellProblem(f"{str(value)[:40]!r} is not a time zone we know.")
    return found


def _choice(words: Mapping[str, Any], what: str) -> Callable[[OurField, Any, Known], str]:
    def read(_ours: OurField, value: Any, _known: Known) -> str:
        found = words.get(comparable_name(str(value)))
        if found is None:
            raise CellProblem(f"The {what} {str(value)[:40]!r} is not one of ours.")
        return str(found.value)

    return read


def _tier(_ours: OurField, value: Any, known: Known) -> str:
    # A tier that is not here is made when it is stored, as when a file names it.
    return known.tiers.get(comparable_name(str(value))) or clean_text(str(value), most=60)


def _personas(_ours: OurField, value: Any, known: Known) -> str:
    named = [part for part in str(value).split(";") if part.strip()]
    missing = [part.strip() for part in named if comparable_name(part) not in known.personas]
    if missing:
        raise CellProblem(f"{missing[0][:40]!r} is no persona here; add a rule that says which one it means.")
    return ";".join(sorted({known.personas[comparable_name(part)] for part in named}))


def _reference(places: str, what: str) -> Callable[[OurField, Any, Known], int]:
    def read(_ours: OurField, value: Any, known: Known) -> int:
        found: int | None = getattr(known, places).get(str(value))
        if found is None:
            raise NotYet(f"The {what} it belongs to has not come in yet.")
        return found

    return read


def _user(_ours: OurField, value: Any, known: Known) -> int | None:
    return known.users.get(str(value))


_READERS: Mapping[Kind, Callable[[OurField, Any, Known], Any]] = {
    Kind.TEXT: _text,
    Kind.URL: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.CURRENCY: lambda _ours, value, _known: read_currency(str(value)),
    Kind.TRUTH: _truth,
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
    Kind.ADDRESS: _address,
    Kind.LANGUAGE: _language,
    Kind.TIME_ZONE: _time_zone,
    Kind.ACCOUNT_STATUS: _choice(ACCOUNT_STATUSES, "status"),
    Kind.CONTACT_STATUS: _choice(CONTACT_STATUSES, "status"),
    Kind.DEGREE: _choice(DEGREES, "growth potential"),
    Kind.BAND: _text,
    Kind.TIER: _tier,
    Kind.PERSONAS: _personas,
    Kind.USER: _user,
    Kind.ACCOUNT: _reference("accounts", "account"),
    Kind.CONTACT: _reference("contacts", "person"),
}


def is_opted_out(status: str) -> bool:
    """Whether somebody of this status must not be asked."""
    return status == ContactStatus.OPTED_OUT


def day_text(day: date | None) -> str | None:
    """Return a day as both sides write it."""
    return None if day is None else day.isoformat()


def moment_text(moment: datetime | None) -> str | None:
    """Return a moment as both sides write it."""
    return None if moment is None else write_moment(moment)
