"""What stands beside every step of a launch: whom a draft asks, and what to think about."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from surveys.translation import best_language, phrase_book, speaks
from vocapp.accounts.queries import footprint_of
from vocapp.campaigns.audience import Audience, Person, audience
from vocapp.campaigns.candidates import chosen_account_ids
from vocapp.campaigns.choosing import chosen_count
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import Concern, ReachedSlots
from vocapp.core.workdays import next_polite_moment
from vocapp.questionnaires.queries import definition_of
from vocapp.rosters.queries import confirmed_account_ids

NAMED_ZONES = 3


@dataclass(frozen=True)
class DraftSummary:
    """A draft at one moment; `languages` maps the language of the mail to how many get it so, most first.

    `rosters` counts the accounts whose roster is confirmed.
    """

    accounts: int
    rosters: int
    audience: Audience
    languages: Mapping[str, int]

    @property
    def asked(self) -> int:
        """How many people are asked."""
        return len(self.audience.asked)

    @property
    def excluded(self) -> int:
        """How many people are not."""
        return len(self.audience.excluded)


def draft_summary(wave: Wave, *, now: datetime, closes_at: datetime | None = None) -> DraftSummary:
    """Return whom a draft would ask at a moment, if it closed at another (None: after the usual time)."""
    everybody = audience(wave, now=now, closes_at=closes_at)
    speaks = mail_languages(wave, everybody.asked)
    counted = Counter(speaks[person.language] for person in everybody.asked)
    confirmed = confirmed_account_ids(chosen_account_ids(wave.id), on=now.date())
    return DraftSummary(chosen_count(wave.id), len(confirmed), everybody, dict(counted.most_common()))


def mail_languages(wave: Wave, people: Iterable[Person]) -> Mapping[str, str]:
    """Return a person's language → the language of their mail."""
    available = definition_of(wave.survey_version).languages
    return {language: best_language([language], available) for language in {one.language for one in people}}


@dataclass(frozen=True)
class AskingTime:
    """How many people get their first mail on a day of the reader's, between which times, in which zones.

    `places` names a few zones, the most people first; `more` is how many others there are.
    """

    day: date
    people: int
    first: datetime
    last: datetime
    places: Sequence[str]
    more: int


def asking_times(asked: Iterable[Person], *, zone: ZoneInfo) -> list[AskingTime]:
    """Return when people would get their first mail, day by day as the reader's clock counts them."""
    days: dict[date, list[Person]] = defaultdict(list)
    for person in asked:
        days[person.ask_at.astimezone(zone).date()].append(person)
    return [_asking_time(day, people) for day, people in sorted(days.items())]


def _asking_time(day: date, people: Sequence[Person]) -> AskingTime:
    zones = [name for name, _count in Counter(str(person.place.zone) for person in people).most_common()]
    return AskingTime(
        day,
        people=len(people),
        first=min(person.ask_at for person in people),
        last=max(person.ask_at for person in people),
        places=zones[:NAMED_ZONES],
        more=len(zones) - len(zones[:NAMED_ZONES]),
    )


def concerns_of(wave: Wave, summary: DraftSummary, *, at: datetime) -> list[tuple[Concern, int]]:
    """Return what to think about before a launch at a time, with how many people or accounts it is about."""
    asked = summary.audience.asked
    languages = phrase_book().languages
    available = definition_of(wave.survey_version).languages
    main_language = next(iter(summary.languages), "")
    counted = {
        Concern.UNSOCIAL_HOUR: (
            sum(next_polite_moment(at, person.place) > at for person in asked) if wave.is_any_hour else 0
        ),
        Concern.NOT_VERIFIED: sum(not person.is_verified for person in asked),
        Concern.NO_LANGUAGE: sum(not speaks(person.language, available) for person in asked),
        Concern.ACCOUNT_WITHOUT_ANYBODY: summary.accounts - len({person.account_id for person in asked}),
        Concern.ROSTER_NOT_CONFIRMED: summary.accounts - summary.rosters,
        Concern.NO_PERSONA: sum(person.persona_id is None for person in asked),
        Concern.NO_NAME: sum(not (person.first_name or person.last_name) for person in asked),
        Concern.NOTE_IN_ONE_LANGUAGE: (
            sum(count for code, count in summary.languages.items() if code != main_language)
            if wave.personal_note
            else 0
        ),
        Concern.UNREAD_TRANSLATION: sum(
            count for code, count in summary.languages.items() if languages[code].needs_review
        ),
    }
    return [(concern, count) for concern, count in counted.items() if count]


def reached_slots(summary: DraftSummary, *, on: date) -> list[ReachedSlots]:
    """Return per persona how many seats of the tier profiles this wave reaches, over all its accounts."""
    asked = {person.contact_id for person in summary.audience.asked}
    accounts = {person.account_id for person in summary.audience.people}
    reached: dict[str, ReachedSlots] = {}
    for footprint in footprint_of(accounts, on).values():
        for group in footprint.personas:
            people = [slot.person for slot in group.slots]
            one = ReachedSlots(
                group.name,
                filled=sum(person is not None and person.contact_id in asked for person in people),
                doubtful=sum(person is not None and person.contact_id not in asked for person in people),
                empty=sum(person is None for person in people),
            )
            reached[group.name] = reached[group.name] + one if group.name in reached else one
    return list(reached.values())
