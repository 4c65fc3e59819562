"""Which page an action leads to; a page that is not there gives way to the next best."""

from typing import Any

from flask import url_for

from vocapp.core.navigation import is_known
from vocapp.portfolio.rules import Action, ActionKind


def first_door(*doors: tuple[str, dict[str, Any]]) -> str | None:
    """Return the address of the first page that exists; doors are (endpoint, values)."""
    return next((url_for(endpoint, **values) for endpoint, values in doors if is_known(endpoint)), None)


def door_of(action: Action) -> str | None:
    """Return where the button of an action leads."""
    if action.kind is ActionKind.LAUNCH_WAVE:
        return first_door(("campaigns.show", {"wave_id": action.subject_id}), ("campaigns.index", {}))
    if action.kind is ActionKind.START_WAVE:
        return first_door(("campaigns.new", {}), ("campaigns.index", {}))
    if action.kind is ActionKind.DECIDE_SUGGESTION:
        here = {"account": action.account_id, "_anchor": f"suggestion-{action.subject_id}"}
        return first_door(("freshness.suggestions", here))
    if action.kind is ActionKind.ASSESS:
        return first_door(("assessments.assess_account", {"account_id": action.account_id}))
    account = ("portfolio.account", {"account_id": action.account_id})
    if action.kind is ActionKind.FILL_SEAT:
        return first_door(
            ("champion.ask", {"account_id": action.account_id, "champion": action.contact_id}), account
        )
    if action.kind is ActionKind.FIND_FIRST:
        return first_door(("portfolio.account", {"account_id": action.account_id, "_anchor": "people"}))
    if action.contact_id is not None:
        return first_door(
            ("portfolio.account", {"account_id": action.account_id, "_anchor": f"person-{action.contact_id}"})
        )
    return first_door(account)
