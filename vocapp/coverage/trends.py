"""How coverage moved: of an account, of a CSM's accounts, of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from sqlalchemy import func, select

from vocapp.accounts.models import Account
from vocapp.charts.coverage import DepthPoint, coverage_trend
from vocapp.charts.frame import Spec
from vocapp.core.db import db
from vocapp.core.formats import day, decimal, percent
from vocapp.coverage.models import CoverageDay
from vocapp.coverage.queries import footprint_history
from vocapp.coverage.recording import EVERYBODY, coverage_at
from vocapp.identity.models import User


@dataclass(frozen=True, slots=True)
class TrendDay:
    """Coverage from a day on at the three depths (0-1, None without a seat), and the seats behind it."""

    on_day: date
    identified: float | None
    verified: float | None
    reachable: float | None
    required: int
    identified_seats: int
    verified_seats: int
    reachable_seats: int
    accounts: int = 1


@dataclass(frozen=True, slots=True)
class Trend:
    """Days of change, oldest first, with the reading in one sentence.

    `spec` is None while there are fewer than two days: nothing has moved yet.
    """

    days: Sequence[TrendDay]
    reading: str
    spec: Spec | None

    @property
    def percents(self) -> list[float | None]:
        """Verified coverage, 0-100, oldest first."""
        return [None if one.verified is None else 100 * one.verified for one in self.days]


def account_trend(account_id: int, *, today: date) -> Trend:
    """Return how an account's weighted coverage moved since it was first recorded."""
    rows = footprint_history(account_id)
    return _trend(
        [
            TrendDay(
                row.on_day,
                row.identified,
                row.verified,
                row.reachable,
                row.required,
                row.identified_seats,
                row.verified_seats,
                row.reachable_seats,
            )
            for row in rows
        ],
        today,
        is_account=True,
    )


def portfolio_trend(owner_id: int | None, *, since: date, today: date) -> Trend:
    """Return how the share of seats moved since a day, of a CSM's accounts or (None) of all.

    Past days are as they ended, today is as it stands now. Days on which a CSM had no account count as such.
    """
    owner = EVERYBODY if owner_id is None else owner_id
    before = select(func.max(CoverageDay.on_day)).where(
        CoverageDay.owner_id == owner, CoverageDay.on_day <= since
    )
    first = db.session.scalar(before) or since
    rows = db.session.scalars(
        select(CoverageDay)
        .where(
            CoverageDay.owner_id.in_([owner, EVERYBODY]),
            CoverageDay.on_day >= first,
            CoverageDay.on_day <= today,
        )
        .order_by(CoverageDay.on_day)
    )
    by_day: dict[date, CoverageDay | None] = {}
    for row in rows:
        if row.owner_id == owner or by_day:
            by_day[row.on_day] = row if row.owner_id == owner else by_day.get(row.on_day)
    days = [_portfolio_day(on, row) for on, row in by_day.items() if on < today]
    if by_day:
        days.append(_portfolio_day(today, coverage_at(today, owner)))
    return _trend(days, today, is_account=False)


def _portfolio_day(on: date, row: Any) -> TrendDay:
    """Return a day's sums; None where somebody had no account."""
    if row is None:
        return TrendDay(on, None, None, None, 0, 0, 0, 0, accounts=0)

    def share(seats: int) -> float | None:
        return seats / row.required if row.required else None

    return TrendDay(
        on,
        share(row.identified_seats),
        share(row.verified_seats),
        share(row.reachable_seats),
        row.required,
        row.identified_seats,
        row.verified_seats,
        row.reachable_seats,
        row.accounts,
    )


def _trend(found: Sequence[TrendDay], today: date, *, is_account: bool) -> Trend:
    days = days_of_change(found)
    if not days or days[0].on_day >= today:
        return Trend(days, _nothing_yet(days), None)
    reading = _reading(days[0], days[-1], is_account=is_account)
    points = [DepthPoint(one.on_day, one.identified, one.verified, one.reachable) for one in days]
    # The last value holds until today; a step that ends where it began would not be drawn.
    if points[-1].on_day < today:
        last = points[-1]
        points.append(DepthPoint(today, last.identified, last.verified, last.reachable))
    words = (gettext("known"), gettext("confirmed"), gettext("confirmed and reachable"))
    return Trend(days, reading, coverage_trend(points, words=words, description=reading))


def days_of_change(days: Sequence[TrendDay]) -> list[TrendDay]:
    """Return the first day and those on which a count differs from the day before."""
    kept: list[TrendDay] = []
    for one in days:
        if not kept or _counts(one) != _counts(kept[-1]):
            kept.append(one)
    return kept


def _counts(one: TrendDay) -> tuple[object, ...]:
    return (
        one.verified,
        one.required,
        one.identified_seats,
        one.verified_seats,
        one.reachable_seats,
        one.accounts,
    )


def _nothing_yet(days: Sequence[TrendDay]) -> str:
    if not days:
        return str(gettext("Nothing has been recorded yet; the first day is written down tonight."))
    return str(
        gettext(
            "The first day was recorded on %(day)s; from tomorrow on, changes show here.",
            day=day(days[0].on_day),
        )
    )


def _reading(first: TrendDay, last: TrendDay, *, is_account: bool) -> str:
    if not last.accounts:
        return str(gettext("Today there is no account to count."))
    if last.verified is None:
        return str(gettext("No tier profile applies, so no seat is asked for."))
    values = {
        "share": percent(last.verified),
        "held": decimal(last.verified_seats),
        "seats": decimal(last.required),
    }
    if is_account:
        now = gettext("Today the footprint is %(share)s (%(held)s of %(seats)s seats)", **values)
    else:
        now = gettext(
            "Today %(share)s of seats (%(held)s of %(seats)s) are held by somebody confirmed lately", **values
        )
    if first.verified is None or first is last:
        return str(gettext("%(now)s; it has not moved since %(day)s.", now=now, day=day(first.on_day)))
    reading = gettext(
        "%(now)s; on %(day)s it was %(share)s (%(held)s of %(seats)s).",
        now=now,
        day=day(first.on_day),
        share=percent(first.verified),
        held=decimal(first.verified_seats),
        seats=decimal(first.required),
    )
    if first.accounts == last.accounts:
        return str(reading)
    return str(
        gettext(
            "%(reading)s Accounts then: %(then)s, now: %(now)s; part of the difference is theirs.",
            reading=reading,
            then=decimal(first.accounts),
            now=decimal(last.accounts),
        )
    )


def owners_with_coverage() -> list[tuple[int, str]]:
    """Return (id, name) of users who own accounts, by name."""
    rows = db.session.execute(
        select(User.id, User.name)
        .where(User.id.in_(select(Account.owner_id).where(Account.owner_id.is_not(None))))
        .order_by(User.name, User.id)
    )
    return [(user_id, name) for user_id, name in rows]
