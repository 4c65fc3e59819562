"""How often people answer at accounts like one: the base rate that says whether a silence means anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, cast, func, or_, select

from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.engagement.turnout import has_counted_answer, is_answered, is_of_one_person
from vocapp.relationship.models import AccountScore
from vocapp.responses.models import Response

# To decline is to answer.
_ANSWERED = ("complete", "partial", "declined")


@dataclass(frozen=True, slots=True)
class AnswerRates:
    """(answered, silent, accounts) by tier; `fewest` accounts make a tier a measure of its own."""

    by_tier: Mapping[int | None, tuple[int, int, int]]
    fewest: float

    def of_tier(self, tier_id: int | None) -> float | None:
        """Return the share (0-1) that answered of the delivered invitations to waves that have closed.

        At customers of a tier, at all where the tier has too few; None where nobody was reached.
        """
        answered, silent, accounts = self.by_tier.get(tier_id, (0, 0, 0))
        if tier_id is None or accounts < self.fewest:
            answered, silent = (sum(one[place] for one in self.by_tier.values()) for place in (0, 1))
        return answered / (answered + silent) if answered + silent else None


def answer_rates(*, fewest: float) -> AnswerRates:
    """Return how often customers answer, in two statements.

    An answer counts in a score at once, a silence when the wave closes: what open waves have brought is
    taken away again, or every wave that runs would make silence look rarer.
    """
    heard = sum((_sum(way) for way in _ANSWERED[1:]), _sum(_ANSWERED[0]))
    rows = db.session.execute(
        select(Account.tier_id, heard, _sum("silent"), func.count())
        .join(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        # An account that nobody asked yet tells nothing of how its like answers.
        .where(Account.status == AccountStatus.ACTIVE, AccountScore.engagement.is_not(None))
        .group_by(Account.tier_id)
    ).all()
    early = _early_answers()
    by_tier = {
        tier: (max(0, answered - early.get(tier, 0)), silent, many) for tier, answered, silent, many in rows
    }
    return AnswerRates(by_tier, fewest)


def _early_answers() -> dict[int | None, int]:
    """Return tier → invitations to waves that still run which have been answered or declined."""
    waves = select(Wave.id).where(Wave.state == WaveState.OPEN, Wave.is_imported.is_(False))
    rows = db.session.execute(
        select(Account.tier_id, func.count())
        .select_from(Invitation)
        .outerjoin(Response, has_counted_answer())
        .join(Account, Account.id == Invitation.account_id)
        .where(
            Invitation.wave_id.in_(waves),
            is_of_one_person(),
            Account.status == AccountStatus.ACTIVE,
            or_(is_answered(), Invitation.state == InvitationState.DECLINED),
        )
        .group_by(Account.tier_id)
    )
    return dict(rows.all())


def _sum(way: str) -> Any:
    return func.coalesce(func.sum(cast(AccountScore.measures["outcomes"][way].as_integer(), Integer)), 0)
