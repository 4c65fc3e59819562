"""Two contacts side by side before they become one: values, proposals, and what moves."""

from collections.abc import Mapping
from dataclasses import dataclass

from vocapp.accounts.models import Contact, Persona
from vocapp.core.db import db
from vocapp.duplicates.fields import FIELDS, default_sides, field_value, record_of
from vocapp.duplicates.models import LikelyPair
from vocapp.duplicates.queries import what_points_at
from vocapp.duplicates.rules import Card, Likeness, better_kept, likeness


@dataclass(frozen=True)
class FieldPair:
    """One field of two contacts, as text; `differs` when there is something to choose."""

    name: str
    kept: str
    merged: str

    @property
    def differs(self) -> bool:
        """Whether both have a value of their own."""
        return self.kept != self.merged


@dataclass(frozen=True)
class Comparison:
    """What a merge would do: fields with the proposed sides, personas together, rows that move per table."""

    fields: tuple[FieldPair, ...]
    proposed: Mapping[str, str]
    personas: tuple[Persona, ...]
    moves: Mapping[str, int]
    likeness: Likeness | None


def comparison_of(kept: Contact, merged: Contact) -> Comparison:
    """Return two contacts side by side."""
    fields = tuple(
        FieldPair(name, _words(kept, name), _words(merged, name))
        for name in FIELDS
        if _words(kept, name) or _words(merged, name)
    )
    both = {persona.id: persona for persona in (*kept.personas, *merged.personas)}
    points = what_points_at(merged.id)
    moves: dict[str, int] = {}
    for name, count in points.items():
        table = name.partition(".")[0]
        moves[table] = max(moves.get(table, 0), count)
    moves.pop("contact_personas", None)
    return Comparison(
        fields=fields,
        proposed={name: side.value for name, side in default_sides(kept, merged).items()},
        personas=tuple(sorted(both.values(), key=lambda persona: (persona.position, persona.id))),
        moves=moves,
        likeness=likeness(card_of(kept), card_of(merged)),
    )


def proposed_order(pair: LikelyPair) -> tuple[int, int]:
    """Return the contact to keep and the one to merge into it, by what is known about both."""
    return better_kept(record_of(pair.first), record_of(pair.second))


def card_of(contact: Contact) -> Card:
    """Return a contact as likeness sees it."""
    return Card(
        contact.id,
        contact.account_id,
        contact.first_name,
        contact.last_name,
        contact.email_key,
        contact.external_id,
        contact.phone,
    )


def _words(contact: Contact, field: str) -> str:
    if field == "reports_to":
        manager = db.session.get(Contact, contact.reports_to_id) if contact.reports_to_id else None
        return manager.full_name if manager else ""
    return field_value(contact, field)
