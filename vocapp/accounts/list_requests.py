"""Which accounts or people the address asks for; nonsense in it filters nothing."""

from collections.abc import Collection
from typing import Any

from flask import request

from vocapp.accounts.listing import AccountFilter, Freshness, PeopleFilter
from vocapp.accounts.saved_filters import clean_query, saved_filters
from vocapp.core.web import requested_id, requested_text, row_id
from vocapp.identity.models import User


def wanted_accounts() -> AccountFilter:
    """Return the filter that the address asks for."""
    return AccountFilter(
        text=requested_text("q"),
        tier_id=requested_id("tier"),
        region=requested_text("region"),
        owner_id=requested_id("owner"),
        status=requested_text("status"),
        ids=_ticked(),
    )


def wanted_people() -> PeopleFilter:
    """Return the filter that the address asks for."""
    return PeopleFilter(
        text=requested_text("q"),
        persona_id=requested_id("persona"),
        status=requested_text("status"),
        account_id=requested_id("account"),
        freshness=request.args.get("confirmed", None, type=Freshness),
        ids=_ticked(),
    )


def kept_parameters(passing: Collection[str]) -> list[tuple[str, str]]:
    """Return what the address asks for without some names, to be handed on in a form."""
    sent = request.args.items(multi=True)
    return [(key, value) for key, value in sent if key not in passing and value.isprintable()]


def kept_filters(me: User, place: str) -> dict[str, Any]:
    """Return what the page of a list needs to offer saved filters, and to hand its own filter on."""
    return {
        "saved": saved_filters(me, place),
        "query": clean_query(request.query_string.decode()),
        "kept": kept_parameters(("page", "id")),
    }


def _ticked() -> frozenset[int]:
    """Return the rows that were ticked in a list; none means all that are listed."""
    return frozenset(request.args.getlist("id", type=row_id))
