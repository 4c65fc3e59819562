"""Assessments as tests need them."""

from datetime import datetime
from typing import Any

from tests.builders import NOW, save
from vocapp.accounts.models import Account, Contact, Note
from vocapp.assessments.models import Assessment
from vocapp.identity.models import User


def an_assessment(
    account: Account,
    *,
    contact: Contact | None = None,
    by: User | None = None,
    at: datetime = NOW,
    **ratings: int,
) -> Assessment:
    """An assessment, e.g. `an_assessment(account, goals=4)`; of `contact` where one is given."""
    default = {"attitude": 3} if contact else {"goals": 3}
    return save(
        Assessment(
            account_id=account.id,
            contact_id=contact.id if contact else None,
            author_id=by.id if by else None,
            ratings=ratings or default,
            at=at,
        )
    )


def a_note(account: Account, *, by: User | None = None, **values: Any) -> Note:
    defaults = {
        "account_id": account.id,
        "author_id": by.id if by else None,
        "text": "Called them.",
        "at": NOW,
    }
    return save(Note(**{**defaults, **values}))
