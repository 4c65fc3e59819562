"""The account page, put together: standing, people by persona, the story, and how it compares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vocapp.accounts.footprint import Footprint, NextStep, StepKind
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import account_people, footprint_of, house_rules, personas_in_order
from vocapp.accounts.rules import ContactStatus, HouseRules, is_verified
from vocapp.benchmarks.queries import standings_of
from vocapp.benchmarks.rules import Compared, Standing
from vocapp.core.web import Page
from vocapp.engagement.queries import PersonVoice, voices
from vocapp.engagement.rules import Voice
from vocapp.portfolio.rules import thinned
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores
from vocapp.timeline.facts import facts_of
from vocapp.timeline.story import Asked, Event, Facts, ScoreDay, WaveRun, score_on, tell

EVENTS_PER_PAGE = 15


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One contact, what they last said or that they are silent, and how fresh our knowledge of them is.

    `voice` is NEVER_ASKED for people no wave has asked; `personas` are keys, `also` names beyond the first.
    """

    id: int
    name: str
    title: str
    status: str
    personas: Sequence[str]
    also: Sequence[str]
    verified_on: date | None
    is_fresh: bool
    is_role_address: bool
    voice: Voice
    silent_streak: int
    is_waiting: bool
    last: Asked | None
    last_wave: str


@dataclass(frozen=True, slots=True)
class PersonaGroup:
    """The people of one persona, the seats that are empty, and what to do about them.

    `elsewhere` names people who also play this part and stand under another persona.
    """

    key: str
    name: str
    required: int
    filled: int
    doubtful: int
    empty: int
    people: Sequence[PersonCard]
    elsewhere: Sequence[str]
    step: NextStep | None


@dataclass(frozen=True, slots=True)
class WaveLine:
    """One wave in the table of waves, with the strength in force when it closed, or now while it is open."""

    run: WaveRun
    score: ScoreDay | None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Everything on the account page."""

    account: Account
    score: AccountScore | None
    footprint: Footprint
    days_to_renewal: int | None
    groups: Sequence[PersonaGroup]
    gone: Sequence[PersonCard]
    story: Page
    waves: Sequence[WaveLine]
    standings: Mapping[Compared, Standing]
    dots: Mapping[Compared, Sequence[float]]

    @property
    def has_cohort(self) -> bool:
        """Whether any measure can be compared."""
        return any(standing.rung is not None for standing in self.standings.values())

    @property
    def measures(self) -> Mapping[str, Any] | None:
        """The stored measure objects, or None before the first score."""
        return None if self.score is None else self.score.measures


def account_page(account: Account, *, page_number: int, now: datetime) -> AccountPage:
    """Return the page of an account in a fixed number of statements."""
    today = now.date()
    facts = facts_of(account.id)
    footprint = footprint_of([account.id], today)[account.id]
    heard = voices([account.id], until=now)
    standings = standings_of(account.id)
    rules = house_rules()
    cards = [
        _card(person, facts, heard.get(person.id), today, rules) for person in account_people(account.id)
    ]
    return AccountPage(
        account=account,
        score=latest_scores([account.id]).get(account.id),
        footprint=footprint,
        days_to_renewal=None if account.renewal_date is None else (account.renewal_date - today).days,
        groups=_groups(footprint, cards),
        gone=[card for card in cards if card.status == ContactStatus.LEFT],
        story=_page(tell(facts), page_number),
        waves=[
            WaveLine(
                run,
                score_on(
                    facts.scores, today if run.is_open or run.closes_at is None else run.closes_at.date()
                ),
            )
            for run in facts.waves
        ],
        standings=standings,
        dots={measure: thinned(standing.values) for measure, standing in standings.items()},
    )


def _card(
    person: Contact, facts: Facts, voice: PersonVoice | None, today: date, rules: HouseRules
) -> PersonCard:
    answers = [(one, run.name) for run in facts.waves for one in run.asked if one.contact_id == person.id]
    last = max(
        (pair for pair in answers if pair[0].answered_at is not None),
        key=lambda pair: str(pair[0].answered_at),
        default=None,
    )
    return PersonCard(
        id=person.id,
        name=person.full_name,
        title=person.title,
        status=person.status,
        personas=[persona.key for persona in person.personas],
        also=[persona.name for persona in person.personas[1:]],
        verified_on=person.verified_on,
        is_fresh=is_verified(person.verified_on, on=today, days=rules.verified_days),
        is_role_address=person.is_role_address,
        voice=voice.voice if voice else Voice.NEVER_ASKED,
        silent_streak=voice.silent_streak if voice else 0,
        is_waiting=voice.is_waiting if voice else False,
        last=last[0] if last else None,
        last_wave=last[1] if last else "",
    )


def _groups(footprint: Footprint, cards: Sequence[PersonCard]) -> list[PersonaGroup]:
    """Return present people by persona in page order, then those who play no known part."""
    present = [card for card in cards if card.status != ContactStatus.LEFT]
    slots = {group.persona.key: group for group in footprint.personas}
    steps = {step.persona.key: step for step in footprint.steps if step.kind is not StepKind.CONFIRM}
    groups = []
    for persona in personas_in_order():
        here = [card for card in present if card.personas[:1] == [persona.key]]
        elsewhere = [card.name for card in present if persona.key in card.personas[1:]]
        seats = slots.get(persona.key)
        if here or elsewhere or seats:
            groups.append(
                PersonaGroup(
                    key=persona.key,
                    name=persona.name,
                    required=seats.required if seats else 0,
                    filled=seats.filled if seats else 0,
                    doubtful=seats.doubtful if seats else 0,
                    empty=seats.empty if seats else 0,
                    people=sorted(here, key=_most_certain_first),
                    elsewhere=elsewhere,
                    step=steps.get(persona.key),
                )
            )
    others = [card for card in present if not card.personas]
    if others:
        groups.append(PersonaGroup("", "", 0, 0, 0, 0, others, (), None))
    return groups


def _most_certain_first(card: PersonCard) -> tuple[bool, bool, str]:
    return (card.status != ContactStatus.ACTIVE, not card.is_fresh, card.name)


def _page(events: Sequence[Event], number: int) -> Page:
    pages = max(1, -(-len(events) // EVENTS_PER_PAGE))
    number = min(max(number, 1), pages)
    start = (number - 1) * EVENTS_PER_PAGE
    return Page(events[start : start + EVENTS_PER_PAGE], number, EVENTS_PER_PAGE, len(events))
