"""Locks on accounts and people, taken in one order, so that nobody waits for each other in a circle.

Whoever changes what is known of people takes first the account, then contacts by their numbers, then
invitations and requests, then suggestions, then mails, then jobs; each as far as it needs them. What is held
is held until the end of the transaction. SQLite has one writer anyway.
"""

from collections.abc import Collection

from sqlalchemy import Select, or_, select

from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db

# Whoever adds a row that points at an account or a contact need not wait for us.
NOT_THE_KEY = {"key_share": True}


def hold_account(account_id: int) -> Account:
    """Hold an account, and return it as it is now."""
    return db.session.get_one(Account, account_id, with_for_update=NOT_THE_KEY, populate_existing=True)


def hold_accounts(account_ids: Collection[int]) -> None:
    """Hold some accounts."""
    rows = select(Account.id).where(Account.id.in_(account_ids)).order_by(Account.id)
    db.session.execute(rows.with_for_update(key_share=True))


def hold_contacts(contact_ids: Collection[int]) -> None:
    """Hold some contacts, and whom they have become part of."""
    if contact_ids:
        hold_people(select(Contact.id).where(Contact.id.in_(contact_ids)))


def hold_contact(contact: Contact) -> None:
    """Hold one contact, and read them as they are now."""
    db.session.refresh(contact, with_for_update=NOT_THE_KEY)


def hold_people_at(email_key: str) -> None:
    """Hold everybody who has an address (in comparable form), and whom they have become part of."""
    hold_people(select(Contact.id).where(Contact.email_key == email_key))


def hold_people_of(account_id: int) -> None:
    """Hold everybody at an account, merged records included."""
    hold_people(select(Contact.id).where(Contact.account_id == account_id))


def hold_people(wanted: Select[int]) -> None:
    """Hold the contacts whose numbers are selected, and whom they have become part of."""
    kept = select(Contact.merged_into_id).where(Contact.id.in_(wanted), Contact.merged_into_id.is_not(None))
    both = select(Contact.id).where(or_(Contact.id.in_(wanted), Contact.id.in_(kept)))
    db.session.execute(both.order_by(Contact.id).with_for_update(of=Contact, key_share=True))
