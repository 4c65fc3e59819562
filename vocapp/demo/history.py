"""The demo company's past: four quarterly waves and one that is open, with what people answered."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from vocapp.accounts.models import Contact, Persona, contact_personas
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token, hash_token
from vocapp.demo.casting import Customer, Person
from vocapp.demo.stories import Answer, answer_of
from vocapp.demo.words import COMMENTS
from vocapp.responses.models import Response, ResponseRevision

WAVE_LENGTH = timedelta(days=21)
QUARTER = timedelta(days=91)
OPEN_SINCE = timedelta(days=9)
# When whoever has not answered is reminded: about the third and the eighth working day.
REMINDED_AFTER = (timedelta(days=4), timedelta(days=11))
CHUNK = 1000
# One in so many of each CSM's accounts is left out of the open wave, so that there is somebody to ask today.
RESTING = 4
# People who left, bounced or opted out did so in the wave a quarter ago.
LAST_REACHED_WAVE = 3


@dataclass(frozen=True)
class WaveDates:
    """When a quarter's waves ran."""

    name: str
    launched_at: datetime
    closes_at: datetime
    is_open: bool


def wave_calendar(now: datetime) -> list[WaveDates]:
    """Return five quarterly waves, oldest first; the last one has been open for nine days."""
    morning = now.replace(hour=8, minute=30, second=0, microsecond=0)
    dates = []
    for quarters_ago in (4, 3, 2, 1, 0):
        launched = morning - OPEN_SINCE - quarters_ago * QUARTER
        name = f"Q{(launched.month - 1) // 3 + 1} {launched.year}"
        dates.append(WaveDates(name, launched, launched + WAVE_LENGTH, quarters_ago == 0))
    return dates


def record_waves(
    customers: list[Customer],
    account_ids: list[int],
    csms: list[int],
    version_id: int,
    calendar: list[WaveDates],
    *,
    draw: random.Random,
    now: datetime,
) -> None:
    """Insert the waves of every CSM with invitations and answers."""
    contacts = _contacts_with_personas()
    for number, dates in enumerate(calendar):
        waves = _store_waves(csms, version_id, dates)
        links, invitations, answers = [], [], {}
        for position, (customer, account_id) in enumerate(zip(customers, account_ids, strict=True)):
            if customer.is_churned and number > 2:
                continue
            if dates.is_open and position // len(csms) % RESTING == 1 and not customer.story:
                continue
            wave_id = waves[csms[customer.owner]]
            links.append({"wave_id": wave_id, "account_id": account_id, "owner_id": csms[customer.owner]})
            for person in customer.people:
                if person.status != "active" and number > LAST_REACHED_WAVE:
                    continue
                contact_id, persona_id = contacts[account_id, person.email]
                answer = answer_of(customer, person, wave=number, draw=draw)
                row = _invitation(wave_id, account_id, contact_id, persona_id, person, dates, draw)
                settled = _settle(
                    row, person, answer, dates, draw=draw, now=now, is_last=number == LAST_REACHED_WAVE
                )
                invitations.append(row)
                if settled:
                    answers[row["nonce"]] = (person, answer)
        db.session.execute(insert(wave_accounts), links)
        _insert(Invitation, invitations)
        _store_answers(list(waves.values()), answers, draw)


def _contacts_with_personas() -> dict[tuple[int, str], tuple[int, int | None]]:
    stored = (
        select(Contact.account_id, Contact.email_key, Contact.id, Persona.id)
        .outerjoin(contact_personas, contact_personas.c.contact_id == Contact.id)
        .outerjoin(Persona, Persona.id == contact_personas.c.persona_id)
        .where(Contact.is_demo)
    )
    return {
        (account, email): (contact, persona)
        for account, email, contact, persona in db.session.execute(stored)
    }


def _store_waves(csms: list[int], version_id: int, dates: WaveDates) -> dict[int, int]:
    """Insert one wave per CSM; return its id by the CSM's."""
    waves = [
        Wave(
            name=f"Relationship {dates.name}",
            survey_version_id=version_id,
            owner_id=csm,
            state=WaveState.OPEN if dates.is_open else WaveState.CLOSED,
            launch_at=dates.launched_at,
            launched_at=dates.launched_at,
            closes_at=dates.closes_at,
            closed_at=None if dates.is_open else dates.closes_at,
            created_at=dates.launched_at - timedelta(days=2),
            is_demo=True,
        )
        for csm in csms
    ]
    db.session.add_all(waves)
    db.session.flush()
    return {wave.owner_id: wave.id for wave in waves}


def _invitation(
    wave_id: int,
    account_id: int,
    contact_id: int,
    persona_id: int | None,
    person: Person,
    dates: WaveDates,
    draw: random.Random,
) -> dict[str, Any]:
    nonce = f"{draw.getrandbits(128):032x}"
    token = derive_token(gateways().settings.secret_key, "answer", nonce)
    return {
        "wave_id": wave_id,
        "account_id": account_id,
        "contact_id": contact_id,
        "persona_id": persona_id,
        "nonce": nonce,
        "token_hash": hash_token(token),
        "language": person.language,
        "sent_at": dates.launched_at,
        "delivered_at": dates.launched_at,
        "state": InvitationState.DELIVERED,
        "settled_at": None,
        "reminder_due_at": None,
        "reminders_sent": 0,
        "created_at": dates.launched_at,
    }


def _settle(
    row: dict[str, Any],
    person: Person,
    answer: Answer,
    dates: WaveDates,
    *,
    draw: random.Random,
    now: datetime,
    is_last: bool,
) -> bool:
    """Decide how an invitation ended; return whether it brought an answer."""
    # Most people answer in the first days, some after the reminder.
    delay = (
        timedelta(hours=draw.expovariate(1 / 20))
        if draw.random() < 0.7
        else timedelta(days=4, hours=draw.random() * 30)
    )
    answered_at = dates.launched_at + min(delay, WAVE_LENGTH - timedelta(hours=2))
    if person.status != "active" and is_last:
        is_bounce = person.status != "opted_out"
        state = InvitationState.BOUNCED if is_bounce else InvitationState.OPTED_OUT
        row.update(state=state, delivered_at=None if is_bounce else dates.launched_at, settled_at=answered_at)
        return False
    if answer.rating is not None and answered_at < now:
        row.update(
            state=InvitationState.COMPLETED,
            settled_at=answered_at,
            reminders_sent=_reminders_by(dates, answered_at),
        )
        return True
    row.update(reminders_sent=_reminders_by(dates, min(now, dates.closes_at)))
    if not dates.is_open:
        row.update(state=InvitationState.SILENT, settled_at=dates.closes_at)
    return False


def _reminders_by(dates: WaveDates, moment: datetime) -> int:
    """Return how many reminders somebody without an answer had been sent by a moment."""
    return sum(dates.launched_at + after <= moment for after in REMINDED_AFTER)


def _store_answers(
    wave_ids: list[int], answers: dict[str, tuple[Person, Answer]], draw: random.Random
) -> None:
    """Insert the responses to a quarter's invitations, with a comment where the person wrote one."""
    stored = select(
        Invitation.id,
        Invitation.nonce,
        Invitation.wave_id,
        Invitation.account_id,
        Invitation.contact_id,
        Invitation.settled_at,
    )
    rows = []
    for found in db.session.execute(stored.where(Invitation.wave_id.in_(wave_ids)).order_by(Invitation.id)):
        if found.nonce not in answers:
            continue
        person, answer = answers[found.nonce]
        comment = _comment(person, answer, draw)
        may_contact = draw.random() < 0.6
        rows.append(
            {
                "invitation_id": found.id,
                "wave_id": found.wave_id,
                "account_id": found.account_id,
                "contact_id": found.contact_id,
                "rating": answer.rating,
                "comment": comment,
                "may_contact": may_contact,
                "answers": {"rating": answer.rating, "why": comment, "may_contact": may_contact},
                "language": person.language,
                "answered_at": found.settled_at,
                "changed_at": found.settled_at,
            }
        )
    _insert(Response, rows)
    made = select(Response.id, Response.answers, Response.answered_at).where(Response.wave_id.in_(wave_ids))
    revisions = [
        {"response_id": response_id, "number": 1, "answers": given, "at": at}
        for response_id, given, at in db.session.execute(made)
    ]
    _insert(ResponseRevision, revisions)


def _comment(person: Person, answer: Answer, draw: random.Random) -> str:
    if answer.comment is None or answer.rating is None:
        return ""
    if answer.comment:
        return answer.comment
    kind = "promoter" if answer.rating >= 9 else "passive" if answer.rating >= 7 else "detractor"
    return draw.choice(COMMENTS[person.language][kind])


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        db.session.execute(insert(model), rows[start : start + CHUNK])
