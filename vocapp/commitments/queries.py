"""Promises to a customer, read only."""

from collections.abc import Sequence

from sqlalchemy import case, select

from vocapp.commitments.models import Commitment
from vocapp.commitments.rules import CommitmentState
from vocapp.core.db import db


def commitments_of(account_id: int, *, most: int | None = None) -> Sequence[Commitment]:
    """Return what was promised to an account: open ones first, the nearest day before others.

    Of those that are settled the newest comes first.
    """
    is_open = case((Commitment.state == CommitmentState.OPEN, 0), else_=1)
    promised_for = case((Commitment.state == CommitmentState.OPEN, Commitment.due_on))
    found = (
        select(Commitment)
        .where(Commitment.account_id == account_id)
        .order_by(is_open, promised_for.nulls_last(), Commitment.settled_at.desc(), Commitment.id.desc())
    )
    return db.session.scalars(found.limit(most) if most else found).unique().all()
