"""The portfolio page, put together: chart, list beside it, what has no place on it, and the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext

from vocapp.charts.bubbles import Bubble
from vocapp.charts.frame import Spec
from vocapp.charts.specs import bubble_chart
from vocapp.core.formats import answers
from vocapp.core.web import PAGE_SIZE, Page
from vocapp.identity.models import User
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
    MOVERS_SHOWN,
    AxisKey,
    Charted,
    HeatMap,
    Moved,
    Row,
    Share,
    areas,
    choose_charted,
    currencies,
    distribution,
    has_corners,
    heat_map,
    judge_movers,
    movers,
    place_of,
    read_chart,
    split_of,
    sums,
    worst_first,
)
from vocapp.portfolio.phrases import join_clauses
from vocapp.portfolio.queries import Choices, Filters, filter_choices


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Accounts without a place on the chart for one reason: the first ones by name, and how many more."""

    reason: str
    accounts: Sequence[Row]
    more: int


@dataclass(frozen=True, slots=True)
class Movements:
    """Who fell and who rose since a day; empty before there is anything to compare."""

    since: date | None
    fallen: Sequence[Moved]
    risen: Sequence[Moved]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Everything on the portfolio page."""

    spec: Spec | None
    reading: str
    area_note: str
    x: AxisKey
    y: AxisKey
    shown: Sequence[Row]
    left_out: int
    unplaced: Sequence[Unplaced]
    total: int
    page: Page
    distribution: Sequence[Share]
    arr: Mapping[str, float]
    heat: HeatMap
    movements: Movements
    choices: Choices
    has_accounts: bool


def portfolio_of(
    user: User, filters: Filters, *, x: AxisKey, y: AxisKey, page_number: int, now: datetime
) -> Portfolio:
    """Return the portfolio page of a user; the number of statements is fixed."""
    today = now.date()
    rows = portfolio_rows(user, filters, today=today)
    charted = choose_charted(rows, x, y)
    since = day_before_latest_wave(user)
    before = values_on(user, since, list(AxisKey)) if since and rows else {}
    choices = filter_choices(user)
    return Portfolio(
        spec=_spec(charted, before, x=x, y=y, reading=(reading := _reading(rows, x, y))),
        reading=reading,
        area_note=area_note(currencies(charted.shown)),
        x=x,
        y=y,
        shown=charted.shown,
        left_out=charted.left_out,
        unplaced=_unplaced(charted, x, y),
        total=len(rows),
        page=_page(sorted(rows, key=worst_first), page_number),
        distribution=distribution(rows),
        arr=sums(rows),
        heat=heat_map(rows),
        movements=_movements(rows, before, since),
        choices=choices,
        has_accounts=bool(rows or choices.tiers or choices.owners or choices.regions),
    )


def _reading(rows: Sequence[Row], x: AxisKey, y: AxisKey) -> str:
    return reading_line(read_chart(rows, x, y), x, y)


def _spec(
    charted: Charted,
    before: Mapping[int, Mapping[AxisKey, float | None]],
    *,
    x: AxisKey,
    y: AxisKey,
    reading: str,
) -> Spec | None:
    """Return the chart, or None when no account has a place on it."""
    if not charted.shown:
        return None
    sizes = areas(charted.shown)
    bubbles = []
    for row in charted.shown:
        place = place_of(row, x, y)
        if place is not None:
            bubbles.append(
                Bubble(
                    id=row.id,
                    name=row.name,
                    x=round(place[0], 4),
                    y=round(place[1], 4),
                    area=round(sizes[row.id], 1),
                    status=row.status,
                    url=url_for("portfolio.account", account_id=row.id),
                    before=_place_before(before.get(row.id), x, y, now=place),
                    facts=_facts(row, x, y),
                )
            )
    named = has_corners(x, y)
    return bubble_chart(
        bubbles,
        x=axis_of(x),
        y=axis_of(y),
        status_words=status_words(),
        description=reading,
        corners=corners() if named else None,
        split=(split_of(x), split_of(y)) if named else None,
    )


def _place_before(
    values: Mapping[AxisKey, float | None] | None, x: AxisKey, y: AxisKey, *, now: tuple[float, float]
) -> tuple[float, float] | None:
    """Return where an account was, or None when that is not known or it has hardly moved."""
    if values is None:
        return None
    across, up = values[x], values[y]
    if across is None or up is None:
        return None
    is_still = all(
        abs(then - today) < 0.01 * (axis_of(key).high - axis_of(key).low)
        for then, today, key in ((across, now[0], x), (up, now[1], y))
    )
    return None if is_still else (round(across, 4), round(up, 4))


def _facts(row: Row, x: AxisKey, y: AxisKey) -> list[tuple[str, str]]:
    words = status_words()
    shown = [axis_name(AxisKey.STRENGTH), figure(row.strength, AxisKey.STRENGTH)]
    return [
        (str(gettext("Account")), join_clauses(account_facts(row))),
        (axis_name(x), figure(row.values[x], x)),
        (axis_name(y), join_clauses([figure(row.values[y], y), answers(row.answers)])),
        (shown[0], join_clauses([shown[1], words[row.status].lower()])),
    ]


def _unplaced(charted: Charted, x: AxisKey, y: AxisKey) -> list[Unplaced]:
    """Return the accounts that have no place, by the first value they lack."""
    found = []
    rest = list(charted.unplaced)
    for key in dict.fromkeys((y, x)):
        here = [row for row in rest if row.values[key] is None]
        rest = [row for row in rest if row.values[key] is not None]
        if here:
            named = here[:MOST_NAMED]
            found.append(Unplaced(why_unplaced(key), named, len(here) - len(named)))
    return found


def _movements(
    rows: Sequence[Row], before: Mapping[int, Mapping[AxisKey, float | None]], since: date | None
) -> Movements:
    then = {account_id: values[AxisKey.STRENGTH] for account_id, values in before.items()}
    fallen, risen = movers(rows, then)
    if since is None or not (fallen or risen):
        return Movements(since, (), ())
    judged = judge_movers([*fallen, *risen], levels_of([one.row.id for one in (*fallen, *risen)], since))
    return Movements(since, judged[: len(fallen)][:MOVERS_SHOWN], judged[len(fallen) :][:MOVERS_SHOWN])


def _page(rows: Sequence[Row], number: int) -> Page:
    pages = max(1, -(-len(rows) // PAGE_SIZE))
    number = min(max(number, 1), pages)
    return Page(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, PAGE_SIZE, len(rows))
