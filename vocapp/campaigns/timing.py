"""When the mails of a wave leave: at working hours where each person is, and after they are back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from vocapp.campaigns.fatigue import Rest, RestReason
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import DEFAULT_LENGTH, PRENOTICE_DAYS, reminder_steps
from vocapp.core.workdays import (
    Place,
    morning_after_absence,
    next_polite_moment,
    place_of,
    reminder_time,
)
from vocapp.identity.queries import company


@dataclass(frozen=True)
class Timetable:
    """When anybody's first mail would leave, judged at one moment.

    Without `closes_at` whoever is away is not asked; with it they are when they are back, as long as
    `answer_days` are left to answer then. After `send_by` nobody is asked.
    """

    now: datetime
    closes_at: datetime | None
    answer_days: int
    is_any_hour: bool
    company_zone: str
    send_by: datetime | None = None
    _moments: dict[Place, datetime] = field(default_factory=dict)

    def place(self, contact_zone: str, account_zone: str, country: str) -> Place:
        """Return where somebody is."""
        return place_of(contact_zone, account_zone, country, self.company_zone)

    def first_mail(
        self, place: Place, absent_until: date | None, *, is_on_leave: bool
    ) -> tuple[datetime, Rest | None]:
        """Return when somebody's first mail leaves, and what stands in the way of sending it then."""
        if is_on_leave and absent_until is None:
            return self.now, Rest(None, RestReason.ABSENT)
        at = self._moment(place)
        back = self.now if absent_until is None else morning_after_absence(absent_until, place)
        if back > at:
            last = self.closes_at and self.closes_at - timedelta(days=self.answer_days)
            is_in_time = last is not None and back <= last and not self._is_over(back)
            return back, None if is_in_time else Rest(back, RestReason.ABSENT)
        is_late = (self.closes_at is not None and at >= self.closes_at) or self._is_over(at)
        return at, Rest(None, RestReason.TOO_LATE) if is_late else None

    def later(self, until: datetime | None, place: Place) -> datetime | None:
        """Return when somebody who has to wait until a time is asked, None when no time is left then."""
        if until is None or self.closes_at is None:
            return None
        at = until if self.is_any_hour else next_polite_moment(until, place)
        is_in_time = at <= self.closes_at - timedelta(days=self.answer_days) and not self._is_over(at)
        return at if is_in_time else None

    def _is_over(self, at: datetime) -> bool:
        return self.send_by is not None and at > self.send_by

    def _moment(self, place: Place) -> datetime:
        if self.is_any_hour:
            return self.now
        if place not in self._moments:
            self._moments[place] = next_polite_moment(self.now, place)
        return self._moments[place]


def timetable(
    *,
    now: datetime,
    closes_at: datetime | None = None,
    answer_days: int = 0,
    is_any_hour: bool = False,
    send_by: datetime | None = None,
) -> Timetable:
    """Return the timetable of a moment, with the company's clock for people of whom no other is known."""
    return Timetable(now, closes_at, answer_days, is_any_hour, our_zone(), send_by)


def timetable_of(
    wave: Wave, *, answer_days: int, now: datetime, closes_at: datetime | None = None
) -> Timetable:
    """Return the timetable of a wave; a draft ends as if it were launched now, or when it is due.

    `closes_at` stands in for its end.
    """
    closes_at = closes_at or wave.closes_at or (wave.launch_at or now) + DEFAULT_LENGTH
    return timetable(
        now=now,
        closes_at=closes_at,
        answer_days=answer_days,
        is_any_hour=wave.is_any_hour,
        send_by=wave.send_by,
    )


def our_zone() -> str:
    """Return the name of our own time zone, "" before there is one."""
    ours = company()
    return ours.time_zone if ours else ""


def place_of_invitation(invitation: Invitation, *, company_zone: str | None = None) -> Place:
    """Return where the person of an invitation is, with the working days of their account's country.

    Whoever asks for many finds out `company_zone` once.
    """
    account = invitation.account
    ours = company_zone if company_zone is not None else our_zone()
    return place_of(invitation.contact.time_zone, account.time_zone, account.country, ours)


def hours_of_wave(wave: Wave, place: Place) -> Place | None:
    """Return the hours the mails of a wave to a place keep to, None for any."""
    return None if wave.is_any_hour else place


def question_time(wave: Wave, first_at: datetime, place: Place) -> datetime:
    """Return when the mail that asks leaves, given when the first mail may: later after an announcement."""
    if not wave.has_prenotice and not wave.has_heads_up:
        return first_at
    return reminder_time(first_at, place, working_days=PRENOTICE_DAYS)


def next_reminder(
    invitation: Invitation,
    place: Place,
    *,
    asked_at: datetime,
    days: Sequence[int] | None = None,
    closes_at: datetime | None = None,
) -> datetime | None:
    """Return when an invitation's next reminder is due; None when there is none, or its wave is over before.

    A reminder that went out late, because somebody was away, moves the next one: the days between them stay.
    `days` and `closes_at` stand in for those of the wave.
    """
    wave, sent = invitation.wave, invitation.reminders_sent
    closes_at = closes_at or wave.closes_at
    steps = reminder_steps(wave.reminder_days if days is None else days, has_prenotice=wave.has_prenotice)
    if sent >= len(steps):
        return None
    due = reminder_time(asked_at, place, working_days=steps[sent])
    if sent and invitation.reminded_at is not None:
        between = steps[sent] - steps[sent - 1]
        due = max(due, reminder_time(invitation.reminded_at, place, working_days=between))
    due = max(due, back_from(invitation, place) or due)
    return due if closes_at is None or due < closes_at else None


def back_from(invitation: Invitation, place: Place) -> datetime | None:
    """Return when the person of an invitation may be written to after being away, None: nobody said so."""
    until = invitation.contact.absent_until
    return morning_after_absence(until, place) if until is not None else None
