"""The portfolio beside the map: distributions, tier by region, lists and files, and who went silent."""

from dataclasses import replace

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from vocapp.accounts.downloads import table_response
from vocapp.accounts.list_requests import kept_filters
from vocapp.core.clock import utcnow
from vocapp.core.web import requested_order, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write, sees_all_accounts
from vocapp.portfolio.heat import heat_of
from vocapp.portfolio.listed import listed, listing_of, saved_table
from vocapp.portfolio.queries import COLUMNS, filter_choices
from vocapp.portfolio.requested import requested_axes, requested_filters, requested_window, together
from vocapp.portfolio.rules import Silence
from vocapp.portfolio.silence import silence_page
from vocapp.portfolio.spread_page import spread_page
from vocapp.portfolio.spread_phrases import (
    alarm_line,
    confidence_line,
    curve_line,
    curve_title,
    heat_line,
    spread_line,
    unordered_line,
)
from vocapp.portfolio.whole_phrases import (
    beside_line,
    how_silent,
    how_unusual,
    left_out_line,
    money_words,
    renewal_choices,
    silence_choices,
    silence_line,
    worth_line,
)
from vocapp.portfolio.zoom import address_of

overviews = Blueprint("overviews", __name__)
for words in (
    alarm_line,
    beside_line,
    confidence_line,
    curve_line,
    curve_title,
    heat_line,
    how_silent,
    how_unusual,
    left_out_line,
    money_words,
    renewal_choices,
    silence_choices,
    silence_line,
    spread_line,
    together,
    unordered_line,
    worth_line,
):
    overviews.add_app_template_global(words)


@overviews.get("/portfolio/distribution")
def distribution() -> ResponseReturnValue:
    """How strengths and statuses are spread, and who brings which share of ARR."""
    me, filters = current_person(), requested_filters()
    return render_template(
        "portfolio/distribution.html",
        shown=spread_page(me, filters),
        filters=filters,
        choices=filter_choices(me),
        sees_all=sees_all_accounts(me.role),
    )


@overviews.get("/portfolio/tiers-by-region")
def heat() -> ResponseReturnValue:
    """How strong accounts are by tier and region, what is at risk and who is silent."""
    me, filters = current_person(), requested_filters()
    return render_template(
        "portfolio/heat.html",
        map=heat_of(me, filters),
        filters=filters,
        choices=filter_choices(me),
        sees_all=sees_all_accounts(me.role),
    )


@overviews.get("/portfolio/accounts")
def accounts() -> ResponseReturnValue:
    """The accounts that match, or lie in a part of the chart, as a list."""
    me, filters, (x, y) = current_person(), requested_filters(), requested_axes()
    window = requested_window()
    order, column = requested_order(COLUMNS, default="standing")
    return render_template(
        "portfolio/listed.html",
        shown=listing_of(listed(me, filters, window, x, y), order=column, page_number=requested_page()),
        filters=filters,
        order=order,
        part={"x": x.value, "y": y.value, **address_of(window, x, y)} if window.is_set else {},
        choices=filter_choices(me),
        sees_all=sees_all_accounts(me.role),
        may_change=may_write(me.role),
        **kept_filters(me, "portfolio"),
    )


@overviews.get("/portfolio/accounts.<any(csv, xlsx):file_format>")
def save_accounts(file_format: str) -> ResponseReturnValue:
    """Download that list."""
    x, y = requested_axes()
    found = listed(current_person(), requested_filters(), requested_window(), x, y)
    return table_response(saved_table(found), file_format)


@overviews.get("/portfolio/silent")
def silent() -> ResponseReturnValue:
    """The accounts that went silent, who there, and what they are worth."""
    me, asked = current_person(), requested_filters()
    filters = replace(asked, silence=asked.silence or Silence.ANY.value)
    order, column = requested_order(COLUMNS, default="tier")
    return render_template(
        "portfolio/silent.html",
        shown=silence_page(me, filters, order=column, page_number=requested_page(), now=utcnow()),
        filters=filters,
        order=order,
        choices=filter_choices(me),
        sees_all=sees_all_accounts(me.role),
        may_change=may_write(me.role),
        **kept_filters(me, "silent"),
    )
