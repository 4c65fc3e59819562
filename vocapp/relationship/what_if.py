"""What if another method were in force: who would change colour. Computed, and kept nowhere."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from surveys.status import Status
from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db
from vocapp.engagement.queries import ACCOUNTS_AT_ONCE
from vocapp.method.rules import Method, Move
from vocapp.relationship.models import AccountScore
from vocapp.relationship.service import score_everything

# Up to as many accounts somebody can wait for; more are worked out in the background.
ACCOUNTS_TO_WAIT_FOR = 2000


def is_quick() -> bool:
    """Whether there are so few accounts that a page can show who would change colour at once."""
    accounts = db.session.scalar(select(func.count()).select_from(Account)) or 0
    return accounts <= ACCOUNTS_TO_WAIT_FOR


def colour_changes(method: Method, *, as_of: date) -> tuple[Move, ...]:
    """Return the customers whose colour would be another one by a method than the one that pages show.

    By account id. `as_of` is today; all accounts are scored, as the full rescore that follows would do it,
    and nothing is written.
    """
    shown = _colours_of_customers()
    return tuple(
        Move(score.account_id, shown[score.account_id], score.status.value)
        for some in score_everything(as_of=as_of, method=method).batches()
        for score in some
        if score.account_id in shown and score.status.value != shown[score.account_id]
    )


def regions_of(account_ids: Collection[int]) -> list[str]:
    """Return the regions of accounts, each once; an empty one for those without."""
    found: set[str] = set()
    ids = sorted(account_ids)
    for start in range(0, len(ids), ACCOUNTS_AT_ONCE):
        some = ids[start : start + ACCOUNTS_AT_ONCE]
        found.update(db.session.scalars(select(Account.region).where(Account.id.in_(some)).distinct()))
    return sorted(found)


def _colours_of_customers() -> dict[int, str]:
    """Return account id → the colour that pages show, of present customers; grey before the first score."""
    latest = AccountScore.is_latest & (AccountScore.account_id == Account.id)
    rows = db.session.execute(
        select(Account.id, func.coalesce(AccountScore.status, Status.GREY.value))
        .outerjoin(AccountScore, latest)
        .where(Account.status == AccountStatus.ACTIVE)
    )
    return dict(rows.all())
