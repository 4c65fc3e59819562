"""What tests of evidence and suggestions start from."""

import itertools
from typing import Any

from tests.builders import NOW, a_contact, an_account
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, SuggestionKind
from vocapp.freshness.service import record_evidence, suggest

_numbers = itertools.count(1)


def told(contact: Contact, kind: EvidenceKind = EvidenceKind.SAID_LEFT, **values: Any) -> Evidence | None:
    """Evidence about a contact, by default that a colleague said on the champion's page that they left."""
    defaults = {"source": EvidenceSource.CHAMPION_PAGE, "source_id": next(_numbers), "occurred_at": NOW}
    with transaction():
        return record_evidence(contact, kind, now=NOW, **{**defaults, **values})


def a_doubt(contact: Contact) -> Evidence:
    """Evidence that took a contact's confirmation away."""
    evidence = told(contact)
    assert evidence is not None, "a new number is told for the first time"
    return evidence


def a_suggestion(
    account: Account | None = None, kind: SuggestionKind = SuggestionKind.NEW_PERSON, **values: Any
) -> Suggestion:
    """A suggestion, by default that Ken Ito be added, named by somebody at the account."""
    account = account or an_account()
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "key": f"test:{number}",
        "source": EvidenceSource.ANSWER_PAGE,
        "source_id": number,
    }
    if kind is SuggestionKind.NEW_PERSON:
        defaults["values"] = {"first_name": "Ken", "last_name": "Ito", "email": "ken@customer.example"}
        defaults["persona_key"] = "champion"
    if "named_by_id" not in values and "contact_id" not in values:
        defaults["named_by_id"] = a_contact(account, first_name="Zenobia", last_name="Quist").id
    with transaction():
        return suggest(account.id, kind, now=NOW, **{**defaults, **values})


def a_left_suggestion(contact: Contact, **values: Any) -> Suggestion:
    """A suggestion that a contact has left."""
    account = db.session.get_one(Account, contact.account_id)
    return a_suggestion(account, SuggestionKind.LEFT, contact_id=contact.id, **values)


def a_correction(contact: Contact, **changes: Any) -> Suggestion:
    """A suggestion that a contact has other values."""
    account = db.session.get_one(Account, contact.account_id)
    return a_suggestion(account, SuggestionKind.CORRECTION, contact_id=contact.id, values=changes)
