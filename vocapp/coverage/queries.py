"""Who is known and who talks to us, footprints as stored, and open gaps, read only."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, select

from vocapp.accounts.footprint import Footprint
from vocapp.accounts.models import Contact, Persona, contact_personas
from vocapp.accounts.queries import asks_for_seats, house_rules
from vocapp.accounts.rules import ContactStatus, is_verified
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.coverage.models import FootprintDay
from vocapp.coverage.rules import CHAMPION, TAKES_PART_FOR, Champion, Circle, Participant
from vocapp.relationship.queries import end_of_day
from vocapp.responses.models import Response

# How many accounts are looked at with one set of statements.
ACCOUNTS_AT_ONCE = 1000

_GONE = (ContactStatus.LEFT, ContactStatus.BOUNCED)
# Somebody was reached, and whether an answer came is known.
_DUE = (
    InvitationState.COMPLETED,
    InvitationState.DECLINED,
    InvitationState.SILENT,
)


def circles_of(footprints: Mapping[int, Footprint], on: date) -> dict[int, Circle]:
    """Return account id → who is known and who talks to us there on a date, in six statements.

    Takes at most `ACCOUNTS_AT_ONCE` accounts. Answers of later days do not count; people are as they are
    known today. Personas that are retired by then are none.
    """
    ids, days = list(footprints), house_rules(on).verified_days
    people = _people(ids, on, days=days)
    played = _personas_played(ids, on)
    participants = _participants(ids, on)
    champions = _champions(ids, on, days=days)
    asked = _asked(ids, on)
    return {
        account_id: Circle(
            required={group.persona.key: group.required for group in footprint.personas},
            people=people.get(account_id, (0, 0))[0],
            verified_people=people.get(account_id, (0, 0))[1],
            personas=frozenset(played.get(account_id, ())),
            participants=tuple(participants.get(account_id, ())),
            champions=tuple(champions.get(account_id, ())),
            was_asked=account_id in asked,
        )
        for account_id, footprint in footprints.items()
    }


def _is_person() -> ColumnElement[bool]:
    return and_(Contact.merged_into_id.is_(None), Contact.is_role_address.is_(False))


def _people(account_ids: Sequence[int], on: date, *, days: int) -> dict[int, tuple[int, int]]:
    """Return account id → (people who have not left, those of them confirmed lately)."""
    confirmed = func.count().filter(Contact.verified_on >= on - timedelta(days=days))
    rows = db.session.execute(
        select(Contact.account_id, func.count(), confirmed)
        .where(Contact.account_id.in_(account_ids), _is_person(), Contact.status != ContactStatus.LEFT)
        .group_by(Contact.account_id)
    )
    return {account_id: (known, fresh) for account_id, known, fresh in rows}


def _personas_played(account_ids: Sequence[int], on: date) -> dict[int, set[str]]:
    rows = db.session.execute(
        select(Contact.account_id, Persona.key)
        .join(contact_personas, contact_personas.c.contact_id == Contact.id)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .where(
            Contact.account_id.in_(account_ids),
            _is_person(),
            Contact.status != ContactStatus.LEFT,
            asks_for_seats(on),
        )
        .distinct()
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for account_id, key in rows:
        found[account_id].add(key)
    return found


def _participants(account_ids: Sequence[int], on: date) -> dict[int, list[Participant]]:
    """Return account id → active people who answered in the 12 months before the end of a day."""
    until = end_of_day(on)
    answered = select(Response.contact_id).where(
        Response.account_id.in_(account_ids),
        Response.quarantine_reason.is_(None),
        Response.answered_at >= until - TAKES_PART_FOR,
        Response.answered_at < until,
    )
    rows = db.session.execute(
        select(
            Contact.account_id,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Persona.key,
        )
        .outerjoin(contact_personas, contact_personas.c.contact_id == Contact.id)
        .outerjoin(Persona, and_(Persona.id == contact_personas.c.persona_id, asks_for_seats(on)))
        .where(
            Contact.account_id.in_(account_ids),
            Contact.id.in_(answered),
            _is_person(),
            Contact.status == ContactStatus.ACTIVE,
        )
        .order_by(Contact.account_id, Contact.id, Persona.position, Persona.id)
    )
    found: defaultdict[int, list[Participant]] = defaultdict(list)
    for account_id, contact_id, first, last, email, key in rows:
        known, played = found[account_id], (key,) if key else ()
        if known and known[-1].contact_id == contact_id:
            before = known.pop()
            known.append(Participant(contact_id, before.name, (*before.personas, *played)))
        else:
            known.append(Participant(contact_id, f"{first} {last}".strip() or email, played))
    return found


def _champions(account_ids: Sequence[int], on: date, *, days: int) -> dict[int, list[Champion]]:
    rows = db.session.execute(
        select(
            Contact.account_id,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.status,
            Contact.verified_on,
        )
        .join(contact_personas, contact_personas.c.contact_id == Contact.id)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .where(Contact.account_id.in_(account_ids), Persona.key == CHAMPION, asks_for_seats(on), _is_person())
        .order_by(Contact.account_id, Contact.id)
    )
    found: defaultdict[int, list[Champion]] = defaultdict(list)
    for account_id, contact_id, first, last, email, status, verified_on in rows:
        found[account_id].append(
            Champion(
                contact_id,
                f"{first} {last}".strip() or email,
                is_verified=status not in _GONE and is_verified(verified_on, on=on, days=days),
                has_left=status in _GONE,
            )
        )
    return found


def _asked(account_ids: Sequence[int], on: date) -> set[int]:
    """Return the accounts where an answer fell due in the 12 months before the end of a day."""
    until = end_of_day(on)
    rows = db.session.scalars(
        select(Invitation.account_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(
            Invitation.account_id.in_(account_ids),
            Invitation.state.in_(_DUE),
            Wave.is_imported.is_(False),
            Invitation.settled_at >= until - TAKES_PART_FOR,
            Invitation.settled_at < until,
        )
        .distinct()
    )
    return set(rows)


def latest_footprints(account_ids: Collection[int] | None = None) -> dict[int, FootprintDay]:
    """Return account id → the footprint stored last, of some accounts or (None) of all."""
    rows = select(FootprintDay).where(FootprintDay.is_latest)
    if account_ids is not None:
        rows = rows.where(FootprintDay.account_id.in_(account_ids))
    return {row.account_id: row for row in db.session.scalars(rows)}


def footprint_history(account_id: int) -> Sequence[FootprintDay]:
    """Return an account's footprints, oldest first: one for each day on which something changed."""
    rows = select(FootprintDay).where(FootprintDay.account_id == account_id).order_by(FootprintDay.on_day)
    return db.session.scalars(rows).all()
