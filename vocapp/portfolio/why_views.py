"""Where the numbers of an account come from, and who answers at all."""

from contextlib import suppress
from datetime import date

from flask import Blueprint, render_template, request

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.identity.guards import current_person
from vocapp.portfolio.answering import answering_of
from vocapp.portfolio.why_page import why_page

why = Blueprint("why", __name__)


@why.get("/accounts/<int:account_id>/why")
def account(account_id: int) -> str:
    """Show where an account's numbers come from, and what changed between two days."""
    found = visible_or_404(Account, account_id)
    since, until = _day("since"), _day("until")
    shown = why_page(found, since=since, until=until, now=utcnow())
    return render_template("portfolio/why.html", shown=shown, unread=_is_lost("since") or _is_lost("until"))


@why.get("/portfolio/who-answers")
def answering() -> str:
    """Show who answers, by kind of account and person."""
    return render_template("portfolio/answering.html", shown=answering_of(current_person()))


def _day(name: str) -> date | None:
    """Return a day of the address; nonsense asks for none."""
    with suppress(ValueError):
        return date.fromisoformat(request.args.get(name, ""))
    return None


def _is_lost(name: str) -> bool:
    """Whether the address names a day that nobody can read."""
    return bool(request.args.get(name)) and _day(name) is None
