"""Changing personas: their names, their order, how much they weigh and until when they ask for seats."""

import math
import re
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from vocapp.accounts.columns import comparable_name
from vocapp.accounts.models import Persona, PersonaWeight
from vocapp.accounts.queries import persona_facts, personas_in_order
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User

ALWAYS = date(2000, 1, 1)
LARGEST_WEIGHT = 100.0
MOST_PERSONAS = 30

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def add_persona(
    name: str, *, description: str, weight: float, key: str = "", customer_words: str = "", by: User
) -> Persona:
    """Add a persona below all others; without a key it gets one from its name.

    Raises `DomainError` for a name or key that is taken, a key that is none, and a weight that is none.
    """
    known = _held_personas()
    if len(known) >= MOST_PERSONAS:
        raise DomainError(f"There are {MOST_PERSONAS} personas already; retire one instead of adding more.")
    name = name.strip()
    key = key.strip() or _key_from(name)
    if not _KEY.fullmatch(key):
        raise DomainError("Give the persona a key of small Latin letters, digits and _, such as sponsor.")
    _check_name(name, known, key=key)
    _check_weight(weight)
    position = max((persona.position for persona in known), default=-1) + 1
    persona = Persona(
        key=key,
        name=name,
        description=description,
        customer_words=customer_words,
        weight=weight,
        position=position,
    )
    db.session.add(persona)
    db.session.flush()
    _note("persona_added", persona, by, key=key, weight=weight)
    return persona


def change_persona(
    persona: Persona, *, name: str, description: str, customer_words: str = "", by: User
) -> None:
    """Rename or describe a persona, also to customers; its key stays.

    Raises `DomainError` for no name, or one that is taken.
    """
    name = name.strip()
    others = [other for other in _held_personas() if other.id != persona.id]
    _check_name(name, others)
    persona.name, persona.description, persona.customer_words = name, description, customer_words
    db.session.flush()
    _note("persona_changed", persona, by)


def move_persona(persona: Persona, places: int, *, by: User) -> None:
    """Move a persona down by some places, up by a negative number; at the end it stays."""
    ordered = [other for other in _held_personas() if other.id != persona.id]
    before = list(personas_in_order()).index(persona)
    ordered.insert(max(0, before + places), persona)
    for position, one in enumerate(ordered):
        one.position = position
    db.session.flush()
    _note("persona_moved", persona, by)


def weigh_persona(persona: Persona, weight: float, *, effective_from: date, by: User, today: date) -> None:
    """Say how much a persona weighs from a date on; what it weighed before stays on record.

    Raises `DomainError` for a date in the past, because numbers already shown would change, for a weight
    that is none, and for a persona that is retired by then.
    """
    if effective_from < today:
        raise DomainError("A weight can change from today on, not in the past; choose a later date.")
    _check_weight(weight)
    _held_personas()
    if persona.retired_on is not None and persona.retired_on <= effective_from:
        raise DomainError(f"{persona.name} is retired by then; its weight no longer counts.")
    lines = {line.effective_from: line for line in weights_of(persona)}
    before = next(facts.weight for facts in persona_facts(effective_from) if facts.id == persona.id)
    if effective_from not in lines and before == weight:
        return
    if not lines:
        # From now on the column means today only; earlier days keep what it said.
        db.session.add(PersonaWeight(persona_id=persona.id, effective_from=ALWAYS, weight=persona.weight))
    if effective_from in lines:
        lines[effective_from].weight = weight
    else:
        db.session.add(PersonaWeight(persona_id=persona.id, effective_from=effective_from, weight=weight))
    if effective_from == today:
        persona.weight = weight
        _rescore_everything()
    db.session.flush()
    _note("persona_weighed", persona, by, on=effective_from.isoformat(), before=before, after=weight)


def forget_weight(persona: Persona, effective_from: date, *, by: User, today: date) -> None:
    """Take back a weight that has not begun to hold. Raises `DomainError` when it has, or is not there."""
    line = db.session.get(PersonaWeight, (persona.id, effective_from))
    if line is None or effective_from <= today:
        raise DomainError("Only a weight that begins later can be taken back; give a new one from today on.")
    db.session.delete(line)
    db.session.flush()
    _note("persona_weight_forgotten", persona, by, on=effective_from.isoformat())


def retire_persona(persona: Persona, *, on: date, by: User, today: date) -> None:
    """Let a persona ask for no seats from a date on; what it asked for before stays on record.

    Raises `DomainError` for a date in the past, for one that is retired already, and for the last one.
    """
    if on < today:
        raise DomainError("A persona can retire from today on, not in the past; choose a later date.")
    known = _held_personas()
    _check_not_retired(persona, today)
    if all(other.retired_on is not None for other in known if other.id != persona.id):
        raise DomainError("One persona must stay; add another one before this one retires.")
    persona.retired_on = on
    db.session.flush()
    if on == today:
        _rescore_everything()
    _note("persona_retired", persona, by, on=on.isoformat())


def keep_persona(persona: Persona, *, by: User, today: date) -> None:
    """Take back a retirement that has not begun. Raises `DomainError` when it has: past days would change."""
    _held_personas()
    _check_not_retired(persona, today)
    persona.retired_on = None
    db.session.flush()
    _note("persona_kept", persona, by)


def begin_due_weights(today: date) -> int:
    """Make each persona's weight the one in force today; return how many changed."""
    in_force = {facts.id: facts.weight for facts in persona_facts(today)}
    changed = [persona for persona in personas_in_order() if persona.weight != in_force[persona.id]]
    for persona in changed:
        persona.weight = in_force[persona.id]
        record_act(
            "persona_weight_began",
            actor_id=None,
            subject_kind="persona",
            subject_id=persona.id,
            details={"weight": persona.weight},
        )
    db.session.flush()
    return len(changed)


def weights_of(persona: Persona) -> Sequence[PersonaWeight]:
    """Return the weights of a persona with the days from which they hold, the earliest first."""
    lines = select(PersonaWeight).where(PersonaWeight.persona_id == persona.id)
    return db.session.scalars(lines.order_by(PersonaWeight.effective_from)).all()


def _held_personas() -> Sequence[Persona]:
    """Return all personas in page order; others who would change them wait for this transaction."""
    db.session.execute(select(Persona.id).order_by(Persona.id).with_for_update())
    # Asked apart: the statement that waited does not see what was added meanwhile.
    found = select(Persona).order_by(Persona.position, Persona.id).execution_options(populate_existing=True)
    return db.session.scalars(found).all()


def _check_name(name: str, others: Sequence[Persona], *, key: str = "") -> None:
    if not comparable_name(name):
        raise DomainError("Give the persona a name.")
    for other in others:
        # A file may name a persona either way, so no two may be called alike.
        taken = {comparable_name(other.name), comparable_name(other.key)}
        if comparable_name(name) in taken:
            raise DomainError(f"There is a persona called {other.name} already; choose another name.")
        if key and comparable_name(key) in taken:
            raise DomainError(f"The key {key} belongs to {other.name}; choose another key.")


def _check_weight(weight: float) -> None:
    if not (math.isfinite(weight) and 0 < weight <= LARGEST_WEIGHT):
        raise DomainError(f"A weight is a number above 0, at most {LARGEST_WEIGHT:.0f}; correct it.")


def _check_not_retired(persona: Persona, today: date) -> None:
    if persona.retired_on is not None and persona.retired_on <= today:
        raise DomainError(f"{persona.name} is retired already; add a new persona instead.")


def _key_from(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:40]


def _rescore_everything() -> None:
    enqueue("rescore_accounts", {"all": True}, key="rescore_all")


def _note(action: str, persona: Persona, by: User, **details: str | float) -> None:
    record_act(action, actor_id=by.id, subject_kind="persona", subject_id=persona.id, details=details)
