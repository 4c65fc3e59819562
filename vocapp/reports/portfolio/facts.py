"""Everything a portfolio review shows, read once and kept as JSON."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.progress import ANSWERED, CONCLUDED
from vocapp.comments.queries import mentions
from vocapp.comments.rules import CommentFilter
from vocapp.comments.standing import themes_standing
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.lift.queries import histories
from vocapp.lift.rules import choose, read_lift
from vocapp.portfolio.answering import answering_of
from vocapp.portfolio.answering_rules import Dimension, Line
from vocapp.portfolio.chart_page import Movements, movements_of
from vocapp.portfolio.chart_queries import day_before_latest_wave, portfolio_rows, values_on
from vocapp.portfolio.chart_rules import AxisKey, Row, areas, by_place, choose_charted, worst_first
from vocapp.portfolio.movements import Moved
from vocapp.portfolio.queries import Filters
from vocapp.portfolio.rules import Silence
from vocapp.portfolio.silence import SilentAccount, silence_page
from vocapp.portfolio.spread_page import spread_page
from vocapp.portfolio.worth import Worth, worth_of
from vocapp.relationship.models import AccountScore
from vocapp.reports.portfolio.rules import NEAR_DAYS, Candidate, Topic, topics
from vocapp.reports.readers import reader_of
from vocapp.reports.rules import Order

# More bubbles cannot be told apart on paper.
MOST_BUBBLES = 120
SILENT_SHOWN, MOVERS_SHOWN, THEMES_SHOWN, WAVES_SHOWN = 12, 6, 8, 6
MOST_LISTED = 2_000
COMMENTS_OF = timedelta(days=365)


def portfolio_facts(order: Order, now: datetime, today: date) -> dict[str, Any]:
    """Return what is known about a reader's accounts at a moment, as JSON: everything the review shows."""
    reader = reader_of(order)
    rows = portfolio_rows(reader, Filters(), today=today)
    since = day_before_latest_wave(reader)
    moved = movements_of(rows, values_on(reader, since) if since else {}, since)
    silent = silence_page(
        reader,
        Filters(silence=Silence.ANY),
        order=AccountScore.silent_waves.desc().nulls_last(),
        page_number=1,
        now=now,
    )
    return {
        "accounts": len(rows),
        "measured": sum(row.strength is not None for row in rows),
        "worth": worth(worth_of((row.currency, row.arr) for row in rows)),
        **_spread(reader),
        "near_renewal": _near(rows),
        "chart": _chart(rows, since, reader),
        "movements": _movements(moved),
        "silence": {
            "reached": silent.counts.reached,
            "silent": silent.counts.silent,
            "long": silent.counts.long,
            "deciders": silent.counts.deciders,
            "worth": worth(silent.counts.worth),
            "accounts": [_silent(one) for one in list(silent.page.items)[:SILENT_SHOWN]],
        },
        "topics": _topics(rows, moved, today=today),
        "answering": _answering(reader),
        "waves": _waves(reader),
        "themes": _themes(reader),
        "lift": _lift(reader, today=today),
        "rows": [_row(row) for row in sorted(rows, key=worst_first)[:MOST_LISTED]],
    }


def worth(found: Worth) -> dict[str, Any]:
    """Return a worth as JSON."""
    return {"accounts": found.accounts, "arr": dict(found.arr), "left_out": found.left_out}


def _spread(reader: User) -> dict[str, Any]:
    page = spread_page(reader, Filters())
    return {
        "shares": [
            {"status": one.status, "accounts": one.accounts, "worth": worth(one.worth)} for one in page.shares
        ],
        "spread": {
            "bins": list(page.spread.bins),
            "quartiles": list(page.spread.quartiles) if page.spread.quartiles else None,
            "confidences": dict(page.spread.confidences),
        },
    }


def _near(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what is red and renews soon: the revenue that is at stake first."""
    near = [
        row
        for row in rows
        if row.status == "red" and row.days_to_renewal is not None and 0 <= row.days_to_renewal <= NEAR_DAYS
    ]
    return worth(worth_of((row.currency, row.arr) for row in near))


def _chart(rows: Sequence[Row], since: date | None, reader: User) -> dict[str, Any]:
    charted = choose_charted(rows, AxisKey.ENGAGEMENT, AxisKey.SENTIMENT, most=MOST_BUBBLES)
    placed, _without = by_place(charted.shown, AxisKey.ENGAGEMENT, AxisKey.SENTIMENT)
    before = values_on(reader, since) if since else {}
    sizes = areas([row for row, _place in placed])
    return {
        "left_out": charted.left_out,
        "unplaced": len(charted.unplaced),
        "bubbles": [
            {
                "name": row.name,
                "place": [round(place[0], 4), round(place[1], 4)],
                "area": round(sizes[row.id], 1),
                "status": row.status,
                "before": _before(before.get(row.id)),
            }
            for row, place in placed
        ],
    }


def _before(values: Sequence[float | None] | None) -> list[float] | None:
    if values is None or values[0] is None or values[1] is None:
        return None
    return [round(values[0], 4), round(values[1], 4)]


def _movements(moved: Movements) -> dict[str, Any]:
    return {
        "since": moved.since.isoformat() if moved.since else None,
        "redefined_on": moved.redefined_on.isoformat() if moved.redefined_on else None,
        "fallen": [_moved(one) for one in list(moved.fallen)[:MOVERS_SHOWN]],
        "risen": [_moved(one) for one in list(moved.risen)[:MOVERS_SHOWN]],
    }


def _moved(one: Moved) -> dict[str, Any]:
    return {
        "name": one.row.name,
        "tier": one.row.tier,
        "status": one.row.status,
        "before": one.before,
        "after": one.after,
        "is_real": one.is_real,
    }


def _silent(one: SilentAccount) -> dict[str, Any]:
    return {
        "name": one.name,
        "tier": one.tier or "",
        "owner": one.owner or "",
        "arr": None if one.arr is None else float(one.arr),
        "currency": one.currency,
        "renewal": one.renewal_date.isoformat() if one.renewal_date else None,
        "status": one.status,
        "waves": one.waves,
        "decider_waves": one.decision_maker_waves,
        "last_heard": one.last_heard.isoformat() if one.last_heard else None,
        "people": sum(1 for _person in one.people) + one.more,
    }


def _topics(rows: Sequence[Row], moved: Movements, *, today: date) -> list[dict[str, Any]]:
    fell = {one.row.id: -one.change for one in moved.fallen if one.is_real}
    silences = _silences([row.id for row in rows])
    totals: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        totals[row.currency] += max(row.arr or 0.0, 0.0)
    by_id = {row.id: row for row in rows}
    candidates = [
        Candidate(
            account_id=row.id,
            name=row.name,
            status=row.status,
            tier_rank=row.tier_rank,
            share=max(row.arr or 0.0, 0.0) / totals[row.currency] if totals[row.currency] else 0.0,
            fell=fell.get(row.id, 0.0),
            silent_waves=silences.get(row.id, (0, 0))[0],
            decider_silent_waves=silences.get(row.id, (0, 0))[1],
            days_to_renewal=row.days_to_renewal,
        )
        for row in rows
    ]
    known = {one.account_id: one for one in candidates}
    return [
        _topic(one, by_id[one.account_id], known[one.account_id], today=today) for one in topics(candidates)
    ]


def _topic(topic: Topic, row: Row, known: Candidate, *, today: date) -> dict[str, Any]:
    renewal = None if row.days_to_renewal is None else today + timedelta(days=row.days_to_renewal)
    return {
        "name": row.name,
        "tier": row.tier,
        "owner": row.owner,
        "status": row.status,
        "strength": row.strength,
        "answers": row.answers,
        "arr": row.arr,
        "currency": row.currency,
        "renewal": renewal.isoformat() if renewal else None,
        "days_to_renewal": row.days_to_renewal,
        "reasons": [reason.value for reason in topic.reasons],
        "fell": known.fell,
        "silent_waves": known.silent_waves,
        "decider_silent_waves": known.decider_silent_waves,
    }


def _silences(account_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return account id → (waves nobody answered, waves no decision maker answered), where there are any."""
    wanted = set(account_ids)
    found = db.session.execute(
        select(
            AccountScore.account_id,
            func.coalesce(AccountScore.silent_waves, 0),
            func.coalesce(AccountScore.decision_maker_silent_waves, 0),
        ).where(AccountScore.is_latest)
    )
    return {key: (waves, deciders) for key, waves, deciders in found if key in wanted and (waves or deciders)}


def _answering(reader: User) -> dict[str, Any]:
    found = answering_of(reader)
    return {
        "whole": _line(found.whole),
        "personas": [_line(one) for one in found.groups.get(Dimension.PERSONA, ())],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "answered": line.answered,
        "asked": line.asked,
        "rate": line.rate,
        "ci": list(line.ci) if line.ci else None,
    }


def _waves(reader: User) -> list[dict[str, Any]]:
    """Return the latest closed waves that asked somebody of the accounts, newest first.

    Of those who had the question, confidential waves like others: that somebody took part is no secret.
    """
    answered = case((Invitation.state == ANSWERED, 1), else_=0)
    rows = db.session.execute(
        select(Wave.name, Wave.closed_at, func.count(), func.sum(answered))
        .join(Invitation, Invitation.wave_id == Wave.id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(
            Wave.closed_at.is_not(None),
            Wave.is_imported.is_(False),
            Invitation.state.in_(CONCLUDED),
            Contact.merged_into_id.is_(None),
            Invitation.account_id.in_(visible_account_ids(reader)),
        )
        .group_by(Wave.id, Wave.name, Wave.closed_at)
        .order_by(Wave.closed_at.desc(), Wave.id.desc())
        .limit(WAVES_SHOWN)
    )
    return [
        {"name": name, "closed_on": closed.date().isoformat(), "asked": asked, "answered": int(answers or 0)}
        for name, closed, asked, answers in rows
    ]


def _themes(reader: User) -> dict[str, Any]:
    standing = themes_standing(mentions(reader, CommentFilter()))
    ordered = sorted(standing.revenue, key=lambda one: (-one.accounts, -one.people, one.theme))
    return {
        "written": standing.written,
        "not_analysed": standing.not_analysed,
        "accounts": standing.accounts,
        "found": [
            {
                "name": standing.names.get(one.theme, one.theme),
                "comments": one.comments,
                "people": one.people,
                "accounts": one.accounts,
                "arr": {currency: float(amount) for currency, amount in one.arr.items()},
                "unknown": one.unknown,
            }
            for one in ordered[:THEMES_SHOWN]
        ],
    }


def _lift(reader: User, *, today: date) -> dict[str, Any] | None:
    """Return what silence went with on the own data, or None before a wave has closed."""
    known = histories(reader, today=today)
    choice = choose(known, quarter="", months=None, today=today)
    if choice is None:
        return None
    lift = read_lift(known, choice).lift
    return {
        "quarter": f"{choice.quarter.year}-Q{choice.quarter.number}",
        "months": choice.months,
        "ready_on": choice.ready_on.isoformat() if choice.ready_on else None,
        "verdict": lift.verdict.value,
        "reason": lift.reason,
        "ratio": lift.ratio,
        "limits": [lift.limits.lower, lift.limits.upper] if lift.limits else None,
        "silent": [lift.exposed.churned, lift.exposed.n],
        "others": [lift.others.churned, lift.others.n],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "tier": row.tier,
        "owner": row.owner,
        "arr": row.arr,
        "currency": row.currency,
        "days_to_renewal": row.days_to_renewal,
        "status": row.status,
        "answers": row.answers,
        "footprint": row.footprint,
        "engagement": row.engagement,
        "sentiment": row.sentiment,
        "strength": row.strength,
    }
