"""Search: the accounts and people a user may see whose name, address or title holds some text, read only."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from vocapp.accounts.listing import AccountFilter, PeopleFilter, listed_accounts, listed_people
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.relationship.models import AccountScore

MOST_FOUND = 12


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the first accounts (with status) and people, and whether there are more."""

    text: str
    accounts: Sequence[tuple[Account, str]]
    people: Sequence[Contact]
    has_more_accounts: bool
    has_more_people: bool


def search(user: User, text: str) -> Found:
    """Return what a user may see that holds a text; nothing for an empty text."""
    if not text:
        return Found("", (), (), has_more_accounts=False, has_more_people=False)
    accounts = (
        db.session.scalars(
            listed_accounts(user, AccountFilter(text=text))
            .order_by(Account.search_text, Account.id)
            .limit(MOST_FOUND + 1)
        )
        .unique()
        .all()
    )
    people = db.session.scalars(
        listed_people(user, PeopleFilter(text=text))
        .order_by(Contact.search_text, Contact.id)
        .limit(MOST_FOUND + 1)
    ).all()
    ids = [account.id for account in accounts]
    statuses: dict[int, str] = dict(
        db.session.execute(
            select(AccountScore.account_id, AccountScore.status).where(
                AccountScore.account_id.in_(ids), AccountScore.is_latest
            )
        ).all()
    )
    return Found(
        text=text,
        accounts=[(account, statuses.get(account.id, "grey")) for account in accounts[:MOST_FOUND]],
        people=people[:MOST_FOUND],
        has_more_accounts=len(accounts) > MOST_FOUND,
        has_more_people=len(people) > MOST_FOUND,
    )
