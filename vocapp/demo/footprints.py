"""The demo company's footprints of the last months: seats that were filled one after the other."""

import random
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from vocapp.accounts.models import Account, Persona
from vocapp.core.db import db
from vocapp.coverage.models import CoverageDay, FootprintDay, Gap
from vocapp.coverage.recording import EVERYBODY, record_coverage, record_footprints

BEGAN = timedelta(days=200)
WEEK = timedelta(days=7)
SUMMED = ("required", "identified_seats", "verified_seats", "reachable_seats", "people", "verified_people")


def grow_footprints(*, draw: random.Random, now: datetime) -> None:
    """Record today's footprints, and how they came about over half a year: gaps opened, gaps closed."""
    today = now.date()
    began = today - BEGAN
    ids = list(db.session.scalars(select(Account.id).where(Account.is_demo).order_by(Account.id)))
    record_footprints(ids, on=began, now=now)
    _make_past_smaller(draw, began=began, today=today)
    record_footprints(ids, on=today, now=now)
    _sum_up_weeks(began, today)
    record_coverage(today)


def _make_past_smaller(draw: random.Random, *, began: date, today: date) -> None:
    """Empty a filled seat in the past of most accounts, and let it be filled on some day since."""
    personas: dict[str, int] = dict(db.session.execute(select(Persona.key, Persona.id)).all())
    owners: dict[int, int | None] = dict(db.session.execute(select(Account.id, Account.owner_id)).all())
    columns = [column for column in FootprintDay.__table__.columns if column.name != "id"]
    rows = db.session.execute(
        select(FootprintDay.id, *columns)
        .join(Account, Account.id == FootprintDay.account_id)
        .where(Account.is_demo)
        .order_by(FootprintDay.account_id)
    ).all()
    smaller, later, gaps = [], [], []
    for row in rows:
        filled = [key for key, counts in row.seats.items() if counts[2] > 0]
        if not filled or draw.random() < 0.25:
            continue
        key, on = draw.choice(filled), began + timedelta(days=draw.randint(10, 190))
        smaller.append({"id": row.id, "is_latest": False, **_without(row, key)})
        kept = {column.name: getattr(row, column.name) for column in columns}
        later.append({**kept, "on_day": on, "is_latest": True})
        gaps.append(
            {
                "account_id": row.account_id,
                "persona_id": personas[key],
                "owner_id": owners[row.account_id],
                "opened_on": max(began, on - timedelta(days=draw.randint(6, 75))),
                "closed_on": on,
            }
        )
    if smaller:
        db.session.execute(update(FootprintDay), smaller)
        db.session.execute(insert(FootprintDay), later)
        db.session.execute(insert(Gap), gaps)
    _spread_open_gaps(draw, began=began, today=today)


def _without(row: Any, key: str) -> dict[str, Any]:
    """Return a footprint's columns with one person fewer in a persona's seats."""
    required, identified, verified, reachable = row.seats[key]
    fewer = [required, identified, verified - 1, min(reachable, verified - 1)]
    share = (row.verified_seats - 1) / row.verified_seats
    return {
        "seats": {**row.seats, key: fewer},
        "verified_seats": row.verified_seats - 1,
        "reachable_seats": row.reachable_seats - (reachable - fewer[3]),
        "verified_people": max(0, row.verified_people - 1),
        "verified": None if row.verified is None else row.verified * share,
        "reachable": None if row.reachable is None else row.reachable * share,
    }


def _spread_open_gaps(draw: random.Random, *, began: date, today: date) -> None:
    """Let open gaps be as old as gaps are: some for months, some since last week."""
    days = (today - began).days
    opened = [
        {"id": gap_id, "opened_on": began + timedelta(days=int(days * draw.random() ** 0.5))}
        for gap_id in db.session.scalars(
            select(Gap.id)
            .join(Account, Account.id == Gap.account_id)
            .where(Account.is_demo, Gap.closed_on.is_(None))
            .order_by(Gap.id)
        ).all()
    ]
    if opened:
        db.session.execute(update(Gap), opened)


def _sum_up_weeks(began: date, today: date) -> None:
    """Write the weekly sums per CSM and of all, from the footprints in force on each day."""
    rows = db.session.execute(
        select(FootprintDay, Account.owner_id)
        .join(Account, Account.id == FootprintDay.account_id)
        .where(Account.is_demo, Account.status == "active")
        .order_by(FootprintDay.account_id, FootprintDay.on_day)
    ).all()
    # Sums of everybody were written down already when there are other accounts beside the demo's.
    has_own = db.session.scalar(select(CoverageDay.on_day).limit(1)) is not None
    sums: list[dict[str, Any]] = []
    day = began
    while day < today:
        in_force = {row.account_id: (row, owner_id) for row, owner_id in rows if row.on_day <= day}
        totals: defaultdict[int, list[FootprintDay]] = defaultdict(list)
        for row, owner_id in in_force.values():
            if not has_own:
                totals[EVERYBODY].append(row)
            if owner_id is not None:
                totals[owner_id].append(row)
        sums += [_sum(day, owner_id, found) for owner_id, found in totals.items()]
        day += WEEK
    if sums:
        db.session.execute(insert(CoverageDay), sums)


def _sum(day: date, owner_id: int, found: list[FootprintDay]) -> dict[str, Any]:
    return {
        "on_day": day,
        "owner_id": owner_id,
        "accounts": len(found),
        "single_threaded": sum(row.is_single_threaded for row in found),
        "without_champion": sum(row.lacks_champion or row.has_lost_champion for row in found),
        **{name: sum(getattr(row, name) for row in found) for name in SUMMED},
    }


def forget_footprints(owner_ids: Collection[int]) -> None:
    """Take the demo company's part out of the daily sums; its footprints and gaps go with its accounts."""
    theirs = db.session.scalars(select(CoverageDay).where(CoverageDay.owner_id.in_(owner_ids))).all()
    totals = {
        row.on_day: row
        for row in db.session.scalars(select(CoverageDay).where(CoverageDay.owner_id == EVERYBODY))
    }
    for row in theirs:
        total = totals.get(row.on_day)
        for name in ("accounts", "single_threaded", "without_champion", *SUMMED) if total is not None else ():
            setattr(total, name, max(0, getattr(total, name) - getattr(row, name)))
        db.session.delete(row)
    for total in totals.values():
        if not total.accounts:
            db.session.delete(total)
    db.session.flush()
