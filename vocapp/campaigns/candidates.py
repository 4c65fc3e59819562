"""The contacts a wave could ask, with all that matters for asking them; read only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from vocapp.accounts.models import Account, Contact, Persona, contact_personas
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.asked import ASKED_COLUMNS, Asking, last_asked
from vocapp.campaigns.models import Exclusion, Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import ExclusionReason
from vocapp.core.db import db


@dataclass(frozen=True)
class Part:
    """The heaviest part a contact plays, and what it weighs."""

    persona_id: int
    name: str
    weight: float


def chosen_account_ids(wave_id: int) -> Select[Any]:
    """Return a select of the ids of a wave's accounts."""
    return select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == wave_id)


def contacts_of(
    wave: Wave, asking: Asking, *, now: datetime, among: Collection[int] | None
) -> Select[*tuple[Any, ...]]:
    """Return the contacts at a wave's accounts that are still its owner's, by account and name.

    `among` narrows it to some contacts.
    """
    wave_id = wave.id
    asked = last_asked(asking, now=now, at_addresses_of=among).subquery()
    chosen_out = and_(
        Exclusion.wave_id == wave_id,
        Exclusion.contact_id == Contact.id,
        Exclusion.reason == ExclusionReason.CHOSEN,
    )
    return (
        contact_columns(asked, chosen_note=Exclusion.note, invitation_id=Invitation.id)
        .join(Account, Account.id == Contact.account_id)
        .join(wave_accounts, wave_accounts.c.account_id == Account.id)
        .outerjoin(Exclusion, chosen_out)
        .outerjoin(Invitation, and_(Invitation.wave_id == wave_id, Invitation.contact_id == Contact.id))
        .outerjoin(asked, asked.c.email_key == Contact.email_key)
        .where(
            wave_accounts.c.wave_id == wave_id,
            Account.id.in_(visible_account_ids(wave.owner)),
            Contact.merged_into_id.is_(None),
        )
        .order_by(Account.name, Account.id, Contact.last_name, Contact.first_name, Contact.id)
    )


def contact_columns(asked: Any, *, chosen_note: Any, invitation_id: Any) -> Select[*tuple[Any, ...]]:
    """Return what is read of every contact; `asked` is the subquery of `asked.last_asked`."""
    return select(
        Contact.id.label("contact_id"),
        Contact.account_id,
        Contact.first_name,
        Contact.last_name,
        Contact.email,
        Contact.email_key,
        Contact.language,
        Contact.time_zone,
        Contact.status,
        Contact.is_role_address,
        Contact.verified_on,
        Contact.absent_until,
        Contact.is_on_leave,
        Account.country,
        Account.time_zone.label("account_zone"),
        Account.name.label("account_name"),
        Account.status.label("account_status"),
        chosen_note.label("chosen_note"),
        *(asked.c[name] for name in ASKED_COLUMNS),
        invitation_id.label("invitation_id"),
    )


def heaviest_personas(whose: ColumnElement[bool]) -> dict[int, Part]:
    """Return contact id → their heaviest persona; contacts without one are absent."""
    parts = db.session.execute(
        select(contact_personas.c.contact_id, Persona.id, Persona.name, Persona.weight)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .join(Contact, Contact.id == contact_personas.c.contact_id)
        .where(whose)
        # The last one read stays, so the heaviest comes last.
        .order_by(Persona.weight, Persona.position.desc(), Persona.id.desc())
    )
    return {contact_id: Part(*part) for contact_id, *part in parts}
