"""The pages about one person and about who is who at an account."""

from flask import Blueprint, render_template

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Contact
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write

people = Blueprint("people", __name__)


@people.get("/people/<int:contact_id>")
def show(contact_id: int) -> str:
    """One person: who they are, how sure we are, what they said."""
    person = visible_or_404(Contact, contact_id)
    return render_template("people/show.html", person=person, may_change=may_write(current_person().role))
