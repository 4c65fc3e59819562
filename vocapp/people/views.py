"""The page of a person, and who is who at an account."""

from flask import Blueprint, render_template

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.people.map_page import map_page
from vocapp.people.person_page import person_page

people = Blueprint("people", __name__)


@people.get("/people/<int:contact_id>")
def show(contact_id: int) -> str:
    """One person: who they are, how sure we are, what they said, what happened."""
    person, me = visible_or_404(Contact, contact_id), current_person()
    return render_template(
        "people/show.html",
        shown=person_page(person, reader=me, now=utcnow()),
        may_change=may_write(me.role),
    )


@people.get("/accounts/<int:account_id>/map")
def map(account_id: int) -> str:
    """Who reports to whom at an account, how they stand to us, and who is missing."""
    account = visible_or_404(Account, account_id)
    may_change = may_write(current_person().role)
    shown = map_page(account, may_change=may_change, now=utcnow())
    return render_template("people/map.html", account=account, shown=shown, may_change=may_change)
