"""What accepting a suggestion does to contacts: adding a person, or changing one and keeping what was."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from vocapp.accounts.cells import CellProblem, clean_text
from vocapp.accounts.models import Contact, Persona
from vocapp.accounts.queries import contact_at
from vocapp.accounts.rules import ContactStatus
from vocapp.accounts.service import add_contact, change_address, change_contact, status_at
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.freshness.models import Suggestion
from vocapp.freshness.queries import address_key
from vocapp.identity.models import User

Effect = dict[str, list[Any]]

# The columns a suggestion may propose, with the most characters each holds.
LONGEST = {"first_name": 120, "last_name": 120, "email": 320, "title": 200, "phone": 60}
PERSONAS = "personas"


def read_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return proposed values in one clean line each, cut where a column ends; empty ones are left out.

    Personas may be an empty list: that somebody plays no part any more is something to propose. Raises
    ValueError for a value no suggestion may propose.
    """
    clean: dict[str, Any] = {}
    for column, value in values.items():
        if column == PERSONAS:
            clean[column] = [str(key) for key in value]
        elif column in LONGEST:
            text = _in_one_line(str(value or ""), most=LONGEST[column])
            if text:
                clean[column] = text
        else:
            raise ValueError(f"a suggestion cannot propose {column!r}")
    return clean


def _in_one_line(text: str, *, most: int) -> str:
    try:
        return clean_text(text[: 10 * most], most=10 * most)[:most].strip()
    except CellProblem:
        return ""


def person_meant(suggestion: Suggestion, *, is_somebody_new: bool = False) -> Contact | None:
    """Return the contact a new person already is: by address, else by name unless `is_somebody_new`."""
    email = suggestion.values.get("email", "")
    by_address = contact_at(suggestion.account_id, address_key(email)) if email else None
    if by_address is not None or is_somebody_new:
        return by_address
    known = suggestion.known
    # A file may have moved them to another account since.
    return known if known is not None and known.account_id == suggestion.account_id else None


def add_person(suggestion: Suggestion, *, email: str, user: User) -> Contact:
    """Add the person of a suggestion, unverified; language and time zone are those of whoever named them.

    They play the part that was asked for, else the one of the person they follow. Raises `DomainError`
    without an address or for one that cannot be added.
    """
    if not email:
        raise DomainError("Nobody has told us an e-mail address yet; write it beside the name.")
    example = suggestion.replaces or suggestion.named_by
    names = {column: suggestion.values.get(column, "") for column in LONGEST if column != "email"}
    values = {
        **names,
        "language": example.language if example else "",
        "time_zone": example.time_zone if example else "",
        "is_demo": suggestion.account.is_demo,
    }
    personas = persona_ids(parts_proposed(suggestion))
    return add_contact(suggestion.account, email=email, values=values, persona_ids=personas, user=user)


def parts_proposed(suggestion: Suggestion) -> list[str]:
    """Return the personas (keys) a new person would play."""
    keys = [suggestion.persona_key, *suggestion.values.get(PERSONAS, ())]
    if not any(keys) and suggestion.replaces is not None:
        keys = [persona.key for persona in suggestion.replaces.personas]
    return list(dict.fromkeys(key for key in keys if key))


def complete_person(known: Contact, suggestion: Suggestion, *, user: User) -> Effect:
    """Bring somebody known up to what a suggestion says about them, and return what changed.

    They keep the parts they play. Somebody who was noted as left is there again.
    """
    have = [persona.key for persona in known.personas]
    wanted = {key: value for key, value in suggestion.values.items() if key != PERSONAS}
    wanted[PERSONAS] = [*have, *(key for key in parts_proposed(suggestion) if key not in have)]
    if known.status == ContactStatus.LEFT:
        wanted["status"] = status_at(known.email)
    return change_person(known, wanted, user=user)


def change_person(contact: Contact, wanted: Mapping[str, Any], *, user: User) -> Effect:
    """Give a contact new values (columns, and persona keys as `personas`), and return what changed.

    A new address goes through the checks of a new contact's. Raises `DomainError` for what cannot be.
    """
    before = standing_of(contact)
    plain = {column: value for column, value in wanted.items() if column not in ("email", PERSONAS)}
    keys = wanted.get(PERSONAS, before[PERSONAS])
    if plain or keys != before[PERSONAS]:
        chosen = persona_ids(keys, played=before[PERSONAS])
        change_contact(contact, values=plain, persona_ids=chosen, user=user)
    if wanted.get("email", contact.email) != contact.email:
        change_address(contact, wanted["email"], user=user)
    after = standing_of(contact)
    return {column: [before[column], after[column]] for column in before if before[column] != after[column]}


def standing_of(contact: Contact) -> dict[str, Any]:
    """Return everything evidence or a suggestion can change about a contact, as it is stored in an effect."""
    verified_on = contact.verified_on
    return {
        **{column: getattr(contact, column) for column in LONGEST},
        "status": str(contact.status),
        "verified_on": verified_on.isoformat() if verified_on else None,
        PERSONAS: [persona.key for persona in contact.personas],
    }


def restore(contact: Contact, effect: Mapping[str, Any], *, user: User) -> list[str]:
    """Put back what an effect changed, and return the columns that no longer hold what it set: they stay.

    So does an opt-out, wherever it came from.
    """
    now = standing_of(contact)
    kept = [column for column, (_before, after) in effect.items() if now[column] != after]
    if "status" in effect and contact.status == ContactStatus.OPTED_OUT and "status" not in kept:
        kept.append("status")
    back = {column: before for column, (before, _after) in effect.items() if column not in kept}
    plain = {column: value for column, value in back.items() if column not in ("status", "verified_on")}
    change_person(contact, plain, user=user)
    # Last, because another address may bring another status.
    if "status" in back:
        contact.status = back["status"]
    if "verified_on" in back:
        contact.verified_on = date.fromisoformat(back["verified_on"]) if back["verified_on"] else None
    db.session.flush()
    return kept


def persona_ids(keys: Collection[str], *, played: Collection[str] = ()) -> list[int]:
    """Return the ids of personas by their keys; a retired one only if the person plays that part already."""
    is_in_use = Persona.retired_on.is_(None) | Persona.key.in_(played)
    return list(db.session.scalars(select(Persona.id).where(Persona.key.in_(keys), is_in_use)))
