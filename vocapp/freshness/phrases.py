"""Evidence and decisions as sentences in the reader's language."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext, ngettext

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.formats import day
from vocapp.freshness.models import Suggestion
from vocapp.freshness.rules import SuggestionDecision, SuggestionKind


def column_name(column: str) -> str:
    """Return what a reader calls a column of a contact."""
    names = {
        "first_name": gettext("First name"),
        "last_name": gettext("Last name"),
        "email": gettext("E-mail"),
        "title": gettext("Title"),
        "phone": gettext("Phone"),
        "personas": gettext("Personas"),
        "status": gettext("Status"),
        "verified_on": gettext("Confirmed on"),
    }
    return str(names[column])


def shown_value(column: str, value: Any) -> str:
    """Return a value of an effect as a reader writes it; nothing for none."""
    if not value:
        return ""
    if column == "verified_on":
        return day(date.fromisoformat(value))
    if column == "status":
        names = {
            ContactStatus.ACTIVE: gettext("Active"),
            ContactStatus.LEFT: gettext("Left the company"),
            ContactStatus.BOUNCED: gettext("Mail bounces"),
            ContactStatus.OPTED_OUT: gettext("Opted out of surveys"),
        }
        return str(names[ContactStatus(value)])
    return str(value)


def accepted_line(suggestion: Suggestion, contact: Contact) -> str:
    """Return what came of accepting a suggestion."""
    name = contact.full_name
    if suggestion.kind == SuggestionKind.LEFT:
        return str(gettext("%(name)s is marked as left.", name=name))
    if suggestion.effect is None:
        return str(gettext("%(name)s was added.", name=name))
    return str(gettext("%(name)s is up to date.", name=name))


def dismissed_line(suggestion: Suggestion, *, is_confirmed: bool) -> str:
    """Return what came of dismissing a suggestion."""
    if is_confirmed and suggestion.contact is not None:
        return str(gettext("%(name)s is confirmed.", name=suggestion.contact.full_name))
    return str(gettext("Dismissed; nothing was changed."))


def decided_line(decision: SuggestionDecision, count: int) -> str:
    """Return how many suggestions were decided at once."""
    if decision is SuggestionDecision.ACCEPTED:
        return str(ngettext("%(num)s suggestion accepted.", "%(num)s suggestions accepted.", count))
    return str(
        ngettext(
            "%(num)s suggestion dismissed; nothing was changed.",
            "%(num)s suggestions dismissed; nothing was changed.",
            count,
        )
    )


def undone_line(kept: Sequence[str]) -> str:
    """Return what came of taking something back, with the columns that were changed since."""
    if not kept:
        return str(gettext("Taken back; everything is as it was."))
    columns = ", ".join(column_name(column) for column in dict.fromkeys(kept))
    return str(gettext("Taken back, except what was changed since: %(columns)s.", columns=columns))
