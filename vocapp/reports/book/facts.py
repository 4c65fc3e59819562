"""Everything a CSM's book shows, read once and kept as JSON; nobody's notes are in it."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.progress import ANSWERED, CONCLUDED
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.coverage.gap_list import GapFilter, currency_tops, gap_accounts, gap_orders
from vocapp.coverage.models import FootprintDay
from vocapp.coverage.stewardship import Line, stewardship_of
from vocapp.engagement.queries import voices
from vocapp.engagement.rules import Voice
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName, sees_all_accounts
from vocapp.portfolio.chart_page import movements_of
from vocapp.portfolio.chart_queries import day_before_latest_wave, portfolio_rows, values_on
from vocapp.portfolio.chart_rules import Row, worst_first
from vocapp.portfolio.pressing import candidates, pressing_accounts
from vocapp.portfolio.queries import Filters
from vocapp.portfolio.rules import SILENT_WAVES_TO_ACT_ON, Action, choose_actions
from vocapp.portfolio.seats import Seats, seat_actions, seats_of
from vocapp.portfolio.spread_rules import status_shares
from vocapp.portfolio.worth import worth_of
from vocapp.reports.book.rules import QUARTER_DAYS, WINS_SHOWN, worst_gaps
from vocapp.reports.portfolio.facts import worth
from vocapp.reports.portfolio.rules import NEAR_DAYS
from vocapp.reports.rules import Order
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.scales import is_on_one_scale, is_unhappy

MOST_LISTED = 500
GAPS_LOOKED_AT = 200
# An unhappy answer of longer ago is not what a better one now makes up for.
UNHAPPY_WITHIN = timedelta(days=365)


def book_facts(order: Order, now: datetime, today: date) -> dict[str, Any]:
    """Return what is known about a CSM's accounts and work at a moment, as JSON: everything the book shows.

    Raises `DomainError` when the CSM is gone, and for everybody but the CSM and leaders.
    """
    csm = _csm_of(order)
    filters = Filters(owner=str(csm.id)) if sees_all_accounts(csm.role) else Filters()
    rows = sorted(portfolio_rows(csm, filters, today=today), key=worst_first)
    near = [row for row in rows if row.status == "red" and _is_near(row)]
    return {
        "csm": csm.name or csm.email,
        "accounts": len(rows),
        "measured": sum(row.strength is not None for row in rows),
        "worth": worth(worth_of((row.currency, row.arr) for row in rows)),
        "near_renewal": worth(worth_of((row.currency, row.arr) for row in near)),
        "shares": [
            {"status": one.status, "accounts": one.accounts, "worth": worth(one.worth)}
            for one in status_shares(rows)
        ],
        "rows": [_row(row, today=today) for row in rows[:MOST_LISTED]],
        "work": _work(csm, [row.id for row in rows], today=today),
        "gaps": _gaps(csm, rows, now=now),
        "actions": _actions(csm, filters, now=now),
        "wins": _wins(csm, rows),
    }


def _csm_of(order: Order) -> User:
    """Return whose book it is, for the eyes of the CSM, of leaders and of whoever runs the command."""
    csm = db.session.get(User, order.user_id) if order.user_id is not None else None
    if csm is None or not csm.active:
        raise DomainError("This CSM is no longer here; choose another one.")
    if order.reader_id is not None and order.reader_id != csm.id:
        reader = db.session.get(User, order.reader_id)
        if reader is None or not reader.active or reader.role is not RoleName.LEADER:
            raise DomainError("A book is for its CSM and for leaders; choose one you may read.")
    return csm


def _is_near(row: Row) -> bool:
    return row.days_to_renewal is not None and 0 <= row.days_to_renewal <= NEAR_DAYS


def _row(row: Row, *, today: date) -> dict[str, Any]:
    renewal = None if row.days_to_renewal is None else today + timedelta(days=row.days_to_renewal)
    return {
        "name": row.name,
        "tier": row.tier,
        "status": row.status,
        "strength": row.strength,
        "answers": row.answers,
        "arr": row.arr,
        "currency": row.currency,
        "renewal": renewal.isoformat() if renewal else None,
    }


def _work(csm: User, account_ids: Sequence[int], *, today: date) -> dict[str, Any]:
    """Return what a CSM controls, in the last quarter beside the one before."""
    found = stewardship_of(csm, days=QUARTER_DAYS, today=today)
    line = next((one for one in found.lines if one.owner_id == csm.id), Line(csm.id, csm.name))
    quarter = timedelta(days=QUARTER_DAYS)
    return {
        "since": found.recorded_since.isoformat(),
        "is_whole": found.recorded_since == found.since,
        "seats_then": list(line.seats_then),
        "seats_now": list(line.seats_now),
        "compared": line.compared,
        "accounts": line.accounts,
        "people": line.people,
        "verified_people": line.verified_people,
        "rosters": [line.rosters_on_time, line.rosters_asked],
        "opened": line.opened,
        "closed": line.closed,
        "open_now": line.open_now,
        "rate": _answered(account_ids, since=today - quarter, until=today),
        "rate_before": _answered(account_ids, since=today - 2 * quarter, until=today - quarter),
    }


def _answered(account_ids: Collection[int], *, since: date, until: date) -> dict[str, int]:
    """Return how many people of accounts answered in waves that closed after a day, of those who could."""
    waves, asked, answered = db.session.execute(
        select(
            func.count(Invitation.wave_id.distinct()),
            func.count(),
            func.coalesce(func.sum(case((Invitation.state == ANSWERED, 1), else_=0)), 0),
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(
            Invitation.account_id.in_(account_ids),
            Invitation.state.in_(CONCLUDED),
            Contact.merged_into_id.is_(None),
            Wave.is_imported.is_(False),
            Wave.closed_at >= _after(since),
            Wave.closed_at < _after(until),
        )
    ).one()
    return {"waves": waves, "asked": asked, "answered": int(answered)}


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


def _gaps(csm: User, rows: Sequence[Row], *, now: datetime) -> dict[str, Any]:
    order = gap_orders(currency_tops(csm), today=now.date())["pressing"].desc()
    ids = db.session.scalars(gap_accounts(csm, GapFilter(owner=str(csm.id)), order)).all()
    by_id = {row.id: row for row in rows}
    looked_at = [account_id for account_id in ids if account_id in by_id][:GAPS_LOOKED_AT]
    seats, since = seats_of(looked_at, now=now), _open_since(looked_at)
    found = [
        _gap(by_id[account_id], seats, since.get(account_id), today=now.date()) for account_id in looked_at
    ]
    return {"accounts": len(ids), "shown": worst_gaps(found)}


def _open_since(account_ids: Collection[int]) -> dict[int, date]:
    found = select(FootprintDay.account_id, FootprintDay.gap_since).where(
        FootprintDay.account_id.in_(account_ids),
        FootprintDay.is_latest,
        FootprintDay.gap_since.is_not(None),
    )
    return {account_id: since for account_id, since in db.session.execute(found) if since is not None}


def _gap(row: Row, seats: Seats, since: date | None, *, today: date) -> dict[str, Any]:
    personas = seats.footprints[row.id].personas
    return {
        **_row(row, today=today),
        "days_open": None if since is None else (today - since).days,
        "missing": [[group.name, group.empty] for group in personas if group.empty],
        "doubtful": [[group.name, group.doubtful] for group in personas if group.doubtful],
        "findings": [finding.kind.value for finding in seats.findings.get(row.id, ())],
    }


def _actions(csm: User, filters: Filters, *, now: datetime) -> list[dict[str, Any]]:
    """Return what to do next, as the board of the CSM has it; without the words of customers."""
    pressing = pressing_accounts(csm, filters, today=now.date())
    seats = seats_of(set(pressing), now=now)
    chosen = choose_actions(
        [*candidates(csm, filters, pressing, now=now), *seat_actions(pressing, seats)],
    )
    return [_action(one) for one in chosen]


def _action(action: Action) -> dict[str, Any]:
    asked_on = action.asked_on.isoformat() if action.asked_on else None
    return asdict(action) | {"kind": action.kind.value, "comment": "", "asked_on": asked_on}


def _wins(csm: User, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what was won since the latest wave went out."""
    since = day_before_latest_wave(csm)
    if since is None or not rows:
        return {"since": None, "risen": [], "better": [], "heard": []}
    moved = movements_of(rows, values_on(csm, since), since)
    account_ids = [row.id for row in rows]
    return {
        "since": (since + timedelta(days=1)).isoformat(),
        "risen": [
            {"name": one.row.name, "before": one.before, "after": one.after, "answers": one.row.answers}
            for one in moved.risen
            if one.is_real
        ],
        "better": _better(account_ids, since=_after(since)),
        "heard": _heard_again(account_ids, since=_after(since)),
    }


def _better(account_ids: Sequence[int], *, since: datetime) -> list[dict[str, Any]]:
    """Return whose answer is no longer an unhappy one, with (before, now); the newest first."""
    before, between = aliased(Response), aliased(Response)
    same_scale = is_on_one_scale(before, Response)
    latest_before = (
        select(func.max(between.answered_at))
        .where(
            between.contact_id == Response.contact_id,
            between.answered_at < Response.answered_at,
            between.quarantine_reason.is_(None),
            openly_given(between),
            is_on_one_scale(between, Response),
        )
        .correlate(Response)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Contact.first_name, Contact.last_name, Contact.email, Account.name, before.rating, Response.rating
        )
        .select_from(Response)
        .join(before, (before.contact_id == Response.contact_id) & (before.answered_at == latest_before))
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .where(
            Response.account_id.in_(account_ids),
            Response.answered_at >= since,
            Response.quarantine_reason.is_(None),
            openly_given(),
            ~is_unhappy(),
            same_scale,
            is_unhappy(before),
            openly_given(before),
            before.quarantine_reason.is_(None),
            before.answered_at >= since - UNHAPPY_WITHIN,
            Contact.status == ContactStatus.ACTIVE,
        )
        .order_by(Response.answered_at.desc(), Response.id)
        .limit(WINS_SHOWN)
    )
    return [
        {"person": _name(first, last, email), "account": account, "before": old, "after": new}
        for first, last, email, account, old, new in rows
    ]


def _heard_again(account_ids: Sequence[int], *, since: datetime) -> list[dict[str, Any]]:
    """Return who had left two or more waves unanswered and has answered since."""
    silent = {
        contact_id: voice.silent_streak
        for contact_id, voice in voices(account_ids, until=since).items()
        if voice.voice is Voice.SILENT and voice.silent_streak >= SILENT_WAVES_TO_ACT_ON
    }
    rows = db.session.execute(
        select(Contact.id, Contact.first_name, Contact.last_name, Contact.email, Account.name)
        .join(Account, Account.id == Contact.account_id)
        .where(
            Contact.id.in_(silent),
            Contact.status == ContactStatus.ACTIVE,
            select(Response.id)
            .where(
                Response.contact_id == Contact.id,
                Response.answered_at >= since,
                Response.quarantine_reason.is_(None),
            )
            .exists(),
        )
        .order_by(Account.name, Contact.id)
    ).all()
    longest = sorted(rows, key=lambda row: -silent[row.id])[:WINS_SHOWN]
    return [
        {"person": _name(first, last, email), "account": account, "waves": silent[contact_id]}
        for contact_id, first, last, email, account in longest
    ]


def _name(first: str, last: str, email: str) -> str:
    return f"{first} {last}".strip() or email
