"""What other systems told of accounts, read only."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from vocapp.core.db import db
from vocapp.signals.models import AccountEvent
from vocapp.signals.rules import CaseLoad, EventKind, days_open


def open_cases(account_ids: Collection[int], *, now: datetime) -> dict[int, CaseLoad]:
    """Return account id → its open cases; accounts without one are left out. Takes one statement."""
    rows = db.session.execute(
        select(
            AccountEvent.account_id,
            func.count(),
            func.count().filter(AccountEvent.is_urgent),
            func.min(AccountEvent.occurred_at),
        )
        .where(
            AccountEvent.account_id.in_(account_ids),
            AccountEvent.kind == EventKind.CASE,
            AccountEvent.ended_at.is_(None),
            AccountEvent.is_deleted.is_(False),
        )
        .group_by(AccountEvent.account_id)
    )
    return {
        account_id: CaseLoad(count, urgent, days_open(oldest, now=now))
        for account_id, count, urgent, oldest in rows
    }
