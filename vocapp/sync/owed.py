"""What a run still owes: ids noted in the transaction that caused it, so that no crash forgets them."""

from collections.abc import Collection
from enum import StrEnum

from vocapp.core.db import db
from vocapp.sync.models import CrmConnection


class Debt(StrEnum):
    """What is to be done with the ids, which are theirs."""

    CHILDREN_OF_ACCOUNTS = "children_of_accounts"
    CHILDREN_OF_CONTACTS = "children_of_contacts"
    ROLES = "roles"
    OWNERS = "owners"


def owe(connection_id: int, debt: Debt, ids: Collection[str]) -> None:
    """Note that something is to be done with records once everything is read."""
    if not ids:
        return
    connection = db.session.get_one(CrmConnection, connection_id)
    owed = connection.options.get("owed", {})
    connection.options = {
        **connection.options,
        "owed": {**owed, debt.value: sorted({*owed.get(debt.value, ()), *ids})},
    }
    db.session.flush()


def owed(connection_id: int, debt: Debt) -> list[str]:
    """Return the ids of which something is still to be done."""
    connection = db.session.get_one(CrmConnection, connection_id, populate_existing=True)
    return list(connection.options.get("owed", {}).get(debt.value, ()))


def pay(connection_id: int, debt: Debt, ids: Collection[str]) -> None:
    """Note that it was done with some ids, in the transaction that did it."""
    connection = db.session.get_one(CrmConnection, connection_id)
    left = {name: list(rest) for name, rest in connection.options.get("owed", {}).items()}
    left[debt.value] = sorted(set(left.get(debt.value, ())) - set(ids))
    connection.options = {**connection.options, "owed": {name: rest for name, rest in left.items() if rest}}
    db.session.flush()
