"""The portfolio page, put together: chart, list beside it, what has no place on it, and the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from heapq import nsmallest
from typing import Any

from flask import url_for
from flask_babel import gettext

from vocapp.charts.bubbles import Bubble
from vocapp.charts.frame import Spec
from vocapp.charts.specs import bubble_chart
from vocapp.core.web import PAGE_SIZE, Page
from vocapp.identity.models import User
from vocapp.method.queries import redefined_after
from vocapp.portfolio.chart_phrases import (
    account_facts,
    area_note,
    axis_name,
    axis_of,
    corners,
    figure,
    reading_line,
    status_words,
    why_unplaced,
)
from vocapp.portfolio.chart_queries import day_before_latest_wave, levels_of, portfolio_rows, values_on
from vocapp.portfolio.chart_rules import (
    MOST_NAMED,
    AxisKey,
    Before,
    Charted,
    Lack,
    Row,
    areas,
    by_place,
    choose_charted,
    currencies,
    has_corners,
    has_hardly_moved,
    lack_of,
    place_of,
    read_chart,
    split_of,
    value_before,
    value_of,
    worst_first,
)
from vocapp.portfolio.movements import MOVERS_SHOWN, Moved, judge_movers, movers
from vocapp.portfolio.phrases import join_clauses
from vocapp.portfolio.queries import Choices, Filters, filter_choices
from vocapp.portfolio.spread_rules import StatusShare, status_shares
from vocapp.portfolio.worth import Worth, worth_of
from vocapp.portfolio.zoom import WHOLE, Window
from vocapp.relationship.queries import latest_scores


@dataclass(frozen=True, slots=True)
class Listed:
    """One account of the chart in words, for the list beside it and the tooltip on it."""

    row: Row
    place: tuple[float, float]
    url: str
    about: str
    values: tuple[str, str]
    strength: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Accounts without a place on the chart for one reason: the first ones by name, and how many more."""

    reason: str
    accounts: Sequence[Row]
    more: int


@dataclass(frozen=True, slots=True)
class Movements:
    """Who fell and who rose since a day; empty before there is anything to compare.

    `redefined_on`: since when another method makes the values, where that is after `since`.
    """

    since: date | None
    redefined_on: date | None
    fallen: Sequence[Moved]
    risen: Sequence[Moved]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything on the portfolio page; `strengths` maps the ids of `page` → stored measure objects.

    With a `window` all of it is about the accounts in that part of the chart; `outside` others have a place.
    """

    spec: Spec | None
    reading: str
    area_note: str
    x: AxisKey
    y: AxisKey
    window: Window
    outside: int
    shown: Sequence[Listed]
    left_out: int
    unplaced: Sequence[Unplaced]
    total: int
    page: Page
    strengths: Mapping[int, Mapping[str, Any]]
    shares: Sequence[StatusShare]
    worth: Worth
    movements: Movements
    choices: Choices
    has_accounts: bool


def portfolio_of(
    user: User,
    filters: Filters,
    *,
    x: AxisKey,
    y: AxisKey,
    page_number: int,
    now: datetime,
    window: Window = WHOLE,
) -> Portfolio:
    """Return the portfolio page of a user; the number of statements is fixed."""
    found = portfolio_rows(user, filters, today=now.date())
    placed, _unplaced_rows = by_place(found, x, y)
    rows = [row for row, place in placed if window.holds(*place)] if window.is_set else found
    charted = choose_charted(rows, x, y)
    shown = _listed(charted, x, y)
    since = day_before_latest_wave(user)
    before = values_on(user, since) if since and rows else {}
    choices = filter_choices(user)
    page = _page(rows, page_number)
    reading = reading_line(read_chart(rows, x, y), x, y)
    return Portfolio(
        spec=_spec(shown, before, x=x, y=y, window=window, reading=reading),
        reading=reading,
        area_note=area_note(currencies(one.row for one in shown)),
        x=x,
        y=y,
        window=window,
        outside=len(placed) - len(shown) - charted.left_out,
        shown=shown,
        left_out=charted.left_out,
        unplaced=_unplaced(charted, x, y),
        total=len(rows),
        page=page,
        strengths={
            account_id: score.measures["strength"]
            for account_id, score in latest_scores([row.id for row in page.items]).items()
        },
        shares=status_shares(rows),
        worth=worth_of((row.currency, row.arr) for row in rows),
        movements=movements_of(rows, before, since),
        choices=choices,
        has_accounts=bool(found or choices.tiers or choices.owners or choices.regions),
    )


def _listed(charted: Charted, x: AxisKey, y: AxisKey) -> list[Listed]:
    return [
        Listed(
            row=row,
            place=(round(place[0], 4), round(place[1], 4)),
            url=url_for("portfolio.account", account_id=row.id),
            about=join_clauses(account_facts(row)),
            values=(figure(value_of(row, x), x), figure(value_of(row, y), y)),
            strength=figure(row.strength, AxisKey.STRENGTH),
        )
        for row in charted.shown
        if (place := place_of(row, x, y)) is not None
    ]


def _spec(
    shown: Sequence[Listed],
    before: Mapping[int, Before],
    *,
    x: AxisKey,
    y: AxisKey,
    window: Window,
    reading: str,
) -> Spec | None:
    """Return the chart, or None when no account has a place on it."""
    if not shown:
        return None
    sizes = areas([one.row for one in shown])
    names = axis_name(x), axis_name(y), axis_name(AxisKey.STRENGTH), str(gettext("Account"))
    bubbles = [
        Bubble(
            id=one.row.id,
            name=one.row.name,
            x=one.place[0],
            y=one.place[1],
            area=round(sizes[one.row.id], 1),
            status=one.row.status,
            url=one.url,
            before=_place_before(before.get(one.row.id), x, y, now=one.place),
            facts=(
                (names[3], one.about),
                (names[0], one.values[0]),
                (names[1], one.values[1]),
                (names[2], one.strength),
            ),
        )
        for one in shown
    ]
    named = has_corners(x, y)
    return bubble_chart(
        bubbles,
        x=axis_of(x, [place[0] for place in _places(bubbles)], window.x),
        y=axis_of(y, [place[1] for place in _places(bubbles)], window.y),
        status_words=status_words(),
        description=reading,
        # In a part of the chart the corners of the drawing are not those of the whole.
        corners=corners() if named and not window.is_set else None,
        split=(split_of(x), split_of(y)) if named else None,
    )


def _places(bubbles: Sequence[Bubble]) -> list[tuple[float, float]]:
    """Return every place that the chart must show: where accounts are and where they were."""
    before = [bubble.before for bubble in bubbles if bubble.before is not None]
    return [(bubble.x, bubble.y) for bubble in bubbles] + before


def _place_before(
    values: Before | None, x: AxisKey, y: AxisKey, *, now: tuple[float, float]
) -> tuple[float, float] | None:
    """Return where an account was, or None when that is not known or it has hardly moved."""
    if values is None:
        return None
    across, up = value_before(values, x), value_before(values, y)
    if across is None or up is None:
        return None
    return None if has_hardly_moved((across, up), now, x, y) else (round(across, 4), round(up, 4))


def _unplaced(charted: Charted, x: AxisKey, y: AxisKey) -> list[Unplaced]:
    """Return the accounts that have no place, by what they lack."""
    found = []
    lacks = [(lack_of(row, x, y), row) for row in charted.unplaced]
    for lack in Lack:
        here = [row for missing, row in lacks if missing is lack]
        if here:
            named = here[:MOST_NAMED]
            found.append(Unplaced(why_unplaced(lack), named, len(here) - len(named)))
    return found


def movements_of(rows: Sequence[Row], before: Mapping[int, Before], since: date | None) -> Movements:
    """Return who moved most since a day, judged together; `before` is what was in force then."""
    fallen, risen = movers(rows, before)
    redefined_on = redefined_after(since) if since else None
    if since is None or not (fallen or risen):
        return Movements(since, redefined_on, (), ())
    judged = judge_movers([*fallen, *risen], levels_of([one.row.id for one in (*fallen, *risen)], since))
    return Movements(
        since, redefined_on, judged[: len(fallen)][:MOVERS_SHOWN], judged[len(fallen) :][:MOVERS_SHOWN]
    )


def _page(rows: Sequence[Row], number: int) -> Page:
    """Return a page of accounts, worst first; only as many are put in order as it takes."""
    pages = max(1, -(-len(rows) // PAGE_SIZE))
    number = min(max(number, 1), pages)
    first = nsmallest(number * PAGE_SIZE, rows, key=worst_first)
    return Page(first[(number - 1) * PAGE_SIZE :], number, PAGE_SIZE, len(rows))
