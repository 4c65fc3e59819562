"""The roster form as a browser sends it, and what became of it."""

import re
from typing import Any

from sqlalchemy import select

from tests.conftest import CheckingClient
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db
from vocapp.freshness.models import Evidence
from vocapp.rosters.models import RosterConfirmation, RosterLine


def fields(*contacts: Contact, **values: Any) -> dict[str, Any]:
    """A form in which everybody stays, with some fields changed."""
    return {
        "seen": "0",
        **{f"decision-{contact.id}": "keep" for contact in contacts},
        **{name.replace("_", "-"): value for name, value in values.items()},
    }


def send(client: CheckingClient, account: Account, typed: dict[str, Any], **query: str) -> Any:
    return client.post(f"/accounts/{account.id}/roster", data=typed, query_string=query)


def text_of(client: CheckingClient, account: Account) -> str:
    response = client.get(f"/accounts/{account.id}/roster")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def is_chosen(page: str, contact: Contact, decision: str) -> bool:
    pattern = rf'name="decision-{contact.id}"(?: id="[^"]*")? value="{decision}" checked'
    return re.search(pattern, page) is not None


def lines_of(account: Account) -> dict[int, tuple[str, str, str]]:
    lines = (
        select(RosterLine)
        .join(RosterConfirmation)
        .where(RosterConfirmation.account_id == account.id, RosterConfirmation.is_latest)
    )
    return {line.contact_id: (line.decision, line.reason, line.note) for line in db.session.scalars(lines)}


def evidence_of(contact: Contact) -> list[str]:
    return list(db.session.scalars(select(Evidence.kind).where(Evidence.contact_id == contact.id)))


def fresh(contact: Contact) -> Contact:
    db.session.refresh(contact)
    return contact


def replacing(contact: Contact, **values: Any) -> dict[str, Any]:
    return {
        f"decision-{contact.id}": "replace",
        f"reason-{contact.id}": "left",
        **{f"{name}-{contact.id}": value for name, value in values.items()},
    }
