"""The page of a person, and who is who at an account."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.people.map_page import map_page
from vocapp.people.person_page import person_page
from vocapp.sync.addresses import links_elsewhere

people = Blueprint("people", __name__)


@people.get("/people/<int:contact_id>")
def show(contact_id: int) -> ResponseReturnValue:
    """One person: who they are, how sure we are, what they said, what happened.

    A record that was merged leads to the person it became part of.
    """
    person, me = visible_or_404(Contact, contact_id), current_person()
    if person.merged_into_id is not None:
        return redirect(url_for("people.show", contact_id=person.merged_into_id))
    return render_template(
        "people/show.html",
        shown=person_page(person, reader=me, now=utcnow()),
        records_there=links_elsewhere("contact", contact_id),
        may_change=may_write(me.role),
    )


@people.get("/accounts/<int:account_id>/map")
def map(account_id: int) -> str:
    """Who reports to whom at an account, how they stand to us, and who is missing."""
    account = visible_or_404(Account, account_id)
    may_change = may_write(current_person().role)
    shown = map_page(account, may_change=may_change, now=utcnow())
    return render_template("people/map.html", account=account, shown=shown, may_change=may_change)
