"""What CSMs control: coverage won, rosters confirmed in time, gaps closed and how long that took."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext
from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, exists, extract, func, literal, select
from sqlalchemy.orm import aliased

from integrations.tables.writing import Cell
from surveys.measure import Measure
from vocapp.accounts.exporting import ExportTable
from vocapp.accounts.models import Account
from vocapp.accounts.queries import house_rules, house_rules_by_day
from vocapp.accounts.rules import AccountStatus, HouseRules
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.core.db import db
from vocapp.coverage.models import CoverageDay, FootprintDay, Gap
from vocapp.coverage.rules import Spread, share_of, spread_of
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts
from vocapp.relationship.queries import end_of_day
from vocapp.rosters.models import RosterConfirmation
from vocapp.triggers.models import TriggerWave

PERIODS = (30, 90, 365)
SECONDS_PER_DAY = 86_400


@dataclass
class Line:
    """One CSM's numbers of a period, or the team's; `owner_id` None are the accounts nobody owns.

    Seats are counted over the accounts of today: `seats_then` at the start of the period, of those accounts
    (`compared`) whose footprint was recorded by then, and `seats_now` of the same ones, each as (held by
    somebody confirmed, asked for). `took` maps days → gaps closed after so many.
    """

    owner_id: int | None
    name: str
    accounts: int = 0
    compared: int = 0
    seats_then: tuple[int, int] = (0, 0)
    seats_now: tuple[int, int] = (0, 0)
    rosters_asked: int = 0
    rosters_on_time: int = 0
    people: int = 0
    verified_people: int = 0
    opened: int = 0
    closed: int = 0
    withdrawn: int = 0
    open_now: int = 0
    took: Counter[int] = field(default_factory=Counter)

    @property
    def coverage_then(self) -> float | None:
        """Share of seats held by somebody confirmed when the period began, 0-1."""
        return self.seats_then[0] / self.seats_then[1] if self.seats_then[1] else None

    @property
    def coverage_now(self) -> float | None:
        """The same share of the same accounts now."""
        return self.seats_now[0] / self.seats_now[1] if self.seats_now[1] else None

    @property
    def growth(self) -> float | None:
        """How far that share moved, −1 to 1; None without two values."""
        if self.coverage_now is None or self.coverage_then is None:
            return None
        return self.coverage_now - self.coverage_then

    @property
    def rosters(self) -> Measure:
        """Share of accounts asked in waves of the period whose roster was confirmed in time."""
        return share_of(self.rosters_on_time, self.rosters_asked, of=gettext("no wave asked anybody"))

    @property
    def verified(self) -> float | None:
        """Share of known people who were confirmed lately, 0-1: a census, hence without an interval."""
        return self.verified_people / self.people if self.people else None

    @property
    def days_to_close(self) -> Spread | None:
        """How long the gaps closed in the period had been open."""
        return spread_of(self.took)


@dataclass(frozen=True, slots=True)
class Stewardship:
    """The team's line, and one line per CSM the reader may see.

    `days` and `since` are the period: what counts came after the end of that day. Seats are compared with
    `recorded_since`, and rosters counted from then on; it is later while nothing was recorded when the period
    began.
    """

    days: int
    since: date
    recorded_since: date
    team: Line
    lines: Sequence[Line]
    roster_days: int


SORTS: Mapping[str, Callable[[Line], Any]] = {
    "name": lambda line: line.name.casefold(),
    "growth": lambda line: line.growth,
    "rosters": lambda line: line.rosters.value,
    "verified": lambda line: line.verified,
    "closed": lambda line: line.closed,
    "opened": lambda line: line.opened,
    "open": lambda line: line.open_now,
    "time": lambda line: line.days_to_close.median if line.days_to_close else None,
}


def stewardship_of(user: User, *, days: int, today: date, sort: str = "name") -> Stewardship:
    """Return what was done in the last `days` days; a CSM sees the own line beside the team's.

    Nothing here says what customers think. The number of statements is fixed.
    """
    since = today - timedelta(days=days)
    recorded_since = max(since, db.session.scalar(select(func.min(CoverageDay.on_day))) or since)
    lines = _lines_by_owner(since=since, recorded_since=recorded_since, today=today)
    shown = [line for line in lines.values() if sees_all_accounts(user.role) or line.owner_id == user.id]
    if not sees_all_accounts(user.role) and not shown:
        shown = [Line(user.id, user.name)]
    return Stewardship(
        days=days,
        since=since,
        recorded_since=recorded_since,
        team=total(lines.values()),
        lines=sorted_lines(shown, sort),
        roster_days=house_rules().roster_days,
    )


def sorted_lines(lines: Iterable[Line], sort: str) -> list[Line]:
    """Return lines by a key of `SORTS`, downwards with a "-" in front; what is not known comes last."""
    key = SORTS[sort.removeprefix("-")]
    by_name = sorted(lines, key=SORTS["name"])
    known = [line for line in by_name if key(line) is not None]
    unknown = [line for line in by_name if key(line) is None]
    return sorted(known, key=key, reverse=sort.startswith("-")) + unknown


def total(lines: Iterable[Line]) -> Line:
    """Return the sum of lines: the team's."""
    team = Line(None, gettext("The team"))
    for line in lines:
        for name in _COUNTS:
            setattr(team, name, getattr(team, name) + getattr(line, name))
        team.seats_then = _added(team.seats_then, line.seats_then)
        team.seats_now = _added(team.seats_now, line.seats_now)
        team.took.update(line.took)
    return team


_COUNTS = (
    "accounts", "compared", "rosters_asked", "rosters_on_time", "people", "verified_people", "opened",
    "closed", "withdrawn", "open_now",
)  # fmt: skip


def _added(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    return first[0] + second[0], first[1] + second[1]


def _lines_by_owner(*, since: date, recorded_since: date, today: date) -> dict[int | None, Line]:
    names: dict[int, str] = dict(db.session.execute(select(User.id, User.name)).all())
    lines: dict[int | None, Line] = {}

    def line(owner_id: int | None) -> Line:
        name = names.get(owner_id, "") if owner_id is not None else gettext("Accounts nobody owns")
        return lines.setdefault(owner_id, Line(owner_id, name))

    for owner_id, accounts, compared, *sums in db.session.execute(_seats(recorded_since)):
        found = line(owner_id)
        found.accounts, found.compared = accounts, compared
        found.seats_then, found.seats_now = (sums[0], sums[1]), (sums[2], sums[3])
        found.people, found.verified_people = sums[4], sums[5]
    for owner_id, asked, on_time in db.session.execute(_rosters(recorded_since, today)):
        found = line(owner_id)
        found.rosters_asked, found.rosters_on_time = asked, on_time
    for owner_id, opened in db.session.execute(_opened(since)):
        line(owner_id).opened = opened
    for owner_id, count in db.session.execute(_open_now()):
        line(owner_id).open_now = count
    for owner_id, opened_on, closed_on, is_withdrawn, count in db.session.execute(_closed(since)):
        found = line(owner_id)
        if is_withdrawn:
            found.withdrawn += count
        else:
            found.closed += count
            found.took[(closed_on - opened_on).days] += count
    return lines


def _seats(since: date) -> Any:
    """Return per owner: accounts, compared accounts, seats then and now of these, people, verified people."""
    then, earlier = aliased(FootprintDay), aliased(FootprintDay)
    newest = (
        select(func.max(earlier.on_day))
        .where(earlier.account_id == Account.id, earlier.on_day <= since)
        .correlate(Account)
        .scalar_subquery()
    )
    is_compared = then.id.is_not(None)

    def among_compared(column: ColumnElement[int] | Any) -> Any:
        return func.coalesce(func.sum(case((is_compared, column), else_=0)), 0)

    return (
        select(
            Account.owner_id,
            func.count(),
            func.count(then.id),
            among_compared(then.verified_seats),
            among_compared(then.required),
            among_compared(FootprintDay.verified_seats),
            among_compared(FootprintDay.required),
            func.sum(FootprintDay.people),
            func.sum(FootprintDay.verified_people),
        )
        .join(FootprintDay, and_(FootprintDay.account_id == Account.id, FootprintDay.is_latest))
        .outerjoin(then, and_(then.account_id == Account.id, then.on_day == newest))
        .where(Account.status == AccountStatus.ACTIVE)
        .group_by(Account.owner_id)
    )


def _rosters(since: date, today: date) -> Any:
    """Return per owner: accounts asked in waves launched after a day, and those confirmed in time.

    The owner is the one of the launch. An account asked in two waves counts twice. In time: before the
    launch, and still good on that day, as `rosters.queries.current_confirmations` judges it; by the house
    rules of that day. Waves that triggers opened count in neither: nobody goes through a roster for them.
    """
    confirmed = exists().where(
        RosterConfirmation.account_id == wave_accounts.c.account_id,
        RosterConfirmation.at <= Wave.launched_at,
        _day_number(RosterConfirmation.at) >= _day_number(Wave.launched_at) - _roster_days_at_launch(),
    )
    was_asked = exists().where(
        Invitation.account_id == wave_accounts.c.account_id, Invitation.wave_id == Wave.id
    )
    return (
        select(wave_accounts.c.owner_id, func.count(), func.sum(case((confirmed, 1), else_=0)))
        .select_from(wave_accounts)
        .join(Wave, Wave.id == wave_accounts.c.wave_id)
        .where(
            Wave.launched_at >= end_of_day(since),
            Wave.launched_at < end_of_day(today),
            was_asked,
            Wave.id.not_in(select(TriggerWave.wave_id)),
        )
        .group_by(wave_accounts.c.owner_id)
    )


def _roster_days_at_launch() -> ColumnElement[int]:
    days: ColumnElement[int] = literal(HouseRules().roster_days)
    for since, rules in house_rules_by_day():
        begins = datetime.combine(since, time(), tzinfo=UTC)
        days = case((Wave.launched_at >= begins, rules.roster_days), else_=days)
    return days


def _day_number(moment: Any) -> ColumnElement[int]:
    """Return the days (UTC) since 1970."""
    return cast(extract("epoch", moment), BigInteger) // SECONDS_PER_DAY


def _opened(since: date) -> Any:
    """Return per owner the gaps opened after a day, without those found when an account was first seen."""
    first = (
        select(func.min(FootprintDay.on_day))
        .where(FootprintDay.account_id == Gap.account_id)
        .correlate(Gap)
        .scalar_subquery()
    )
    return (
        select(Gap.owner_id, func.count())
        .where(Gap.opened_on > since, Gap.opened_on > first)
        .group_by(Gap.owner_id)
    )


def _open_now() -> Any:
    return select(Gap.owner_id, func.count()).where(Gap.closed_on.is_(None)).group_by(Gap.owner_id)


def _closed(since: date) -> Any:
    return (
        select(Gap.owner_id, Gap.opened_on, Gap.closed_on, Gap.is_withdrawn, func.count())
        .where(Gap.closed_on > since)
        .group_by(Gap.owner_id, Gap.opened_on, Gap.closed_on, Gap.is_withdrawn)
    )


COLUMNS = (
    "csm",
    "accounts",
    "compared_accounts",
    "seats_confirmed_then",
    "seats_then",
    "seats_confirmed_now",
    "seats_now",
    "accounts_asked",
    "rosters_on_time",
    "people",
    "people_confirmed",
    "gaps_opened",
    "gaps_closed",
    "gaps_withdrawn",
    "gaps_open",
    "days_to_close_median",
    "days_to_close_lower_quartile",
    "days_to_close_upper_quartile",
)


def stewardship_table(shown: Stewardship) -> ExportTable:
    """Return the lines as a table of counts, the team's last."""
    return ExportTable("stewardship", COLUMNS, (_cells(line) for line in (*shown.lines, shown.team)))


def _cells(line: Line) -> list[Cell]:
    spread = line.days_to_close
    return [
        line.name,
        line.accounts,
        line.compared,
        *line.seats_then,
        *line.seats_now,
        line.rosters_asked,
        line.rosters_on_time,
        line.people,
        line.verified_people,
        line.opened,
        line.closed,
        line.withdrawn,
        line.open_now,
        *((spread.median, spread.low, spread.high) if spread else (None, None, None)),
    ]
