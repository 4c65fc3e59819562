"""The roster page, put together: the people of an account by persona, with what a CSM needs to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import account_people, footprint_of, house_rules, personas_in_order
from vocapp.accounts.rules import ContactStatus, is_verified
from vocapp.core.db import db
from vocapp.engagement.queries import PersonVoice, voices
from vocapp.engagement.rules import Voice
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.scales import kind_of
from vocapp.rosters.forms import MOST_ADDITIONS, RosterForm, first_roster_form
from vocapp.rosters.models import RosterConfirmation, RosterLine
from vocapp.rosters.queries import current_confirmations, latest_confirmation, people_to_confirm

# Beyond the empty seats: room for somebody nobody asked for.
SPARE_LINES = 1


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person to decide about; `rating` and `answered_at` are those of the last answer, if any.

    `before` is what the confirmation in force says about them.
    """

    contact: Contact
    is_fresh: bool
    voice: Voice
    silent_streak: int
    is_waiting: bool
    rating: int | None
    rating_kind: str
    answered_at: datetime | None
    before: RosterLine | None


@dataclass(frozen=True, slots=True)
class RosterGroup:
    """The people whose first persona this is, and the seats of it."""

    name: str
    required: int
    filled: int
    doubtful: int
    empty: int
    rows: Sequence[RosterRow]


@dataclass(frozen=True, slots=True)
class RosterPage:
    """Everything on the roster page.

    `lines` counts the lines for new people, `asides` are those nobody decides about (opted out, shared
    mailboxes), `changed` is what somebody else confirmed since the form was opened.
    """

    account: Account
    form: RosterForm
    groups: Sequence[RosterGroup]
    asides: Sequence[Contact]
    successors: Sequence[Contact]
    personas: Sequence[tuple[int, str]]
    lines: int
    latest: RosterConfirmation | None
    is_current: bool
    roster_days: int
    changed: RosterConfirmation | None


def roster_page(
    account: Account,
    *,
    now: datetime,
    typed: RosterForm | None = None,
    changed: RosterConfirmation | None = None,
) -> RosterPage:
    """Return the page of an account's roster, with what was typed or as it is first opened."""
    today, rules = now.date(), house_rules()
    people = {contact.id: contact for contact in people_to_confirm(account.id)}
    personas = [persona for persona in personas_in_order() if persona.retired_on is None]
    footprint = footprint_of([account.id], today)[account.id]
    seats = {group.persona.id: group for group in footprint.personas}
    empty = [persona_id for persona_id, group in seats.items() for _seat in range(group.empty)]
    current = current_confirmations([account.id], on=today)
    latest = latest_confirmation(account.id)
    fresh = {
        contact.id
        for contact in people.values()
        if contact.status == ContactStatus.ACTIVE
        and is_verified(contact.verified_on, on=today, days=rules.verified_days)
    }
    form = typed or first_roster_form(people, fresh=fresh, latest=latest, seats=empty)
    rows = _rows(account, people, fresh, latest if current else None, now)
    groups = []
    for persona in personas:
        group = seats.get(persona.id)
        here = [row for row in rows if row.contact.personas and row.contact.personas[0].id == persona.id]
        if here or group:
            counts = (group.required, group.filled, group.doubtful, group.empty) if group else (0, 0, 0, 0)
            groups.append(RosterGroup(persona.name, *counts, here))
    grouped = {row.contact.id for group in groups for row in group.rows}
    others = [row for row in rows if row.contact.id not in grouped]
    if others:
        groups.append(RosterGroup("", 0, 0, 0, 0, others))
    return RosterPage(
        account=account,
        form=form,
        groups=groups,
        asides=_asides(account.id, set(people)),
        successors=[contact for contact in people.values() if contact.status == ContactStatus.ACTIVE],
        personas=[(persona.id, persona.name) for persona in personas],
        lines=min(MOST_ADDITIONS, max(len(empty), form.lines()) + SPARE_LINES),
        latest=latest,
        is_current=bool(current),
        roster_days=rules.roster_days,
        changed=changed,
    )


def _rows(
    account: Account,
    people: dict[int, Contact],
    fresh: set[int],
    current: RosterConfirmation | None,
    now: datetime,
) -> list[RosterRow]:
    heard = voices([account.id], until=now)
    answers = last_answers(account.id)
    before = {line.contact_id: line for line in current.lines} if current else {}
    rows = []
    for contact in people.values():
        voice: PersonVoice | None = heard.get(contact.id)
        rating, kind, answered_at = answers.get(contact.id, (None, "", None))
        rows.append(
            RosterRow(
                contact=contact,
                is_fresh=contact.id in fresh,
                voice=voice.voice if voice else Voice.NEVER_ASKED,
                silent_streak=voice.silent_streak if voice else 0,
                is_waiting=voice.is_waiting if voice else False,
                rating=rating,
                rating_kind=kind,
                answered_at=answered_at,
                before=before.get(contact.id),
            )
        )
    return rows


def last_answers(account_id: int) -> dict[int, tuple[int | None, str, datetime | None]]:
    """Return contact id → (rating, its kind, when) of the newest answer that counts and was given openly."""
    answers = (
        select(Response.contact_id, Response.rating, kind_of(), Response.answered_at)
        .where(Response.account_id == account_id, Response.quarantine_reason.is_(None), openly_given())
        .order_by(Response.answered_at, Response.id)
    )
    return {contact_id: (rating, kind, at) for contact_id, rating, kind, at in db.session.execute(answers)}


def _asides(account_id: int, shown: set[int]) -> list[Contact]:
    return [
        contact
        for contact in account_people(account_id)
        if contact.id not in shown and contact.status != ContactStatus.LEFT and contact.merged_into_id is None
    ]
