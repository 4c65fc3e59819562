"""Rows to begin with: a believable company's customers, or very many of them."""

from datetime import timedelta

from tests.salesforce_emulator.moments import write_moment
from tests.salesforce_emulator.org import ADMIN_USER, Org


def seed_demo(org: Org) -> None:
    """Fill an org with about forty accounts and what belongs to them."""
    seed_many(org, accounts=40, contacts=160)


def seed_many(org: Org, *, accounts: int, contacts: int) -> None:
    """Fill an org with plain accounts and contacts; stamps rise by a second and end an hour ago."""
    first = org.clock.now() - timedelta(hours=1, seconds=accounts + contacts)
    keys = []
    for number in range(accounts):
        stamp = write_moment(first + timedelta(seconds=number))
        row = {"Id": org.new_id("Account"), "Name": f"Account {number:06d}", "OwnerId": ADMIN_USER}
        org.put(row | org.stamps(stamp, ADMIN_USER))
        keys.append(row["Id"])
    for number in range(contacts):
        stamp = write_moment(first + timedelta(seconds=accounts + number))
        row = {
            "Id": org.new_id("Contact"),
            "FirstName": "Person",
            "LastName": f"{number:07d}",
            "Name": f"Person {number:07d}",
            "Email": f"person{number}@customer{number % max(accounts, 1)}.example",
            "OwnerId": ADMIN_USER,
        }
        if keys:
            row["AccountId"] = keys[number % len(keys)]
        org.put(row | org.stamps(stamp, ADMIN_USER))
