"""Locks on the records of ours behind links, in the one order there is."""

from collections.abc import Iterable

from sqlalchemy import select

from vocapp.accounts.holding import hold_accounts, hold_contacts
from vocapp.accounts.models import Contact
from vocapp.core.db import db
from vocapp.sync.fields import Entity
from vocapp.sync.models import CrmLink


def hold_ours(links: Iterable[CrmLink]) -> None:
    """Hold the accounts and people behind links, accounts first, before anything else about them is touched.

    Whoever notes that somebody left, or decides about a conflict, and only then takes the account could wait
    in a circle with somebody who began with the account.
    """
    found = [(link.entity, link.local_id) for link in links if link.local_id is not None]
    accounts = {local_id for entity, local_id in found if entity == Entity.ACCOUNT}
    people = {local_id for entity, local_id in found if entity == Entity.CONTACT}
    if people:
        at = select(Contact.account_id).where(Contact.id.in_(people)).distinct()
        accounts |= set(db.session.scalars(at))
    if accounts:
        hold_accounts(accounts)
    hold_contacts(people)
