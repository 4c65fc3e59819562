"""The people of an account: what they said, how sure we are of them, what we think; read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import account_people, house_rules
from vocapp.accounts.rules import ContactStatus, is_verified
from vocapp.assessments.models import Assessment
from vocapp.assessments.queries import attitude_of, latest_assessments
from vocapp.engagement.queries import PersonVoice, voices
from vocapp.engagement.rules import DECISION_MAKER, Voice
from vocapp.people.rules import SAID, Attitude, Stand, stated_attitude
from vocapp.timeline.queries import LastAnswer, last_answers


@dataclass(frozen=True, slots=True)
class OwnView:
    """The CSM's own 1-5 of a person (None: not said), and when; never mixed with what the person said."""

    level: int | None
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One contact, what they last said or that they are silent, and how fresh our knowledge of them is.

    `personas` are keys, `persona_names` their names; `attitude_at` is when they answered, or None where the
    attitude is that they did not. `last` is their newest answer of any kind.
    """

    id: int
    name: str
    title: str
    status: str
    personas: Sequence[str]
    persona_names: Sequence[str]
    influence: str
    reports_to_id: int | None
    verified_on: date | None
    is_fresh: bool
    is_role_address: bool
    voice: Voice
    silent_streak: int
    is_waiting: bool
    last: LastAnswer | None
    attitude: Attitude
    attitude_at: datetime | None
    own_view: OwnView | None

    @property
    def also(self) -> Sequence[str]:
        """Names of the personas beyond the first."""
        return self.persona_names[1:]

    @property
    def is_here(self) -> bool:
        """Whether the person still works there, as far as we know."""
        return self.status != ContactStatus.LEFT

    @property
    def decides(self) -> bool:
        """Whether the person plays the decision maker."""
        return DECISION_MAKER in self.personas

    @property
    def heard_at(self) -> datetime | None:
        """When we last had a word from them."""
        return self.last.answered_at if self.last else None


def person_cards(account_id: int, *, now: datetime) -> list[PersonCard]:
    """Return everybody of an account, those who left last, in a fixed number of statements."""
    people = [person for person in account_people(account_id) if person.merged_into_id is None]
    return cards_of(account_id, people, now=now)


def cards_of(account_id: int, people: Sequence[Contact], *, now: datetime) -> list[PersonCard]:
    """Return the cards of some people of one account."""
    heard = voices([account_id], until=now)
    answers = last_answers(account_id, [person.id for person in people] if len(people) == 1 else None)
    views = _own_views(latest_assessments([account_id]))
    days = house_rules().verified_days
    return [
        _card(
            person,
            heard.get(person.id),
            answers.get(person.id, []),
            views.get(person.id),
            is_fresh=is_verified(person.verified_on, on=now.date(), days=days),
        )
        for person in people
    ]


def _own_views(latest: Mapping[tuple[int, int | None], Assessment]) -> dict[int, OwnView]:
    return {
        contact_id: OwnView(attitude_of(row), row.at, row.author.name if row.author else "")
        for (_account, contact_id), row in latest.items()
        if contact_id is not None
    }


def _card(
    person: Contact,
    voice: PersonVoice | None,
    answers: Sequence[LastAnswer],
    view: OwnView | None,
    *,
    is_fresh: bool,
) -> PersonCard:
    spoken = voice.voice if voice else Voice.NEVER_ASKED
    rating = voice.rating if voice else None
    attitude = stated_attitude(
        spoken,
        rating,
        has_answered=bool(answers),
        has_opted_out=person.status == ContactStatus.OPTED_OUT,
    )
    about_us = next((answer for answer in answers if answer.is_sentiment), None)
    said = about_us if rating is not None else answers[0] if answers else None
    return PersonCard(
        id=person.id,
        name=person.full_name,
        title=person.title,
        status=person.status,
        personas=[persona.key for persona in person.personas],
        persona_names=[persona.name for persona in person.personas],
        influence=person.influence,
        reports_to_id=person.reports_to_id,
        verified_on=person.verified_on,
        is_fresh=is_fresh,
        is_role_address=person.is_role_address,
        voice=spoken,
        silent_streak=voice.silent_streak if voice else 0,
        is_waiting=voice.is_waiting if voice else False,
        last=answers[0] if answers else None,
        attitude=attitude,
        attitude_at=said.answered_at if said and attitude in SAID else None,
        own_view=view,
    )


def stand_of(card: PersonCard) -> Stand:
    """Return a person as the reading of a map needs them."""
    return Stand(
        contact_id=card.id,
        name=card.name,
        attitude=card.attitude,
        decides=card.decides,
        is_influential=card.influence == "high",
        is_fresh=card.is_fresh and card.status == ContactStatus.ACTIVE,
        reports_to_id=card.reports_to_id,
    )
