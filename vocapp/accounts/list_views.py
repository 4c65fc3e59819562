"""What can be done with a whole list: keep its filter, change everything on it."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from vocapp.accounts.bulk import (
    Field,
    Listed,
    Plan,
    Planner,
    account_fields,
    apply_to_accounts,
    apply_to_people,
    people_fields,
    plan_accounts,
    plan_people,
)
from vocapp.accounts.list_requests import kept_parameters, wanted_accounts, wanted_people
from vocapp.accounts.listing import listed_accounts, listed_people
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.saved_filters import PLACES, own_filter, save_filter
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import count_of, list_page, requested_page
from vocapp.identity.guards import current_person

lists = Blueprint("lists", __name__)

# What says which change is meant, and not which rows.
PASSING = frozenset({"field", "value", "page", "sort"})


@lists.route("/people/change", methods=["GET", "POST"])
def change_people() -> ResponseReturnValue:
    """Choose a change for the listed people, look at what it would do, and do it."""
    listed = listed_people(current_person(), wanted_people()).order_by(Contact.search_text, Contact.id)
    return change_page("people", listed, people_fields(), plan_people, apply_to_people)


@lists.route("/accounts/change", methods=["GET", "POST"])
def change_accounts() -> ResponseReturnValue:
    """Choose a change for the listed accounts, look at what it would do, and do it."""
    me = current_person()
    listed = listed_accounts(me, wanted_accounts()).order_by(Account.search_text, Account.id)
    return change_page("accounts", listed, account_fields(me), plan_accounts, apply_to_accounts)


@lists.post("/filters")
def keep_filter() -> ResponseReturnValue:
    """Save the filter of a list under a name."""
    place, query = request.form.get("place", ""), request.form.get("query", "")
    name, is_shared = request.form.get("name", ""), request.form.get("shared") == "yes"
    try:
        with transaction():
            save_filter(current_person(), place=place, name=name, query=query, is_shared=is_shared)
        flash(_("The filter was saved."), "success")
    except DomainError as refusal:
        flash(str(refusal), "error")
    return redirect(list_url(place, query))


@lists.post("/filters/<int:filter_id>/remove")
def remove_filter(filter_id: int) -> ResponseReturnValue:
    """Forget a saved filter of one's own."""
    saved = own_filter(current_person(), filter_id) or abort(404)
    with transaction():
        db.session.delete(saved)
    flash(_("The filter was removed."), "success")
    return redirect(list_url(saved.place, saved.query))


def list_url(place: str, query: str) -> str:
    """Return the address of a list with a filter; the board's for a list that does not exist."""
    if place not in PLACES:
        return url_for("portfolio.board")
    return f"{url_for(PLACES[place])}?{query.lstrip('?')}"


def change_page(
    place: str, listed: Listed, fields: dict[str, Field], plan_for: Planner, apply: Callable[..., int]
) -> ResponseReturnValue:
    """Show the fields, the preview of one change, or (when it was sent as previewed) do it."""
    plan, problem = requested_plan(listed, fields, plan_for)
    if request.method == "POST" and plan is not None and was_done(plan, apply):
        return redirect(list_url(place, request.query_string.decode()))
    return render_template(
        "accounts/change.html",
        shown_place=place,
        back=url_for(PLACES[place]),
        fields=fields,
        total=count_of(listed),
        plan=plan,
        lines=list_page(plan.changes, number=requested_page()) if plan else None,
        problem=problem,
        kept=kept_parameters(PASSING),
    )


def requested_plan(listed: Listed, fields: dict[str, Field], plan_for: Planner) -> tuple[Plan | None, str]:
    """Return what the change that the address names would do, or a sentence why it cannot be."""
    field = fields.get(request.args.get("field", ""))
    if field is None:
        return None, ""
    try:
        return plan_for(listed, field, request.args.get("value", "").strip()), ""
    except DomainError as refusal:
        return None, str(refusal)


def was_done(plan: Plan, apply: Callable[..., int]) -> bool:
    """Do what was shown; refuse when the list has changed since."""
    if request.form.get("fingerprint") != plan.fingerprint:
        flash(_("The list changed since you looked at it; here is what would happen now."), "error")
        return False
    with transaction():
        changed = apply(plan, by=current_person(), now=utcnow())
    flash(ngettext("One was changed.", "%(num)s were changed.", changed), "success")
    return True
