"""Who would be asked in a wave and who would not: the roster of its accounts, read and judged."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, func, or_, select

from vocapp.accounts.models import Account, Contact, Persona, contact_personas
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Exclusion, Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import (
    REST,
    Candidate,
    ExclusionReason,
    InvitationState,
    WaveState,
    is_rested,
    judge_roster,
    rested_from,
)
from vocapp.core.db import db
from vocapp.outbox.queries import address_hash, suppressed_hashes
from vocapp.rosters.queries import off_roster
from vocapp.rosters.rules import roster_note


class Person(NamedTuple):
    """A contact of a chosen account; `reason` None means they are asked. `note` is the CSM's own reason: for
    somebody off the roster as `rosters.rules.roster_note` writes it.

    A tuple, because a wave over ten thousand accounts makes a hundred thousand of them.
    """

    contact_id: int
    account_id: int
    account_name: str
    first_name: str
    last_name: str
    email: str
    language: str
    time_zone: str
    persona_id: int | None
    persona: str
    last_asked_at: datetime | None
    note: str
    reason: ExclusionReason | None
    is_invited: bool

    @property
    def name(self) -> str:
        """First and last name, or the address when there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def rested_from(self) -> datetime | None:
        """When somebody who was asked lately may be asked again, None for everybody else."""
        if self.reason is not ExclusionReason.ASKED_RECENTLY or self.last_asked_at is None:
            return None
        return rested_from(self.last_asked_at)


@dataclass(frozen=True)
class Audience:
    """Everybody at the accounts of a wave, by account and name, judged at one moment."""

    people: Sequence[Person]

    @cached_property
    def asked(self) -> list[Person]:
        """Those who are asked."""
        return [person for person in self.people if person.reason is None]

    @cached_property
    def excluded(self) -> list[Person]:
        """Those who are not."""
        return [person for person in self.people if person.reason is not None]

    @cached_property
    def next_rested_at(self) -> datetime | None:
        """When the first of those who were asked lately may be asked again."""
        return min(filter(None, (person.rested_from for person in self.excluded)), default=None)

    @cached_property
    def reasons(self) -> Mapping[ExclusionReason, int]:
        """How many are not asked for which reason, most frequent first."""
        return dict(Counter(person.reason for person in self.people if person.reason).most_common())


@dataclass(frozen=True)
class _Part:
    persona_id: int
    name: str
    weight: float


def audience(wave: Wave, *, now: datetime) -> Audience:
    """Return everybody at a wave's accounts and whether they are asked.

    Accounts that went to another owner since they were chosen are left out: their people are not its owner's.
    Reads the world as it is: what a draft shows and what a launch does come from the same judgement. Whoever
    has an invitation in this very wave is asked whatever happened since, so a launch that was cut short goes
    on where it stopped.
    """
    rows = db.session.execute(_contacts_of(wave, now=now)).all()
    parts = _heaviest_personas(wave.id)
    suppressed = _suppressed({row.email for row in rows})
    left_out = off_roster(chosen_account_ids(wave.id), on=now.date())
    judged = judge_roster(
        (
            _candidate(
                row,
                parts.get(row.contact_id),
                is_suppressed=row.email in suppressed,
                is_off_roster=row.contact_id in left_out,
            )
            for row in rows
            if row.invitation_id is None
        ),
        now=now,
        taken={row.email_key for row in rows if row.invitation_id is not None},
    )
    return Audience(
        [
            _person(row, parts.get(row.contact_id), judged.get(row.contact_id), left_out.get(row.contact_id))
            for row in rows
        ]
    )


def chosen_account_ids(wave_id: int) -> Select[Any]:
    """Return a select of the ids of a wave's accounts."""
    return select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == wave_id)


def asked_meanwhile(wave_id: int, contact_ids: Collection[int], *, now: datetime) -> set[int]:
    """Return those of some contacts whom another wave asked since the audience was judged.

    Holds everybody with their addresses until the end of the transaction: of two waves that are launched at
    the same moment, the second sees whom the first asks.
    """
    addresses = select(Contact.email_key).where(Contact.id.in_(contact_ids))
    people = select(Contact.id).where(Contact.email_key.in_(addresses)).order_by(Contact.id)
    db.session.execute(people.with_for_update(key_share=True))
    asked = _last_asked(wave_id, now=now).subquery()
    lately = (
        select(Contact.id, asked.c.last_asked_at)
        .join(asked, asked.c.email_key == Contact.email_key)
        .where(Contact.id.in_(contact_ids))
    )
    return {contact_id for contact_id, at in db.session.execute(lately) if not is_rested(at, now=now)}


def _contacts_of(wave: Wave, *, now: datetime) -> Select[*tuple[Any, ...]]:
    wave_id = wave.id
    asked = _last_asked(wave_id, now=now).subquery()
    chosen_out = and_(
        Exclusion.wave_id == wave_id,
        Exclusion.contact_id == Contact.id,
        Exclusion.reason == ExclusionReason.CHOSEN,
    )
    return (
        select(
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
            Account.name.label("account_name"),
            Account.status.label("account_status"),
            Exclusion.note.label("chosen_note"),
            asked.c.last_asked_at,
            Invitation.id.label("invitation_id"),
        )
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


def _last_asked(wave_id: int, *, now: datetime) -> Select[*tuple[Any, ...]]:
    """Return address → when somebody there was last asked in another wave, as far back as it matters.

    A mail that came back asked nobody, and neither did one that never left before its wave ended.
    """
    asked_at = func.coalesce(Invitation.sent_at, Invitation.created_at)
    return (
        select(Contact.email_key, func.max(asked_at).label("last_asked_at"))
        .join(Invitation, Invitation.contact_id == Contact.id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(
            Invitation.wave_id != wave_id,
            asked_at > now - REST,
            Invitation.state != InvitationState.BOUNCED,
            or_(Invitation.state != InvitationState.PLANNED, Wave.state == WaveState.OPEN),
        )
        .group_by(Contact.email_key)
    )


def _heaviest_personas(wave_id: int) -> dict[int, _Part]:
    """Return contact id → their heaviest persona; contacts without one are absent."""
    parts = db.session.execute(
        select(contact_personas.c.contact_id, Persona.id, Persona.name, Persona.weight)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .join(Contact, Contact.id == contact_personas.c.contact_id)
        .join(wave_accounts, wave_accounts.c.account_id == Contact.account_id)
        .where(wave_accounts.c.wave_id == wave_id)
        # The last one read stays, so the heaviest comes last.
        .order_by(Persona.weight, Persona.position.desc(), Persona.id.desc())
    )
    return {contact_id: _Part(*part) for contact_id, *part in parts}


def _suppressed(addresses: set[str]) -> set[str]:
    hashes = suppressed_hashes(addresses)
    return {address for address in addresses if address_hash(address) in hashes} if hashes else set()


def _candidate(row: Row[Any], part: _Part | None, *, is_suppressed: bool, is_off_roster: bool) -> Candidate:
    return Candidate(
        contact_id=row.contact_id,
        address=row.email_key,
        status=row.status,
        account_status=row.account_status,
        is_role_address=row.is_role_address,
        is_suppressed=is_suppressed,
        is_off_roster=is_off_roster,
        is_chosen_out=row.chosen_note is not None,
        last_asked_at=row.last_asked_at,
        weight=part.weight if part else 1.0,
    )


def _person(
    row: Row[Any], part: _Part | None, reason: ExclusionReason | None, left_out: tuple[str, str] | None
) -> Person:
    note = row.chosen_note or ""
    if reason is ExclusionReason.OFF_ROSTER and left_out is not None:
        note = roster_note(*left_out)
    return Person(
        contact_id=row.contact_id,
        account_id=row.account_id,
        account_name=row.account_name,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        language=row.language,
        time_zone=row.time_zone,
        persona_id=part.persona_id if part else None,
        persona=part.name if part else "",
        last_asked_at=row.last_asked_at,
        note=note,
        reason=reason,
        is_invited=row.invitation_id is not None,
    )
