"""The board, the account page, the bubble chart and search."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account
from vocapp.assessments.beside import our_view
from vocapp.core.clock import utcnow
from vocapp.core.web import requested_order, requested_page, requested_text
from vocapp.freshness.showing import waiting_at
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write, sees_all_accounts
from vocapp.portfolio import searching
from vocapp.portfolio.account_page import account_page
from vocapp.portfolio.board import board_of
from vocapp.portfolio.chart_page import portfolio_of
from vocapp.portfolio.chart_phrases import axis_name, map_words
from vocapp.portfolio.chart_rules import AxisKey
from vocapp.portfolio.groups import MOST_INLINE, group_of
from vocapp.portfolio.phrases import owners_line
from vocapp.portfolio.queries import COLUMNS, accounts_by_owner, filter_choices
from vocapp.portfolio.requested import requested_axes, requested_filters, requested_window
from vocapp.rosters.queries import current_confirmations
from vocapp.sync.addresses import links_elsewhere

portfolio = Blueprint("portfolio", __name__)


@portfolio.get("/")
def board() -> ResponseReturnValue:
    """What presses today, and the accounts worst first."""
    if request.args.get("by") == "csm" and sees_all_accounts(current_person().role):
        return _board_by_csm()
    order, column = requested_order(COLUMNS, default="standing")
    filters = requested_filters()
    shown = board_of(current_person(), filters, order=column, page_number=requested_page(), now=utcnow())
    return render_template(
        "portfolio/board.html",
        board=shown,
        filters=filters,
        order=order,
        sees_all=sees_all_accounts(current_person().role),
    )


def _board_by_csm() -> ResponseReturnValue:
    filters, now = requested_filters(), utcnow()
    rows = accounts_by_owner(current_person(), filters, today=now.date())
    return render_template(
        "portfolio/by_csm.html",
        line=owners_line(rows),
        rows=rows,
        choices=filter_choices(current_person()),
        filters=filters,
    )


@portfolio.get("/accounts/<int:account_id>")
def account(account_id: int) -> ResponseReturnValue:
    """One account: how strong, why, who, what happened, against whom."""
    found = visible_or_404(Account, account_id)
    return render_template(
        "portfolio/account.html",
        shown=account_page(found, now=utcnow()),
        group=group_of(found, current_person(), on=utcnow().date(), most=MOST_INLINE),
        roster=current_confirmations([found.id], on=utcnow().date()).get(found.id),
        own=our_view(found.id, reader=current_person(), on=utcnow().date()),
        suggestions=waiting_at(found.id, reader=current_person()),
        records_there=links_elsewhere("account", found.id),
        may_change=may_write(current_person().role),
    )


@portfolio.get("/portfolio")
def chart() -> ResponseReturnValue:
    """Every account as a bubble, the list that follows, and the whole in tables."""
    filters, me, (x, y), window = requested_filters(), current_person(), requested_axes(), requested_window()
    number = requested_page()
    return render_template(
        "portfolio/chart.html",
        shown=portfolio_of(me, filters, x=x, y=y, window=window, page_number=number, now=utcnow()),
        filters=filters,
        map=map_words(window, x, y),
        axes=[(key.value, axis_name(key)) for key in AxisKey],
        sees_all=sees_all_accounts(me.role),
    )


@portfolio.get("/search")
def search() -> ResponseReturnValue:
    """Accounts and people by name, address or title."""
    found = searching.search(current_person(), requested_text("q"))
    return render_template("portfolio/search.html", found=found)
