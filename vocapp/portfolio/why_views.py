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
    shown = why_page(found, since=_day("since"), until=_day("until"), now=utcnow())
    return render_template("portfolio/why.html", shown=shown)


@why.get("/portfolio/who-answers")
def answering() -> str:
    """Show who answers, by kind of account and person."""
    return render_template("portfolio/answering.html", shown=answering_of(current_person()))


def _day(name: str) -> date | None:
    """Return a day of the address; nonsense asks for none."""
    with suppress(ValueError):
        return date.fromisoformat(request.args.get(name, ""))
    return None
