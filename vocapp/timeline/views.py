"""The whole story of an account or of a person, by topic, as far back as anything is known."""

from flask import Blueprint, render_template, request

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact
from vocapp.core.web import requested_text
from vocapp.timeline.queries import story_of
from vocapp.timeline.sources import Scope
from vocapp.timeline.story import Story, Topic, place_from

timeline = Blueprint("timeline", __name__)

EVENTS_PER_PAGE = 30


def requested_story(scope: Scope) -> tuple[Story, Topic | None]:
    """Return the part of a story that the address asks for; nonsense asks for the newest of everything."""
    topic = request.args.get("show", type=Topic)
    before = place_from(requested_text("before"))
    return story_of(scope, topic=topic, before=before, size=EVENTS_PER_PAGE), topic


@timeline.get("/accounts/<int:account_id>/timeline")
def of_account(account_id: int) -> str:
    """Everything that happened at an account, newest first."""
    account = visible_or_404(Account, account_id)
    story, topic = requested_story(Scope(account.id))
    return render_template("timeline/account.html", account=account, story=story, topic=topic)


@timeline.get("/people/<int:contact_id>/timeline")
def of_person(contact_id: int) -> str:
    """Everything that happened with a person, newest first."""
    person = visible_or_404(Contact, contact_id)
    story, topic = requested_story(Scope(person.account_id, person.id))
    return render_template("timeline/person.html", person=person, story=story, topic=topic)
