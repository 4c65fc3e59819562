"""Writing down what a CSM thinks of an account or a stakeholder."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.assessments.models import Assessment
from vocapp.assessments.queries import said_since
from vocapp.assessments.rules import (
    LONGEST_NOTE,
    SAME_WITHIN,
    are_acceptable,
    as_typed,
    is_blank,
    questions_for,
)
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User


def record_assessment(
    account: Account,
    ratings: Mapping[str, int],
    *,
    contact: Contact | None = None,
    note: str = "",
    by: User,
    now: datetime,
) -> Assessment:
    """Store one filled-in form, of an account or of one stakeholder there, and return it.

    The same form of the same person again within a minute is the one that is there already; another person's
    is kept beside it. No score changes. Raises `DomainError` for ratings outside 1-5 or of unknown questions,
    for a form without any, for somebody of another account, and for somebody who has left.
    """
    refuse_absent(contact)
    if contact is not None and contact.account_id != account.id:
        raise DomainError(f"{contact.full_name} does not belong to {account.name}; open their own page.")
    if not are_acceptable(ratings, questions_for(is_person=contact is not None)):
        raise DomainError("Answer at least one question, each with a number from 1 to 5.")
    note = "" if is_blank(note) else as_typed(note)
    if len(note) > LONGEST_NOTE:
        raise DomainError(f"The note is longer than {LONGEST_NOTE:,} characters; shorten it.")
    wait_for_own_writing(by)
    contact_id = contact.id if contact else None
    for known in said_since(account.id, contact_id, author_id=by.id, moment=now - SAME_WITHIN):
        if known.ratings == dict(ratings) and known.note == note:
            return known
    said = Assessment(
        account_id=account.id,
        contact_id=contact_id,
        author_id=by.id,
        ratings=dict(ratings),
        note=note,
        at=now,
    )
    db.session.add(said)
    db.session.flush()
    record_act(
        "contact_assessed" if contact else "account_assessed",
        actor_id=by.id,
        subject_kind="contact" if contact else "account",
        subject_id=contact_id or account.id,
        details={"answered": len(ratings)},
    )
    return said


def refuse_absent(contact: Contact | None) -> None:
    """Raise `DomainError` for somebody who has left: what we think of them is past."""
    if contact is not None and contact.status == ContactStatus.LEFT:
        raise DomainError(f"{contact.full_name} has left; assess whoever took over.")


def wait_for_own_writing(user: User) -> None:
    """Let one writing of a user end before the next looks what is there, so that a double click is seen."""
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update(key_share=True))
