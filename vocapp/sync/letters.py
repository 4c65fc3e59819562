"""The mail to administrators when a connection fails again and again."""

from datetime import datetime, timedelta

from vocapp.core.db import db
from vocapp.core.web import absolute_url
from vocapp.identity.models import User
from vocapp.identity.queries import administrators
from vocapp.outbox.models import Message
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message
from vocapp.sync.models import CrmConnection

TEMPLATE = "sync_failing"
WORTH = timedelta(days=2)


def tell_administrators(connection: CrmConnection, *, now: datetime) -> None:
    """Put one mail to each administrator on its way about the failures that begin now."""
    for administrator in administrators():
        queue_message(
            key=f"{TEMPLATE}:{connection.id}:{administrator.id}:{now:%Y%m%d%H%M}",
            template=TEMPLATE,
            context={"connection_id": connection.id},
            subject_kind="user",
            subject_id=administrator.id,
            to_address=administrator.email,
            to_name=administrator.name,
            send_by=now + WORTH,
        )


def sync_failing_letter(message: Message) -> LetterContext | None:
    """Return the mail as things are now; None when it works again, or the reader may not sign in."""
    user = db.session.get(User, message.subject_id)
    connection = db.session.get(CrmConnection, message.context["connection_id"])
    if user is None or not user.active or connection is None or connection.alerted_at is None:
        return None
    return LetterContext(
        {
            "name": user.name,
            "system": connection.name,
            "failures": connection.failures,
            "reason": connection.last_error or "",
            "page_url": absolute_url("sync.show", connection_id=connection.id),
        }
    )
