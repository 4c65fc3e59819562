"""When mail stops for the sake of our standing: judging complaints, and telling the administrators once."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.web import absolute_url
from vocapp.identity.models import User
from vocapp.identity.queries import administrators
from vocapp.outbox.models import MailLane, Message
from vocapp.outbox.pacing import EVERYTHING
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message
from vocapp.outbox.standing import MAIL_PAUSED, judge_complaints

WORTH = timedelta(days=2)


def judge_mail_complaints(_payload: Mapping[str, Any]) -> None:
    """Stop all mail when too many of the last mails were reported as spam."""
    with transaction():
        judge_complaints(now=utcnow())


def tell_of_mail_pause(payload: Mapping[str, Any]) -> None:
    """Put one mail to each administrator on its way about a pause; the same pause is told once."""
    pause = f"{payload['lane']} {payload['paused_at']}"
    name = hashlib.sha256(pause.encode()).hexdigest()[:24]
    now = utcnow()
    with transaction():
        for administrator in administrators():
            queue_message(
                key=f"{MAIL_PAUSED}:{name}:{administrator.id}",
                template=MAIL_PAUSED,
                context=dict(payload),
                subject_kind="user",
                subject_id=administrator.id,
                to_address=administrator.email,
                to_name=administrator.name,
                send_by=now + WORTH,
            )


def mail_paused_letter(message: Message) -> LetterContext | None:
    """Return the mail about a pause; None when it is over, or the reader may not sign in."""
    user = db.session.get(User, message.subject_id)
    lane = db.session.get(MailLane, message.context["lane"])
    since = datetime.fromisoformat(message.context["paused_at"])
    if user is None or not user.active or lane is None or lane.paused_at != since:
        return None
    return LetterContext(
        {
            "name": user.name,
            "lane": None if lane.name == EVERYTHING else lane.name,
            "reason": lane.paused_reason or "",
            "hours": _hours_between(since, lane.resumes_at),
            "page_url": absolute_url("deliveries.index"),
        }
    )


def _hours_between(since: datetime, until: datetime | None) -> int | None:
    return None if until is None else round((until - since) / timedelta(hours=1))
