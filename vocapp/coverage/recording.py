"""Writing down what is known: an account's footprint on days of change, its gaps, and sums per day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from vocapp.accounts.footprint import Footprint
from vocapp.accounts.models import Account, Persona
from vocapp.accounts.queries import footprint_of
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db, insert_new
from vocapp.coverage.models import CoverageDay, FootprintDay, Gap
from vocapp.coverage.queries import ACCOUNTS_AT_ONCE, circles_of
from vocapp.coverage.rules import Circle, FindingKind, OpenGap, judge_circle, judge_gaps

EVERYBODY = 0


def record_footprints(account_ids: Sequence[int] | None, *, on: date, now: datetime) -> int:
    """Write down the footprints of accounts (None: all) and their gaps; return how many rows were written.

    A row is added on a day on which something changed, and rewritten when more changes on that day; gaps
    end up as they stand at the end of the day, however often it is recorded. Days are recorded in order: an
    account already recorded on a later day is left alone. A second run writes nothing, and of two at once
    the second waits for the first.
    """
    ids = sorted(account_ids) if account_ids is not None else _all_ids()
    return sum(
        _record(ids[start : start + ACCOUNTS_AT_ONCE], on, now)
        for start in range(0, len(ids), ACCOUNTS_AT_ONCE)
    )


def _all_ids() -> list[int]:
    return list(db.session.scalars(select(Account.id).order_by(Account.id)))


def _record(account_ids: Sequence[int], on: date, now: datetime) -> int:
    held = _hold(account_ids)
    rows = _rows_until(held, on)
    ids = [account_id for account_id in held if account_id in rows]
    footprints = footprint_of(ids, on)
    circles = circles_of(footprints, on)
    gaps = _GapBook(ids, on)
    added, changed = [], []
    for account_id in ids:
        owner_id, status = held[account_id]
        before, today = rows[account_id]
        seats = _seats(footprints[account_id])
        wanted = seats if status == AccountStatus.ACTIVE else {}
        since = gaps.settle(account_id, owner_id, wanted, before.seats if before is not None else {})
        values = _values(footprints[account_id], seats, circles[account_id], since)
        if today is not None:
            if _differs(today, values):
                changed.append({"id": today.id, "recorded_at": now, **values})
        elif before is None or _differs(before, values):
            added.append({"account_id": account_id, "on_day": on, "recorded_at": now, **values})
    gaps.write()
    _write(added, changed)
    return len(added) + len(changed)


def _hold(account_ids: Sequence[int]) -> dict[int, tuple[int | None, str]]:
    """Return account id → (owner, status), and make others who would record these accounts wait."""
    rows = db.session.execute(
        select(Account.id, Account.owner_id, Account.status)
        .where(Account.id.in_(account_ids))
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )
    return {account_id: (owner_id, status) for account_id, owner_id, status in rows}


# Plain rows: objects of the session would have to be kept in step with the bulk statements below.
_ROW = FootprintDay.__table__.columns


def _rows_until(account_ids: Iterable[int], on: date) -> dict[int, tuple[Any, Any]]:
    """Return account id → (row in force before a day, row of that day), without accounts that are ahead."""
    ids = list(account_ids)
    newest = (
        select(FootprintDay.account_id, func.max(FootprintDay.on_day).label("on_day"))
        .where(FootprintDay.account_id.in_(ids), FootprintDay.on_day < on)
        .group_by(FootprintDay.account_id)
        .subquery()
    )
    found: dict[int, tuple[Any, Any]] = dict.fromkeys(ids, (None, None))
    earlier = select(*_ROW).join(
        newest, (newest.c.account_id == _ROW.account_id) & (newest.c.on_day == _ROW.on_day)
    )
    for row in db.session.execute(earlier):
        found[row.account_id] = (row, None)
    later = select(*_ROW).where(_ROW.account_id.in_(ids), _ROW.on_day >= on).order_by(_ROW.on_day)
    for row in db.session.execute(later):
        if row.on_day == on:
            found[row.account_id] = (found[row.account_id][0], row)
        else:
            found.pop(row.account_id, None)
    return found


def _seats(footprint: Footprint) -> dict[str, list[int]]:
    return {
        group.persona.key: [group.required, group.filled + group.doubtful, group.filled, group.reachable]
        for group in footprint.personas
    }


def _values(
    footprint: Footprint, seats: Mapping[str, list[int]], circle: Circle, since: date | None
) -> dict[str, Any]:
    kinds = {finding.kind for finding in judge_circle(circle)}
    return {
        "identified": footprint.identified.value,
        "verified": footprint.verified.value,
        "reachable": footprint.reachable.value,
        "required": footprint.required,
        "identified_seats": footprint.identified_seats,
        "verified_seats": footprint.filled,
        "reachable_seats": footprint.reachable_seats,
        "seats": seats,
        "people": circle.people,
        "verified_people": circle.verified_people,
        "participants": len(circle.participants),
        "active_personas": len(circle.active_personas),
        "gap_since": since,
        "is_single_threaded": FindingKind.SINGLE_THREADED in kinds,
        "lacks_champion": FindingKind.CHAMPION_MISSING in kinds,
        "has_lost_champion": FindingKind.CHAMPION_LEFT in kinds,
        "is_unanswered": FindingKind.NOBODY_ANSWERS in kinds,
    }


def _differs(row: Any, values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _write(added: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    if added:
        superseded = [row["account_id"] for row in added]
        db.session.execute(
            update(FootprintDay)
            .where(FootprintDay.account_id.in_(superseded), FootprintDay.is_latest)
            .values(is_latest=False)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(insert(FootprintDay), [row | {"is_latest": True} for row in added])
    if changed:
        db.session.execute(update(FootprintDay), changed)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A gap's row as it stands."""

    id: int
    owner_id: int | None
    opened_on: date
    closed_on: date | None
    is_withdrawn: bool


class _GapBook:
    """The gaps of some accounts on one day: what they were, and what the day makes of them.

    Gaps opened earlier on the day itself are forgotten and those closed on it open again, so that only the
    end of the day counts. An open gap goes with its account to a new owner.
    """

    def __init__(self, account_ids: Sequence[int], on: date) -> None:
        self._on = on
        self._personas: dict[str, int] = dict(db.session.execute(select(Persona.key, Persona.id)).all())
        self._keys = {persona_id: key for key, persona_id in self._personas.items()}
        self._stored: defaultdict[int, defaultdict[str, list[_Stored]]]
        self._stored = defaultdict(lambda: defaultdict(list))
        for account_id, persona_id, *rest in self._read(account_ids, on):
            self._stored[account_id][self._keys[persona_id]].append(_Stored(*rest))
        self._added: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._deleted: list[int] = []

    @staticmethod
    def _read(account_ids: Sequence[int], on: date) -> Iterable[Any]:
        return db.session.execute(
            select(
                Gap.account_id,
                Gap.persona_id,
                Gap.id,
                Gap.owner_id,
                Gap.opened_on,
                Gap.closed_on,
                Gap.is_withdrawn,
            ).where(Gap.account_id.in_(account_ids), or_(Gap.closed_on.is_(None), Gap.closed_on == on))
        )

    def settle(
        self,
        account_id: int,
        owner_id: int | None,
        seats: Mapping[str, Sequence[int]],
        seats_before: Mapping[str, Sequence[int]],
    ) -> date | None:
        """Decide about an account's gaps; return since when the oldest one that stays is open."""
        stored = self._stored[account_id]
        since: list[date] = []
        for key in {*stored, *seats}:
            required, _identified, verified, _reachable = seats.get(key, (0, 0, 0, 0))
            earlier = {gap.id: gap for gap in stored[key] if gap.opened_on < self._on}
            of_today = [gap for gap in stored[key] if gap.opened_on >= self._on]
            day = judge_gaps(
                [OpenGap(gap.id, gap.opened_on) for gap in earlier.values()],
                verified_before=seats_before.get(key, (0, 0, 0, 0))[2],
                verified=verified,
                required=required,
            )
            for gap_id in day.stays:
                self._keep(earlier[gap_id], owner_id, closed_on=None)
            for gap_id in day.filled:
                self._keep(earlier[gap_id], owner_id, closed_on=self._on)
            for gap_id in day.withdrawn:
                self._keep(earlier[gap_id], owner_id, closed_on=self._on, is_withdrawn=True)
            for gap in of_today[: day.opens]:
                self._keep(gap, owner_id, closed_on=None)
            self._deleted += [gap.id for gap in of_today[day.opens :]]
            self._open(account_id, key, owner_id, day.opens - len(of_today))
            since += [earlier[gap_id].opened_on for gap_id in day.stays] + [self._on] * day.opens
        return min(since, default=None)

    def _keep(
        self, gap: _Stored, owner_id: int | None, *, closed_on: date | None, is_withdrawn: bool = False
    ) -> None:
        if (gap.owner_id, gap.closed_on, gap.is_withdrawn) != (owner_id, closed_on, is_withdrawn):
            self._changed.append(
                {
                    "id": gap.id,
                    "owner_id": owner_id,
                    "closed_on": closed_on,
                    "is_withdrawn": is_withdrawn,
                }
            )

    def _open(self, account_id: int, key: str, owner_id: int | None, count: int) -> None:
        for _gap in range(count):
            self._added.append(
                {
                    "account_id": account_id,
                    "persona_id": self._personas[key],
                    "owner_id": owner_id,
                    "opened_on": self._on,
                }
            )

    def write(self) -> None:
        """Store what was decided."""
        if self._deleted:
            db.session.execute(delete(Gap).where(Gap.id.in_(self._deleted)))
        if self._changed:
            db.session.execute(update(Gap), self._changed)
        if self._added:
            db.session.execute(insert(Gap), self._added)


def record_coverage(on: date) -> int:
    """Sum up footprints of present accounts on a day, per CSM and for everybody; return the number of rows.

    Safe to run again: the rows of the day are replaced, and whoever has no account left has no row. Accounts
    that nobody owns count for everybody only. Owners are those of now. Nothing is written before there is an
    account; once all are gone, everybody's comes to nothing.
    """
    names = [column.name for column in _sums()]
    rows = [list(row) for row in db.session.execute(_sums_by_owner(on))]
    if not rows and db.session.scalar(select(CoverageDay.on_day).limit(1)) is None:
        return 0
    totals = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)] or [0] * len(names)
    stored = [
        {"on_day": on, "owner_id": owner_id, **dict(zip(names, sums, strict=True))}
        for owner_id, *sums in [*(row for row in rows if row[0] is not None), [EVERYBODY, *totals]]
    ]
    gone = CoverageDay.owner_id.not_in([row["owner_id"] for row in stored])
    db.session.execute(delete(CoverageDay).where(CoverageDay.on_day == on, gone))
    added = insert_new(CoverageDay).values(stored)
    db.session.execute(
        added.on_conflict_do_update(
            index_elements=["on_day", "owner_id"], set_={name: added.excluded[name] for name in names}
        )
    )
    return len(stored)


def close_coverage(on: date) -> int:
    """Sum up a day that is over once more, as it stood at its end; return how many rows hold.

    A day on which nothing was summed up stays without rows: nobody knows what it was like.
    """
    was_recorded = db.session.scalar(select(CoverageDay.on_day).where(CoverageDay.on_day == on).limit(1))
    return record_coverage(on) if was_recorded is not None else 0


def coverage_at(on: date, owner_id: int) -> Any:
    """Return the columns of a CoverageDay as they come to now, of a CSM's accounts or `EVERYBODY`'s."""
    sums = _sums_by_owner(on).group_by(None).with_only_columns(*_sums())
    if owner_id != EVERYBODY:
        sums = sums.where(Account.owner_id == owner_id)
    return db.session.execute(sums).one()


def _sums_by_owner(on: date) -> Select[Any]:
    """Return a select of owner and sums over the footprints in force on a day, of present accounts."""
    earlier = aliased(FootprintDay)
    newest = (
        select(func.max(earlier.on_day))
        .where(earlier.account_id == Account.id, earlier.on_day <= on)
        .correlate(Account)
        .scalar_subquery()
    )
    return (
        select(Account.owner_id, *_sums())
        .join(FootprintDay, (FootprintDay.account_id == Account.id) & (FootprintDay.on_day == newest))
        .where(Account.status == AccountStatus.ACTIVE)
        .group_by(Account.owner_id)
    )


def _sums() -> list[Any]:
    """Return the columns of CoverageDay as sums over footprints."""

    def total(column: Any) -> Any:
        return func.coalesce(func.sum(column), 0)

    def count(flag: Any) -> Any:
        return total(case((flag, 1), else_=0))

    return [
        func.count().label("accounts"),
        total(FootprintDay.required).label("required"),
        total(FootprintDay.identified_seats).label("identified_seats"),
        total(FootprintDay.verified_seats).label("verified_seats"),
        total(FootprintDay.reachable_seats).label("reachable_seats"),
        total(FootprintDay.people).label("people"),
        total(FootprintDay.verified_people).label("verified_people"),
        count(FootprintDay.is_single_threaded).label("single_threaded"),
        count(or_(FootprintDay.lacks_champion, FootprintDay.has_lost_champion)).label("without_champion"),
    ]
