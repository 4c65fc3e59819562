"""Campaigns as pure judgements: when each run begins, whom it asks, and what its waves are called."""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# CSMs hear of a run so many days before their rosters are due.
ASKING_DAYS = 14
# One reminder goes out so many working days before.
REMIND_WORKING_DAYS = 2
# A run that opens late, because nothing ran here, leaves CSMs at least so many days.
LEAST_DAYS = 5
# An account whose renewal date was near before anybody looked is still asked for so long.
PATIENCE = timedelta(days=28)
# A renewal that moved by less than this is still the same one.
SAME_RENEWAL = timedelta(days=180)
WEEK = timedelta(days=7)


class Cadence(StrEnum):
    """How often a campaign asks."""

    ONCE = "once"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    RENEWAL = "renewal"


MONTHS = {Cadence.QUARTERLY: 3, Cadence.HALF_YEARLY: 6, Cadence.YEARLY: 12}


class CampaignState(StrEnum):
    """Where a campaign stands; a paused one begins no run and launches none."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """Where one run stands: rosters are being confirmed, waves are out, or nobody was asked any more."""

    GATHERING = "gathering"
    LAUNCHED = "launched"
    CANCELLED = "cancelled"


class Unconfirmed(StrEnum):
    """What happens at launch to accounts whose CSM has not confirmed the roster."""

    ASK = "ask"
    LEAVE_OUT = "leave_out"


@dataclass(frozen=True)
class Plan:
    """When the runs of a campaign are launched, and how many days before that rosters are due (None: never).

    Runs on renewals are launched on Mondays, from the first one on `first_on` or after it.
    """

    cadence: Cadence
    first_on: date
    confirm_days: int | None = None


@dataclass(frozen=True)
class Turn:
    """One run as planned: its name among the campaign's runs, launch day and the day rosters are due."""

    period: str
    launch_on: date
    confirm_by: date | None

    @property
    def opens_on(self) -> date:
        """The day CSMs hear of it; without rosters to confirm the launch day itself."""
        return self.confirm_by - timedelta(days=ASKING_DAYS) if self.confirm_by else self.launch_on


def launch_day(plan: Plan, number: int) -> date | None:
    """Return the launch day of a campaign's run, counted from 0; None when there is no such run.

    The 31st of a month without one is its last day, and 29 February in other years the 28th.
    """
    if plan.cadence is Cadence.ONCE:
        return plan.first_on if number == 0 else None
    if plan.cadence is Cadence.RENEWAL:
        return _monday_from(plan.first_on) + number * WEEK
    months = plan.first_on.year * 12 + plan.first_on.month - 1 + number * MONTHS[plan.cadence]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(plan.first_on.day, monthrange(year, month + 1)[1]))


def due_turn(plan: Plan, *, today: date, last_on: date | None) -> Turn | None:
    """Return the run that should be open today and is not, or None.

    Of several that were missed only the newest is made up for. `last_on` is the launch day of the newest run
    there is: nothing before it is begun any more, whatever the clock says.
    """
    due = None
    number = _near(plan, today)
    while (turn := turn_of(plan, number)) is not None and turn.opens_on <= today:
        due, number = turn, number + 1
    if due is None or (last_on is not None and due.launch_on <= last_on):
        return None
    return in_time(due, today=today)


def next_turn(plan: Plan, *, today: date, last_on: date | None) -> Turn | None:
    """Return the first run that is still to be opened; None when there is none."""
    number = 0
    if last_on is not None:
        number = _near(plan, last_on)
    while (turn := turn_of(plan, number)) is not None:
        if turn.launch_on >= today and (last_on is None or turn.launch_on > last_on):
            return turn
        number += 1
    return None


def turn_of(plan: Plan, number: int) -> Turn | None:
    """Return a run as planned, counted from 0."""
    launch_on = launch_day(plan, number)
    if launch_on is None:
        return None
    confirm_by = None if plan.confirm_days is None else launch_on - timedelta(days=plan.confirm_days)
    return Turn(launch_on.isoformat(), launch_on, confirm_by)


def in_time(turn: Turn, *, today: date) -> Turn:
    """Return a run that opens too late for its rosters with later days, so that CSMs have some time."""
    if turn.confirm_by is None or turn.confirm_by >= today:
        return turn
    later = today + timedelta(days=LEAST_DAYS) - turn.confirm_by
    return Turn(turn.period, turn.launch_on + later, turn.confirm_by + later)


def _near(plan: Plan, day: date) -> int:
    """Return the number of a run that opened before a day and is not far from it."""
    if plan.cadence is Cadence.ONCE or day <= plan.first_on:
        return 0
    if plan.cadence is Cadence.RENEWAL:
        return max(0, (day - plan.first_on) // WEEK - 1)
    months = (day.year - plan.first_on.year) * 12 + day.month - plan.first_on.month
    return max(0, months // MONTHS[plan.cadence] - 1)


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def renewals_asked(launch_on: date, *, days_before: int) -> tuple[date, date]:
    """Return the first and the last renewal date a weekly run asks about.

    The week's own, and those before it that nobody was asked about, as long as they are not over.
    """
    last = launch_on + timedelta(days=days_before) + WEEK - timedelta(days=1)
    first = max(launch_on + timedelta(days=1), launch_on + timedelta(days=days_before) - PATIENCE)
    return first, last


def reminder_day(confirm_by: date, *, days_off: Collection[date] = ()) -> date:
    """Return the day CSMs are reminded: two working days (Monday to Friday) before their rosters are due."""
    day, left = confirm_by, REMIND_WORKING_DAYS
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < 5 and day not in days_off
    return day


def wave_name(campaign: str, launch_on: date, cadence: Cadence) -> str:
    """Return what a run's waves are called: after the campaign, and where there are several, the day."""
    return campaign if cadence is Cadence.ONCE else f"{campaign} · {launch_on.isoformat()}"


@dataclass(frozen=True, kw_only=True)
class CampaignOrder:
    """What somebody wants a campaign to be; see `models.Campaign` for the fields."""

    name: str
    survey_key: str
    cadence: Cadence
    launch_on: date
    confirm_by: date | None = None
    unconfirmed: Unconfirmed = Unconfirmed.ASK
    renewal_days: int = 90
    tiers: tuple[int, ...] = ()
    segments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    length_days: int = 21
    personal_note: str = ""
    pilot_percent: int = 0
    pilot_days: int | None = None


# What a campaign may be, in the order of the form.
LONGEST_NAME = 100
MOST_RENEWAL_DAYS = 365
MOST_LENGTH_DAYS = 90
MOST_CONFIRM_DAYS = 60


def what_is_wrong(order: CampaignOrder, *, today: date, most_pilot_percent: int, most_pilot_days: int) -> str:
    """Return the first thing that cannot be about an order as one sentence, or an empty text."""
    if not order.name.strip() or len(order.name) > LONGEST_NAME:
        return f"Give the campaign a name of at most {LONGEST_NAME} characters."
    if order.launch_on < today:
        return "The launch day lies in the past; choose today or a later day."
    if order.confirm_by is not None and not today <= order.confirm_by < order.launch_on:
        return "Rosters must be due before the launch day, and not before today."
    if order.confirm_by is not None and (order.launch_on - order.confirm_by).days > MOST_CONFIRM_DAYS:
        return f"Let rosters be due at most {MOST_CONFIRM_DAYS} days before the launch: people change jobs."
    if order.unconfirmed is Unconfirmed.LEAVE_OUT and order.confirm_by is None:
        return "Say until when rosters are to be confirmed, or ask accounts whose roster is not."
    if not 1 <= order.renewal_days <= MOST_RENEWAL_DAYS:
        return f"Choose 1 to {MOST_RENEWAL_DAYS} days before the renewal."
    if not 1 <= order.length_days <= MOST_LENGTH_DAYS:
        return f"Let the waves stay open 1 to {MOST_LENGTH_DAYS} days."
    if not 0 <= order.pilot_percent <= most_pilot_percent:
        return f"Ask at most {most_pilot_percent} percent first; 0 means everybody at once."
    if order.pilot_days is not None and not 1 <= order.pilot_days <= most_pilot_days:
        return f"Let the others follow after 1 to {most_pilot_days} days, or when somebody says so."
    if order.pilot_percent and order.pilot_days is not None and order.pilot_days >= order.length_days:
        return "The others would follow when the waves are over already; let them follow earlier."
    return ""
