"""Whom and what a body names, among what the token's user may see."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import visible_accounts
from vocapp.accounts.rules import comparable_id
from vocapp.api.problems import Problem
from vocapp.core.db import db
from vocapp.identity.models import User

NO_ACCOUNT = "There is no account with this id among yours."
NAME_ONE = "Name the account by account_id or by account_external_id, not by both."
NOBODY = "There is nobody with this address at the account."


def account_named(body: Mapping[str, Any], reader: User) -> Account:
    """Return the account a body names by `account_id` or `account_external_id`; else ends in a 422.

    One of somebody else's is told in the words of one that does not exist.
    """
    named = [name for name in ("account_id", "account_external_id") if name in body]
    if len(named) != 1:
        raise refused("/account_id", NAME_ONE)
    is_it = (
        Account.id == body["account_id"]
        if named == ["account_id"]
        else Account.external_key == comparable_id(body["account_external_id"])
    )
    found: Account | None = db.session.scalar(visible_accounts(reader).where(is_it))
    if found is None:
        raise refused(f"/{named[0]}", NO_ACCOUNT)
    return found


def person_named(body: Mapping[str, Any], account: Account) -> int | None:
    """Return the contact at an account that a body names by `contact_email`, None for none; else a 422."""
    if "contact_email" not in body:
        return None
    address = body["contact_email"].strip().lower()
    person = select(Contact.id).where(Contact.account_id == account.id, func.lower(Contact.email) == address)
    found = db.session.scalar(person.order_by(Contact.merged_into_id.is_not(None)).limit(1))
    if found is None:
        raise refused("/contact_email", NOBODY)
    return int(found)


def refused(pointer: str, detail: str) -> Problem:
    """Return a 422 about one field of a body."""
    return Problem(422, detail, errors=[{"pointer": pointer, "detail": detail}])
