"""Which mail of a draft leaves when, and to whom: heads-ups, announcements, the question; read only."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from vocapp.accounts.models import Contact, Persona, contact_personas
from vocapp.campaigns.audience import Person
from vocapp.campaigns.candidates import chosen_account_ids
from vocapp.campaigns.models import Wave
from vocapp.campaigns.pilot import asked_first
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.summary import AskingTime, asking_times
from vocapp.campaigns.timing import question_time
from vocapp.core.db import db


@dataclass(frozen=True)
class Sending:
    """One mail of a wave: how many get it, and on which days."""

    letter: Letter
    people: int
    times: Sequence[AskingTime]


def sendings(wave: Wave, asked: Sequence[Person], *, zone: ZoneInfo) -> list[Sending]:
    """Return what a draft sends to those it asks first, mail by mail in the order they leave."""
    first = first_turn(wave, asked)
    told = told_first(wave, first) if wave.has_heads_up else frozenset()
    groups = [
        (Letter.HEADS_UP, [one for one in first if one.contact_id in told]),
        (
            Letter.PRENOTICE,
            [one for one in first if one.contact_id not in told] if wave.has_prenotice else [],
        ),
        (
            Letter.INVITATION,
            [one._replace(ask_at=question_time(wave, one.ask_at, one.place)) for one in first],
        ),
    ]
    return [
        Sending(letter, len(people), asking_times(people, zone=zone)) for letter, people in groups if people
    ]


def first_turn(wave: Wave, asked: Sequence[Person]) -> Sequence[Person]:
    """Return those of the people a draft asks whose turn comes first: its pilot, or everybody."""
    if not wave.has_pilot:
        return asked
    ids = [one.contact_id for one in asked]
    percent, people = wave.pilot_percent, wave.pilot_people
    turn = asked_first(ids, percent=percent, people=people, wave_id=wave.id)
    return [one for one in asked if one.contact_id in turn]


def readers_of_letter(wave: Wave, asked: Sequence[Person], letter: Letter) -> Sequence[Person]:
    """Return those of the people a draft asks who would get a mail of it, if it is sent at all.

    A heads-up goes to champions who have colleagues among them, and takes the place of their announcement.
    """
    if letter is Letter.HEADS_UP:
        told = told_first(wave, asked)
        return [one for one in asked if one.contact_id in told]
    if letter is Letter.PRENOTICE and wave.has_heads_up:
        told = told_first(wave, asked)
        return [one for one in asked if one.contact_id not in told]
    return asked


def told_first(wave: Wave, asked: Iterable[Person]) -> frozenset[int]:
    """Return the champions among some people of a draft at whose account somebody else is asked, too."""
    asked = list(asked)
    champions = set(
        db.session.scalars(
            select(contact_personas.c.contact_id)
            .join(Persona, Persona.id == contact_personas.c.persona_id)
            .join(Contact, Contact.id == contact_personas.c.contact_id)
            .where(Persona.key == "champion", Contact.account_id.in_(chosen_account_ids(wave.id)))
        )
    )
    at_account = Counter(one.account_id for one in asked)
    return frozenset(
        one.contact_id for one in asked if one.contact_id in champions and at_account[one.account_id] > 1
    )
