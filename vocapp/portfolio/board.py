"""The board, put together: one line, what to do next, accounts worst first, the open wave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from sqlalchemy import ColumnElement

from vocapp.accounts.footprint import PersonaSlots
from vocapp.core.web import Page, page_of
from vocapp.coverage.findings import NamedFinding
from vocapp.identity.models import User
from vocapp.identity.rules import may_write
from vocapp.method.queries import redefined_after
from vocapp.portfolio.doors import door_of, reading_door
from vocapp.portfolio.phrases import button_of, closing_line, day_line, reason_of, title_of
from vocapp.portfolio.pressing import candidates, pressing_accounts, suggestions_waiting
from vocapp.portfolio.queries import (
    Choices,
    Filters,
    Mark,
    OpenWaves,
    board_accounts,
    filter_choices,
    has_accounts,
    latest_marks,
    open_waves,
    strengths_since,
)
from vocapp.portfolio.rules import READS, Action, ActionKind, choose_actions, day_ahead, drawn_series
from vocapp.portfolio.seats import Seats, seat_actions, seats_of
from vocapp.relationship.queries import latest_scores

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One account as the board shows it; `strength` and `classes` are None before anything was measured."""

    id: int
    name: str
    tier: str | None
    owner: str | None
    arr: Decimal | None
    currency: str
    renewal_date: date | None
    status: str
    strength: Mapping[str, Any] | None
    classes: Mapping[str, int] | None
    slots: Sequence[PersonaSlots]
    findings: Sequence[NamedFinding]
    marks: Sequence[Mark]
    series: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class ShownAction:
    """An action in words, and where its button leads."""

    title: str
    account: str
    account_id: int | None
    reason: str
    button: str
    url: str | None
    icon: str
    tone: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the board; `redefined_on`: since when another method makes scores, within the year."""

    line: str
    actions: Sequence[ShownAction]
    page: Page
    waves: OpenWaves
    closing: str
    choices: Choices
    has_accounts: bool
    is_measured: bool
    redefined_on: date | None


def board_of(
    user: User, filters: Filters, *, order: ColumnElement[Any], page_number: int, now: datetime
) -> Board:
    """Return the board of a user, one page of accounts at a time; the number of statements is fixed."""
    today = now.date()
    page = page_of(board_accounts(user, filters, order), number=page_number, scalars=False)
    pressing = pressing_accounts(user, filters, today=today)
    seats = seats_of({*pressing, *(row.id for row in page.items)}, now=now)
    rows = board_rows(page.items, seats, today=today)
    waves = open_waves(user)
    actions = choose_actions(
        [*candidates(user, filters, pressing, now=now), *seat_actions(pressing, seats)],
    )
    ahead = day_ahead(
        actions, suggestions=suggestions_waiting(user, filters), closing=waves.closes, today=today
    )
    return Board(
        line=day_line(ahead),
        actions=[shown_action(action, may_change=may_write(user.role)) for action in actions],
        page=Page(rows, page.number, page.size, page.total),
        waves=waves,
        closing=closing_line(waves.closes, today=today),
        choices=filter_choices(user),
        has_accounts=bool(rows) or has_accounts(user),
        is_measured=any(row.strength is not None for row in rows),
        redefined_on=redefined_after(today - YEAR),
    )


def board_rows(found: Sequence[Any], seats: Seats, *, today: date) -> list[BoardRow]:
    """Return accounts as the board shows them, with seats, marks and history."""
    ids = [row.id for row in found]
    marks = latest_marks(ids)
    series = strengths_since(ids, today - YEAR)
    scores = latest_scores(ids)
    return [
        BoardRow(
            id=row.id,
            name=row.name,
            tier=row.tier,
            owner=row.owner,
            arr=row.arr,
            currency=row.currency,
            renewal_date=row.renewal_date,
            status=row.status,
            strength=scores[row.id].measures["strength"] if row.id in scores else None,
            classes=scores[row.id].measures["classes"] if row.id in scores else None,
            slots=seats.footprints[row.id].personas if row.id in seats.footprints else (),
            findings=seats.named_findings(row.id),
            marks=marks.get(row.id, []),
            series=drawn_series(series.get(row.id, []), today=today),
        )
        for row in found
    ]


_ICONS = {
    ActionKind.CALL_DETRACTOR: "phone",
    ActionKind.REACH_SILENT: "message-off",
    ActionKind.DECIDE_SUGGESTION: "user-plus",
    ActionKind.FILL_SEAT: "user-plus",
    ActionKind.FIND_FIRST: "user-plus",
    ActionKind.CONFIRM_PERSON: "user-check",
    ActionKind.HEAR_CHAMPION: "message-off",
    ActionKind.FIND_CHAMPION: "user-plus",
    ActionKind.FIND_SECOND: "users",
    ActionKind.LAUNCH_WAVE: "send",
    ActionKind.START_WAVE: "send",
    ActionKind.ASSESS: "list-check",
}


def shown_action(action: Action, *, may_change: bool) -> ShownAction:
    """Return an action in words; where its page is not for this reader, the button shows the account."""
    is_for_reader = may_change or action.kind in READS
    return ShownAction(
        title=title_of(action),
        account="" if action.suggestions > 1 else action.account,
        account_id=action.account_id,
        reason=reason_of(action),
        button=button_of(action) if is_for_reader else gettext("Open the account"),
        url=door_of(action) if is_for_reader else reading_door(action),
        icon=_ICONS[action.kind],
        tone="red" if action.kind is ActionKind.CALL_DETRACTOR else None,
    )
