"""Which account another has become part of: identifiers of merged accounts still lead somewhere."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from vocapp.accounts.models import Account
from vocapp.core.db import db


def kept_account(account: Account) -> Account:
    """Return the account that this one is part of by now: itself, or the one it was merged into."""
    seen = {account.id}
    while account.merged_into_id is not None and account.merged_into_id not in seen:
        seen.add(account.merged_into_id)
        account = db.session.get_one(Account, account.merged_into_id)
    return account


def ids_of_keys(external_keys: Collection[str]) -> dict[str, int]:
    """Return identifier in comparable form → id of the account it leads to; unknown ones are left out."""
    part_of = func.coalesce(Account.merged_into_id, Account.id)
    found = select(Account.external_key, part_of).where(Account.external_key.in_(list(external_keys)))
    return dict(db.session.execute(found).all())


def merged_keys() -> dict[str, str]:
    """Return the identifier of each merged account → that of the account it became part of."""
    kept = aliased(Account)
    pairs = select(Account.external_key, kept.external_key).join(kept, kept.id == Account.merged_into_id)
    return dict(db.session.execute(pairs).all())
