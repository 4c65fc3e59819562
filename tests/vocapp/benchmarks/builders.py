"""Accounts with stored scores, for comparisons."""

from typing import Any

from tests.builders import NOW, an_account, save
from vocapp.accounts.models import Account
from vocapp.relationship.models import AccountScore


def a_scored_account(
    *, strength: float | None = 60.0, answers: int = 5, measures: dict[str, Any] | None = None, **values: Any
) -> Account:
    account = an_account(**values)
    save(
        AccountScore(
            account_id=account.id,
            as_of=NOW.date(),
            strength=strength,
            engagement=None if strength is None else strength / 100,
            sentiment=None if strength is None else strength / 100,
            footprint=1.0,
            answers=answers,
            status="amber",
            measures=measures or {"nps_shrunk": {"alpha": None}},
        )
    )
    return account
