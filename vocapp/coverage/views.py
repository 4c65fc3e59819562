"""The gap list, how coverage grows, and what CSMs do about it."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import for_roles
from vocapp.accounts.downloads import table_response
from vocapp.accounts.list_requests import kept_filters
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
from vocapp.coverage.stewardship import PERIODS, SORTS, Stewardship, stewardship_of, stewardship_table
from vocapp.coverage.trends import owners_with_coverage, portfolio_trend
from vocapp.identity.guards import current_person
from vocapp.identity.models import User
from vocapp.identity.queries import csms
from vocapp.identity.rules import RoleName, may_write, sees_all_accounts

DEFAULT_DAYS = 90

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
        **kept_filters(me, "gaps"),
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
    """How coverage moved, of all accounts or of one CSM's."""
    me, today, days = current_person(), utcnow().date(), requested_days()
    owner_id = requested_id("csm") if sees_all_accounts(me.role) else requested_own(me)
    return render_template(
        "coverage/trend.html",
        trend=portfolio_trend(owner_id, since=today - timedelta(days=days), today=today),
        days=days,
        periods=PERIODS,
        owner_id=owner_id,
        owners=owners_with_coverage() if sees_all_accounts(me.role) else [(me.id, me.name)],
    )


@coverage.get("/stewardship")
@for_roles(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)
def stewardship() -> ResponseReturnValue:
    """What CSMs control, per CSM and for the team."""
    shown, order = requested_stewardship()
    return render_template(
        "coverage/stewardship.html",
        shown=shown,
        order=order,
        periods=PERIODS,
        sees_all=sees_all_accounts(current_person().role),
    )


@coverage.get("/stewardship/export.<any(csv, xlsx):file_format>")
@for_roles(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)
def export_stewardship(file_format: str) -> ResponseReturnValue:
    """Download the lines as counts."""
    shown, _order = requested_stewardship()
    return table_response(stewardship_table(shown), file_format)


def requested_days() -> int:
    """Return the period the address asks for; nonsense counts as 90 days."""
    days = request.args.get("days", DEFAULT_DAYS, type=int)
    return days if days in PERIODS else DEFAULT_DAYS


def requested_own(me: User) -> int | None:
    """Return whose trend a CSM asks for: their own, or with `csm=all` everybody's (None)."""
    return None if requested_text("csm") == "all" else me.id


def requested_stewardship() -> tuple[Stewardship, str]:
    """Return what the address asks for, and the order of the lines; nonsense sorts by name."""
    order = requested_text("sort")
    order = order if order.removeprefix("-") in SORTS else "name"
    shown = stewardship_of(current_person(), days=requested_days(), today=utcnow().date(), sort=order)
    return shown, order
