"""Who would be asked in a wave and who would not: the roster of its accounts, read and judged."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Row, literal, select

from surveys.definition import Occasion
from surveys.translation import speaks
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import house_rules
from vocapp.accounts.rules import is_verified
from vocapp.campaigns.asked import (
    ASKED_COLUMNS,
    Asking,
    asked_in,
    asking_of,
    asking_of_wave,
    last_asked,
    places_left,
    relationship_waves_soon,
)
from vocapp.campaigns.candidates import (
    Part,
    chosen_account_ids,
    contact_columns,
    contacts_of,
    heaviest_personas,
)
from vocapp.campaigns.fatigue import MAILS_OF_A_SURVEY, Rest, RestReason
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import (
    PASSING,
    Candidate,
    ExclusionReason,
    judge_roster,
)
from vocapp.campaigns.timing import Timetable, timetable, timetable_of
from vocapp.core.db import db
from vocapp.core.workdays import Place
from vocapp.outbox.queries import address_hash, suppressed_hashes
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import definition_of
from vocapp.rosters.queries import off_roster
from vocapp.rosters.rules import roster_note


class Person(NamedTuple):
    """A contact of a chosen account; `reason` None means they are asked. `note` is the CSM's own reason: for
    somebody off the roster as `rosters.rules.roster_note` writes it. `until` is when the reason ends, where
    one is known to, and `later_at` when the wave asks them after all; `ask_at` is when the first mail to
    somebody who is asked leaves, where they live at `place`.

    A tuple, because a wave over ten thousand accounts makes a hundred thousand of them.
    """

    contact_id: int
    account_id: int
    account_name: str
    first_name: str
    last_name: str
    email: str
    language: str
    place: Place
    persona_id: int | None
    persona: str
    is_verified: bool
    last_asked_at: datetime | None
    until: datetime | None
    later_at: datetime | None
    ask_at: datetime
    note: str
    reason: ExclusionReason | None
    is_invited: bool

    @property
    def name(self) -> str:
        """First and last name, or the address when there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def rested_from(self) -> datetime | None:
        """When somebody who has to wait may be asked, None for everybody else."""
        return self.until if self.reason in PASSING else None


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
        """When the first of those who have to wait may be asked."""
        return min(filter(None, (person.rested_from for person in self.excluded)), default=None)

    @cached_property
    def reasons(self) -> Mapping[ExclusionReason, int]:
        """How many are not asked for which reason, most frequent first."""
        return dict(Counter(person.reason for person in self.people if person.reason).most_common())


def audience(wave: Wave, *, now: datetime, closes_at: datetime | None = None) -> Audience:
    """Return everybody at a wave's accounts and whether they are asked; `closes_at` stands in for its end.

    Accounts that went to another owner since they were chosen are left out: their people are not its owner's.
    Reads the world as it is: what a draft shows and what a launch does come from the same judgement. Whoever
    has an invitation in this very wave is asked whatever happened since, so a launch that was cut short goes
    on where it stopped.
    """
    return _audience(wave, None, now=now, closes_at=closes_at)


def audience_among(wave: Wave, contact_ids: Collection[int], *, now: datetime) -> Audience:
    """Return some of the people at a wave's accounts, judged as `audience` does."""
    return _audience(wave, contact_ids, now=now)


def _audience(
    wave: Wave, among: Collection[int] | None, *, now: datetime, closes_at: datetime | None = None
) -> Audience:
    rules = _rules_of_wave(wave, now=now, closes_at=closes_at)
    wanted = contacts_of(wave, rules.asking, now=now, among=among)
    there = Contact.account_id.in_(chosen_account_ids(wave.id))
    if among is not None:
        wanted, there = wanted.where(Contact.id.in_(among)), Contact.id.in_(among)
    off = off_roster(chosen_account_ids(wave.id), on=now.date())
    return Audience(_judged(db.session.execute(wanted).all(), heaviest_personas(there), off, rules, now=now))


def judge_people(contact_ids: Collection[int], *, version: SurveyVersion, now: datetime) -> Sequence[Person]:
    """Return some contacts and whether they may be asked a version of a survey, by the rules of all waves.

    Whatever they were asked counts, in any wave. Records that became part of another are left out.
    """
    them = Contact.id.in_(contact_ids)
    asking = asking_of(version, mails=MAILS_OF_A_SURVEY)
    asked = last_asked(asking, now=now, at_addresses_of=contact_ids).subquery()
    wanted = (
        contact_columns(asked, chosen_note=literal(None), invitation_id=literal(None))
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(asked, asked.c.email_key == Contact.email_key)
        .where(them, Contact.merged_into_id.is_(None))
        .order_by(Contact.id)
    )
    rows = db.session.execute(wanted).all()
    off = off_roster(sorted({row.account_id for row in rows}), on=now.date())
    rules = _Rules(asking, timetable(now=now), frozenset(definition_of(version).languages), 0)
    return _judged(rows, heaviest_personas(them), off, rules, now=now)


class _Rules(NamedTuple):
    """What people are judged by: the budget, the hours, and what the wave asks for beside."""

    asking: Asking
    times: Timetable
    languages: frozenset[str]
    verified_days: int
    is_for_verified: bool = False
    is_in_own_language: bool = False


def _rules_of_wave(wave: Wave, *, now: datetime, closes_at: datetime | None) -> _Rules:
    asking = asking_of_wave(wave, except_in=wave.id)
    return _Rules(
        asking,
        timetable_of(wave, answer_days=asking.budget.answer_days, now=now, closes_at=closes_at),
        frozenset(definition_of(wave.survey_version).languages),
        house_rules().verified_days,
        is_for_verified=wave.is_for_verified,
        is_in_own_language=wave.is_in_own_language,
    )


def _judged(
    rows: Sequence[Row[Any]],
    parts: Mapping[int, Part],
    off: Mapping[int, tuple[str, str]],
    rules: _Rules,
    *,
    now: datetime,
) -> list[Person]:
    suppressed = _suppressed({row.email for row in rows})
    new = [row for row in rows if row.invitation_id is None]
    soon = _waves_soon(new, rules.asking, now=now)
    stays = {row.contact_id: _stay(row, rules, soon.get(row.account_id), now=now) for row in rows}
    judged = judge_roster(
        (
            _candidate(
                row,
                parts.get(row.contact_id),
                stays[row.contact_id],
                rules,
                is_suppressed=row.email in suppressed,
                is_off_roster=row.contact_id in off,
            )
            for row in new
        ),
        taken={row.email_key for row in rows if row.invitation_id is not None},
        places_left=places_left(rules.asking, {row.account_id for row in new}, now=now),
    )
    return [
        _person(
            row,
            parts.get(row.contact_id),
            stays[row.contact_id],
            rules.times,
            judged.get(row.contact_id),
            off.get(row.contact_id),
        )
        for row in rows
    ]


class _Stay(NamedTuple):
    """Where somebody is, when their first mail could leave, and what keeps them from being asked now."""

    place: Place
    ask_at: datetime
    is_verified: bool
    rest: Rest | None


def _stay(row: Row[Any], rules: _Rules, wave_at: datetime | None, *, now: datetime) -> _Stay:
    place = rules.times.place(row.time_zone, row.account_zone, row.country)
    ask_at, away = rules.times.first_mail(place, row.absent_until, is_on_leave=row.is_on_leave)
    asking = rules.asking
    rest = asking.rest_of(asked_in(row), now=now)
    return _Stay(
        place,
        ask_at,
        is_verified(row.verified_on, on=now.date(), days=rules.verified_days),
        rest or _wave_soon(wave_at, asking) or away,
    )


def _waves_soon(rows: Sequence[Row[Any]], asking: Asking, *, now: datetime) -> Mapping[int, datetime]:
    if asking.occasion is Occasion.RELATIONSHIP:
        return {}
    return relationship_waves_soon({row.account_id for row in rows}, budget=asking.budget, now=now)


def _wave_soon(wave_at: datetime | None, asking: Asking) -> Rest | None:
    if wave_at is None:
        return None
    # Whoever that wave asks rests after it as everybody does.
    rest = timedelta(days=asking.budget.transactional_rest_days)
    return Rest(wave_at + rest, RestReason.WAVE_SOON)


def asked_meanwhile(contact_ids: Collection[int], asking: Asking, *, now: datetime) -> dict[int, Rest]:
    """Return those of some contacts who rest by now: whom another wave asked since they were judged.

    Holds everybody with their addresses until the end of the transaction: of two waves that are launched at
    the same moment, the second sees whom the first asks.
    """
    addresses = select(Contact.email_key).where(Contact.id.in_(contact_ids))
    people = select(Contact.id).where(Contact.email_key.in_(addresses)).order_by(Contact.id)
    db.session.execute(people.with_for_update(key_share=True))
    asked = last_asked(asking, now=now, at_addresses_of=contact_ids).subquery()
    lately = (
        select(Contact.id, *(asked.c[name] for name in ASKED_COLUMNS))
        .join(asked, asked.c.email_key == Contact.email_key)
        .where(Contact.id.in_(contact_ids))
    )
    rests = {row.id: asking.rest_of(asked_in(row), now=now) for row in db.session.execute(lately)}
    return {contact_id: rest for contact_id, rest in rests.items() if rest is not None}


def _suppressed(addresses: set[str]) -> set[str]:
    hashes = suppressed_hashes(addresses)
    return {address for address in addresses if address_hash(address) in hashes} if hashes else set()


def _candidate(
    row: Row[Any],
    part: Part | None,
    stay: _Stay,
    rules: _Rules,
    *,
    is_suppressed: bool,
    is_off_roster: bool,
) -> Candidate:
    return Candidate(
        contact_id=row.contact_id,
        address=row.email_key,
        account_id=row.account_id,
        status=row.status,
        account_status=row.account_status,
        is_role_address=row.is_role_address,
        is_suppressed=is_suppressed,
        is_off_roster=is_off_roster,
        is_chosen_out=row.chosen_note is not None,
        is_left_unverified=rules.is_for_verified and not stay.is_verified,
        is_without_language=rules.is_in_own_language and not speaks(row.language, rules.languages),
        rest=stay.rest,
        weight=part.weight if part else 1.0,
    )


def _person(
    row: Row[Any],
    part: Part | None,
    stay: _Stay,
    times: Timetable,
    reason: ExclusionReason | None,
    left_out: tuple[str, str] | None,
) -> Person:
    note = row.chosen_note or ""
    if reason is ExclusionReason.OFF_ROSTER and left_out is not None:
        note = roster_note(*left_out)
    until = stay.rest.until if stay.rest is not None and reason == str(stay.rest.reason) else None
    return Person(
        contact_id=row.contact_id,
        account_id=row.account_id,
        account_name=row.account_name,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        language=row.language,
        place=stay.place,
        persona_id=part.persona_id if part else None,
        persona=part.name if part else "",
        is_verified=stay.is_verified,
        last_asked_at=max(filter(None, (row.relationship_at, row.transactional_at)), default=None),
        until=until,
        later_at=times.later(until, stay.place),
        ask_at=stay.ask_at,
        note=note,
        reason=reason,
        is_invited=row.invitation_id is not None,
    )
