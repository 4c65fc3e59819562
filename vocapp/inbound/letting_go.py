"""Letting go of mails as they came, once they are old: what was read from them stays."""

from datetime import datetime

from sqlalchemy import select, update

from vocapp.core.db import db
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState

# Few enough that nobody waits for the lock, should all of them be large.
AT_ONCE = 100


def let_go_of_old(*, before: datetime, after_id: int) -> int | None:
    """Empty some mails that came in before a time; return the number of the last, None when no more wait.

    `after_id` is the number of the mail to begin behind. One that nobody judged yet stays whole, and so does
    one that somebody holds, until the next time.
    """
    old = select(InboundMail.id).where(
        InboundMail.id > after_id,
        InboundMail.received_at < before,
        InboundMail.state != InboundState.RECEIVED,
        InboundMail.raw.is_not(None),
    )
    some = old.order_by(InboundMail.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    ids = db.session.scalars(some).all()
    if not ids:
        return None
    emptied = update(InboundMail).where(InboundMail.id.in_(ids)).values(raw=None)
    db.session.execute(emptied, execution_options={"synchronize_session": False})
    return ids[-1]
