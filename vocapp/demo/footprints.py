"""The demo company's footprints of the last months: seats that were filled one after the other."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db
from vocapp.coverage.models import CoverageDay, FootprintDay, Gap
from vocapp.coverage.recording import EVERYBODY, record_coverage, record_footprints

BEGAN = timedelta(days=200)
WEEK = timedelta(days=7)
RECENTLY = timedelta(days=80)
SHORTEST_STEP, LONGEST_STEP = 9, 16
SHARE_DOUBTFUL = 0.3
# A larger company is for looking at size; a history of each account would take longer than the rest of it.
MOST_WITH_HISTORY = 100
# In days since the books began: more people were in doubt at first than lately.
DOUBTFUL_FROM = (-60, 150)
DOUBTFUL_FOR = (12, 70)
SUMMED = ("required", "identified_seats", "verified_seats", "reachable_seats", "people", "verified_people")


def grow_footprints(*, draw: random.Random, now: datetime) -> None:
    """Record today's footprints, and how they came about over half a year: gaps opened, gaps closed."""
    today = now.date()
    began = today - BEGAN
    ids = list(db.session.scalars(select(Account.id).where(Account.is_demo).order_by(Account.id)))
    doubtful = _doubtful_for_a_while(draw, began=began, today=today)
    days = _days_of_recording(draw, began=began, today=today)
    for day in days if len(ids) <= MOST_WITH_HISTORY else days[:1]:
        _forget_confirmations([key for key, (since, until, _on) in doubtful.items() if since <= day < until])
        record_footprints(ids, on=day, now=now)
        _give_back_confirmations(doubtful)
    record_footprints(ids, on=today, now=now)
    _let_first_gaps_be_older(ids, draw, began=began)
    _sum_up_weeks(began, today)
    record_coverage(today)


def _doubtful_for_a_while(
    draw: random.Random, *, began: date, today: date
) -> dict[int, tuple[date, date, date]]:
    """Return the people whom nobody confirmed for some weeks: from when, until when, and their last day."""
    confirmed = db.session.execute(
        select(Contact.id, Contact.verified_on)
        .where(Contact.is_demo, Contact.verified_on > today - RECENTLY)
        .order_by(Contact.id)
    ).all()
    found = {}
    for contact_id, verified_on in confirmed:
        since = began + timedelta(days=draw.randint(*DOUBTFUL_FROM))
        until = min(since + timedelta(days=draw.randint(*DOUBTFUL_FOR)), today - timedelta(days=2))
        if draw.random() < SHARE_DOUBTFUL and verified_on is not None:
            found[contact_id] = (since, until, verified_on)
    return found


def _days_of_recording(draw: random.Random, *, began: date, today: date) -> list[date]:
    days = [began]
    while (today - days[-1]).days > LONGEST_STEP:
        days.append(days[-1] + timedelta(days=draw.randint(SHORTEST_STEP, LONGEST_STEP)))
    return days


def _forget_confirmations(contact_ids: Collection[int]) -> None:
    db.session.execute(update(Contact).where(Contact.id.in_(contact_ids)).values(verified_on=None))


def _give_back_confirmations(doubtful: Mapping[int, tuple[date, date, date]]) -> None:
    rows = [{"id": contact_id, "verified_on": on} for contact_id, (*_while, on) in doubtful.items()]
    if rows:
        db.session.execute(update(Contact), rows)


def _let_first_gaps_be_older(account_ids: Collection[int], draw: random.Random, *, began: date) -> None:
    """Let gaps that stood open when the books began be older than the books."""
    first = select(Gap.id, Gap.account_id).where(Gap.account_id.in_(account_ids), Gap.opened_on == began)
    opened: defaultdict[int, list[date]] = defaultdict(list)
    rows = []
    for gap_id, account_id in db.session.execute(first.order_by(Gap.id)).all():
        on = began - timedelta(days=draw.randint(3, 120))
        opened[account_id].append(on)
        rows.append({"id": gap_id, "opened_on": on})
    if rows:
        db.session.execute(update(Gap), rows)
    for account_id, days in opened.items():
        since = update(FootprintDay).where(
            FootprintDay.account_id == account_id, FootprintDay.gap_since == began
        )
        db.session.execute(since.values(gap_since=min(days)))


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
