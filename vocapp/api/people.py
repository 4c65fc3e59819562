"""Contacts as programs read them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.identity.models import User


def contacts_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return the people at accounts a user may see, as asked for, in no order yet.

    One who became part of another is told of there only.
    """
    contacts = (
        select(Contact)
        .where(Contact.account_id.in_(visible_account_ids(user)), Contact.merged_into_id.is_(None))
        .options(selectinload(Contact.personas))
    )
    for name in ("account_id", "external_id", "status"):
        if name in wanted:
            contacts = contacts.where(getattr(Contact, name) == wanted[name])
    if "email" in wanted:
        contacts = contacts.where(func.lower(Contact.email) == wanted["email"].strip().lower())
    if "updated_since" in wanted:
        contacts = contacts.where(Contact.changed_at >= wanted["updated_since"])
    return contacts
