"""The page "Who answers": what came of all invitations, by persona, manager, tier, segment and region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, and_, case, cast, func, or_, select

from vocapp.accounts.models import Account, Contact, Persona, Tier
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
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
        .where(Account.status == AccountStatus.ACTIVE, Account.id.in_(visible_account_ids(user)))
    )
    return [
        Taken((owner, tier, segment, region), answered, asked, engagement)
        for owner, tier, segment, region, engagement, answered, asked in rows
    ]


def _by_persona(user: User) -> list[Taken]:
    is_answered = and_(Response.id.is_not(None), Response.quarantine_reason.is_(None))
    is_reached = or_(
        is_answered,
        Invitation.state == InvitationState.DECLINED,
        # The silence of somebody who has left is nobody's.
        and_(Invitation.state == InvitationState.SILENT, Contact.status != ContactStatus.LEFT),
    )
    rows = db.session.execute(
        select(Persona.name, _count(is_answered), _count(is_reached))
        .select_from(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(Persona, Persona.id == Invitation.persona_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Wave.is_imported.is_(False),
            # What is still open is nobody's silence yet.
            Wave.state == WaveState.CLOSED,
            Contact.merged_into_id.is_(None),
            Account.status == AccountStatus.ACTIVE,
            Account.id.in_(visible_account_ids(user)),
        )
        .group_by(Persona.name)
    )
    return [Taken((persona or "",), answered, asked, None) for persona, answered, asked in rows]


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
