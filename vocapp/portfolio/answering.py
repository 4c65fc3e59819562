"""The page "Who answers": what came of all invitations, by persona, manager, tier, segment and region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, case, cast, func, select

from vocapp.accounts.models import Account, Persona, Tier
from vocapp.accounts.queries import is_at_visible_account
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.engagement.turnout import has_counted_answer, is_answered, is_of_one_person, is_reached
from vocapp.identity.models import User
from vocapp.portfolio.answering_rules import Dimension, Line, Taken, lines_of
from vocapp.relationship.models import AccountScore
from vocapp.responses.models import Response

OF_ACCOUNTS = (Dimension.OWNER, Dimension.TIER, Dimension.SEGMENT, Dimension.REGION)


@dataclass(frozen=True, slots=True)
class Answering:
    """Everything on the page; dimensions in which all are alike are left out."""

    whole: Line
    groups: Mapping[Dimension, Sequence[Line]]


def answering_of(user: User) -> Answering:
    """Return who answers at the accounts a user may see, in two statements."""
    accounts = _by_account(user)
    groups = {Dimension.PERSONA: lines_of(_by_persona(user), 0)}
    groups |= {dimension: lines_of(accounts, place) for place, dimension in enumerate(OF_ACCOUNTS)}
    whole = lines_of([row._replace(names=("",)) for row in accounts], 0)
    return Answering(
        whole=whole[0] if whole else Line("", 0, 0, None, None, None, 0),
        groups={dimension: lines for dimension, lines in groups.items() if len(lines) > 1},
    )


def _by_account(user: User) -> list[Taken]:
    outcomes = AccountScore.measures["outcomes"]
    complete, partial, declined, silent = (
        cast(outcomes[way].as_integer(), Integer) for way in ("complete", "partial", "declined", "silent")
    )
    rows = db.session.execute(
        select(
            func.coalesce(User.name, ""),
            func.coalesce(Tier.name, ""),
            Account.segment,
            Account.region,
            AccountScore.engagement,
            complete + partial,
            complete + partial + declined + silent,
        )
        .join(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        .outerjoin(User, User.id == Account.owner_id)
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .where(Account.status == AccountStatus.ACTIVE, is_at_visible_account(Account.id, user))
    )
    return [
        Taken((owner, tier, segment, region), answered, asked, engagement)
        for owner, tier, segment, region, engagement, answered, asked in rows
    ]


def _by_persona(user: User) -> list[Taken]:
    # What is still open is nobody's silence yet.
    waves = select(Wave.id).where(Wave.is_imported.is_(False), Wave.state == WaveState.CLOSED)
    taken = (
        select(
            Invitation.persona_id,
            _count(is_answered()).label("answered"),
            _count(is_reached()).label("reached"),
        )
        .outerjoin(Response, has_counted_answer())
        .where(
            Invitation.wave_id.in_(waves),
            is_of_one_person(),
            is_at_visible_account(Invitation.account_id, user),
            Invitation.account_id.not_in(select(Account.id).where(Account.status != AccountStatus.ACTIVE)),
        )
        .group_by(Invitation.persona_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Persona.name, taken.c.answered, taken.c.reached)
        .select_from(taken)
        .outerjoin(Persona, Persona.id == taken.c.persona_id)
    )
    return [Taken((persona or "",), answered, asked, None) for persona, answered, asked in rows]


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
