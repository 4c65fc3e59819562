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
        anchor = f"suggestion-{action.subject_id}" if action.subject_id else None
        return first_door(("freshness.suggestions", {"account": action.account_id, "_anchor": anchor}))
    if action.kind is ActionKind.ASSESS:
        return first_door(("assessments.assess_account", {"account_id": action.account_id}))
    here = {"account_id": action.account_id}
    match action.kind:
        case ActionKind.FILL_SEAT | ActionKind.HEAR_CHAMPION:
            asking = ("champion.ask", here | {"champion": action.contact_id})
            return first_door(asking, ("portfolio.account", here))
        case ActionKind.FIND_SECOND if action.may_ask:
            return first_door(
                ("champion.ask", here | {"champion": action.contact_id}), ("portfolio.account", here)
            )
        case ActionKind.FIND_SECOND:
            return first_door(("accounts.new_contact", here), ("portfolio.account", here))
        case ActionKind.FIND_CHAMPION:
            return first_door(
                ("accounts.new_contact", here | {"persona": action.persona}), ("portfolio.account", here)
            )
        case ActionKind.FIND_FIRST:
            return first_door(("accounts.new_contact", here), ("portfolio.account", here))
    return reading_door(action)


def reading_door(action: Action) -> str | None:
    """Return where one reads about the person of an action, or about its account."""
    account = ("portfolio.account", {"account_id": action.account_id})
    if action.contact_id is None:
        return first_door(account)
    return first_door(("people.show", {"contact_id": action.contact_id}), account)
