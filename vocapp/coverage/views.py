"""The gap list, how coverage grows, and what CSMs do about it."""

from datetime import date
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from vocapp.accounts.downloads import table_response
from vocapp.accounts.listing import has_accounts, visible_regions
from vocapp.accounts.queries import personas_in_order, tiers_by_rank
from vocapp.core.clock import utcnow
from vocapp.core.web import requested_id, requested_order, requested_page, requested_text
from vocapp.coverage.findings import finding_name
from vocapp.coverage.gap_list import (
    GapFilter,
    currency_tops,
    gap_orders,
    gap_page,
    gap_table,
    persona_list,
)
from vocapp.coverage.rules import FindingKind
from vocapp.identity.guards import current_person
from vocapp.identity.queries import csms
from vocapp.identity.rules import may_write, sees_all_accounts

coverage = Blueprint("coverage", __name__)


@coverage.context_processor
def words() -> dict[str, Any]:
    """Give templates the personas of open seats as words."""
    return {"persona_list": persona_list}


@coverage.get("/gaps")
def gaps() -> str:
    """Who is missing or in doubt, account by account, the most pressing first."""
    me, today, wanted = current_person(), utcnow().date(), wanted_gaps()
    order, column, tops = gap_order(today)
    page = gap_page(me, wanted, column, number=requested_page(), today=today)
    return render_template(
        "coverage/gaps.html",
        page=page,
        order=order,
        wanted=wanted,
        currencies=sorted(tops),
        choices=gap_choices(),
        sees_all=sees_all_accounts(me.role),
        may_change=may_write(me.role),
        has_any=page.total > 0 or has_accounts(me),
    )


@coverage.get("/gaps/export.<any(csv, xlsx):file_format>")
def export_gaps(file_format: str) -> ResponseReturnValue:
    """Download the gap list as it is filtered and sorted."""
    today = utcnow().date()
    _order, column, _tops = gap_order(today)
    return table_response(gap_table(current_person(), wanted_gaps(), column, today=today), file_format)


def wanted_gaps() -> GapFilter:
    """Return the filter the address asks for; nonsense filters nothing."""
    sees_all = sees_all_accounts(current_person().role)
    return GapFilter(
        owner=requested_text("owner") if sees_all else "",
        tier_id=requested_id("tier"),
        region=requested_text("region"),
        persona=requested_text("persona"),
        finding=requested_text("finding"),
    )


def gap_order(today: date) -> tuple[str, Any, dict[str, float]]:
    """Return the sort key the address asks for, its column, and the currencies with their largest ARR."""
    tops = currency_tops(current_person())
    order, column = requested_order(gap_orders(tops, today=today), default="-pressing")
    return order, column, tops


def gap_choices() -> dict[str, Any]:
    """Return what the gap list can be filtered by."""
    return {
        "tiers": [(tier.id, tier.name) for tier in tiers_by_rank()],
        "regions": [(name, name) for name in visible_regions(current_person())],
        "personas": [(persona.key, persona.name) for persona in personas_in_order()],
        "owners": [(user.id, user.name) for user in csms()],
        "findings": [(kind.value, finding_name(kind)) for kind in FindingKind],
    }


@coverage.get("/coverage")
def trend() -> str:
    """How coverage moved."""
    return ""


@coverage.get("/stewardship")
def stewardship() -> str:
    """What CSMs do about gaps."""
    return ""
