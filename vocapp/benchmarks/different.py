"""Which accounts differ from all others by more than chance, over every account and measure of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Integer, cast, select

from surveys.against_rest import AgainstRest, findings, nps_against_rest, shares_against_rest
from surveys.disclosure import CellSize
from vocapp.accounts.models import Account
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.relationship.models import AccountScore

NPS, PARTICIPATION = "nps", "participation"
# Where most of the differences are by chance, the list says so instead of naming accounts.
FALSE_DISCOVERIES = 0.05


class Counts(NamedTuple):
    """What is counted at an account: three classes of answers; people last heard of answering, and in all.

    People and not invitations: whoever never answers would count as many times as they were asked.
    """

    account_id: int
    name: str
    is_visible: bool
    promoters: int
    passives: int
    detractors: int
    answered: int
    people: int


@dataclass(frozen=True, slots=True)
class Different:
    """An account that differs from all others in a measure: by how much, and between what (-2 to 2)."""

    account_id: int
    name: str
    measure: str
    n: int
    difference: float
    ci: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Differences:
    """Accounts a reader may see that differ, largest difference first, and how many were compared.

    `elsewhere` is how many differences there are at accounts the reader may not see.
    """

    found: Sequence[Different]
    accounts: int
    tests: int
    elsewhere: int = 0


def differing(user: User) -> Differences:
    """Return the accounts that differ from all other customers, at a false discovery rate of 5 %."""
    seen = set(db.session.scalars(visible_account_ids(user)))
    measures = AccountScore.measures
    numbers = [
        measures["classes"]["promoters"],
        measures["classes"]["passives"],
        measures["classes"]["detractors"],
        *(measures["people"][voice] for voice in ("answered", "declined", "silent")),
    ]
    rows = db.session.execute(
        select(Account.id, Account.name, *(_number(one) for one in numbers))
        .join(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        .where(Account.status == AccountStatus.ACTIVE)
        .order_by(Account.id)
    )
    return differences_among(
        [
            Counts(account, name, account in seen, p, s, d, answered, answered + declined + silent)
            for account, name, p, s, d, answered, declined, silent in rows
        ]
    )


def differences_among(counts: Sequence[Counts]) -> Differences:
    """Return which of all accounts differ from the rest (docs/method.md §6); only visible ones are named.

    Where somebody may not see all of them, the others must be too many to be worked out from a difference.
    """
    hidden = [one for one in counts if not one.is_visible]
    rated = sum(one.promoters + one.passives + one.detractors for one in hidden)
    is_telling = bool(hidden) and not CellSize(rated, len(hidden)).is_enough
    if len(counts) < 2 or is_telling:
        return Differences((), len(counts), 0)
    classes = np.array([[one.promoters, one.passives, one.detractors] for one in counts], dtype=float)
    answered = np.array([one.answered for one in counts], dtype=float)
    people = np.array([one.people for one in counts], dtype=float)
    screen = {NPS: nps_against_rest(classes), PARTICIPATION: shares_against_rest(answered, people)}
    kept = findings(screen, rate=FALSE_DISCOVERIES)
    sizes = {NPS: classes.sum(axis=1), PARTICIPATION: people}
    found = [
        _different(counts[row], measure, screen[measure], row, n=int(sizes[measure][row]))
        for measure, flags in kept.items()
        for row in np.flatnonzero(flags).tolist()
        if counts[row].is_visible
    ]
    tests = sum(int(np.isfinite(one.p_value).sum()) for one in screen.values())
    total = sum(int(flags.sum()) for flags in kept.values())
    largest_first = sorted(found, key=lambda one: -abs(one.difference))
    return Differences(largest_first, len(counts), tests, elsewhere=total - len(found))


def _different(one: Counts, measure: str, found: AgainstRest, row: int, *, n: int) -> Different:
    ci = (float(found.low[row]), float(found.high[row]))
    return Different(one.account_id, one.name, measure, n, float(found.difference[row]), ci)


def _number(value: Any) -> Any:
    return cast(value.as_integer(), Integer)
