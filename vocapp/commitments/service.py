"""Promising something, and saying what became of it."""

from datetime import date, datetime

from vocapp.accounts.models import Account
from vocapp.commitments.models import Commitment
from vocapp.commitments.queries import commitments_of
from vocapp.commitments.rules import LONGEST, MOST_OPEN, CommitmentState
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User


def promise(account: Account, text: str, *, due_on: date | None, by: User, now: datetime) -> Commitment:
    """Note what was promised to an account. Raises `DomainError` for nothing, too much, or too many."""
    said = " ".join(text.split())
    if not said:
        raise DomainError("Say what was promised, in a sentence a customer may read.")
    if len(said) > LONGEST:
        raise DomainError(f"Shorten it to {LONGEST} characters; it has {len(said)}.")
    if sum(one.state == CommitmentState.OPEN for one in commitments_of(account.id)) >= MOST_OPEN:
        raise DomainError(f"{MOST_OPEN} promises are open here; settle some before you make another.")
    made = Commitment(account_id=account.id, text=said, due_on=due_on, made_by_id=by.id, made_at=now)
    db.session.add(made)
    db.session.flush()
    record_act("promised", actor_id=by.id, subject_kind="commitment", subject_id=made.id)
    return made


def settle(commitment: Commitment, state: CommitmentState, *, by: User, now: datetime) -> None:
    """Say that a promise was kept or dropped, or open it again."""
    commitment.state = state
    commitment.settled_at = None if state is CommitmentState.OPEN else now
    db.session.flush()
    record_act(f"promise_{state.value}", actor_id=by.id, subject_kind="commitment", subject_id=commitment.id)
