"""The yearly mail about the method: queued by version, day and reader, written when it is sent."""

from datetime import date, datetime, timedelta

from surveys.parameters import DEFAULT_METHOD, changes_between
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.web import absolute_url
from vocapp.core.workdays import next_polite_moment, place_of
from vocapp.identity.models import User
from vocapp.method.models import MethodVersion
from vocapp.method.queries import DECIDERS, deciders, version_in_force
from vocapp.outbox.models import Message
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message

TEMPLATE = SUBJECT = "method_review"
# Afterwards the note on the page says it.
WORTH = timedelta(days=14)


def review_due(on: date) -> MethodVersion | None:
    """Return the version in force when its yearly look is due on a day or was before."""
    current = version_in_force()
    if current is None or current.next_review_on is None or current.next_review_on > on:
        return None
    return current


def queue_reviews(*, now: datetime) -> int:
    """Write once to everybody who may change the method when its yearly look is due; return to how many.

    Asking again for the same year changes nothing.
    """
    due = review_due(now.date())
    if due is None:
        return 0
    people = deciders()
    for person in people:
        send_at = next_polite_moment(now, place_of(person.time_zone))
        queue_message(
            key=f"{TEMPLATE}:{due.number}:{due.next_review_on}:{person.id}",
            template=TEMPLATE,
            context={"user_id": person.id},
            subject_kind=SUBJECT,
            subject_id=person.id,
            to_address=person.email,
            to_name=person.name,
            send_at=send_at,
            send_by=send_at + WORTH,
        )
    return len(people)


def method_review_letter(message: Message) -> LetterContext | None:
    """Return the mail as things are now; None once somebody looked, or the reader may no longer decide."""
    person = db.session.get(User, message.subject_id)
    due = review_due(utcnow().date())
    if due is None or person is None or not person.active or person.role not in DECIDERS:
        return None
    return LetterContext(
        {
            "name": person.name,
            "number": due.number,
            "changes": [change.words for change in changes_between(DEFAULT_METHOD, due.chosen)],
            "parameters_url": absolute_url("parameters.index"),
        }
    )
