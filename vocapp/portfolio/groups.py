"""An account with everybody below it: numbers rolled up over the group, and the members' own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from vocapp.accounts.footprint import Footprint
from vocapp.accounts.models import Account, Tier
from vocapp.accounts.parents import visible_parent
from vocapp.accounts.queries import footprint_of, visible_account_ids
from vocapp.accounts.rollup import RolledFootprint
from vocapp.accounts.rules import AccountStatus
from vocapp.accounts.tree import counted_ids, rolled_footprint, tree_ids, tree_size
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.identity.models import User
from vocapp.method.queries import method_on
from vocapp.portfolio.queries import STANDING, STATUS
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores, pooled_facts, priors
from vocapp.relationship.rules import Score, score_accounts

# A page that shows more than the group waits no longer for it than this many accounts take.
MOST_INLINE = 300

_PARENT = aliased(Account)

ORDERS: Mapping[str, Any] = {
    "standing": STANDING,
    "name": func.lower(Account.name),
    "arr": Account.arr,
    "strength": AccountScore.strength,
}


@dataclass(frozen=True, slots=True)
class RolledUp:
    """Everything measured over a group as if it were one account; `score.measures` holds the measure objects.

    Kept nowhere: computed when somebody looks.
    """

    footprint: RolledFootprint
    score: Score


@dataclass(frozen=True, slots=True)
class Group:
    """An account and those below it, as one user sees them.

    `size` counts them all, `counted` those in the roll-up, `hidden` those of other CSMs, `churned` the
    visible ones that are no longer customers. `rolled` is None where it was not asked for.
    """

    account: Account
    size: int
    counted: int
    hidden: int
    churned: int
    parent: Account | None
    has_hidden_parent: bool
    rolled: RolledUp | None

    @property
    def is_group(self) -> bool:
        """Whether anybody stands below the account."""
        return self.size > 1


def group_of(account: Account, user: User, *, on: date, most: int | None = None) -> Group:
    """Return an account's group; with `most`, without numbers when more accounts than that would count."""
    size = tree_size(account.id)
    visible = visible_account_ids(user).where(Account.id.in_(tree_ids(account.id)))
    seen, counted = (
        db.session.execute(
            select(func.count(), func.count().filter(Account.status == AccountStatus.ACTIVE)).where(
                Account.id.in_(visible)
            )
        ).one()
        if size > 1
        else (1, 1)
    )
    parent = visible_parent(account, user)
    is_wanted = size > 1 and counted > 0 and (most is None or counted <= most)
    return Group(
        account=account,
        size=size,
        counted=counted,
        hidden=size - seen,
        churned=seen - counted,
        parent=parent,
        has_hidden_parent=account.parent_id is not None and parent is None,
        rolled=rolled_up(account, counted_ids(account.id, user), on=on) if is_wanted else None,
    )


def rolled_up(account: Account, account_ids: Select[Any], *, on: date) -> RolledUp:
    """Return the measures of some accounts taken together, in a number of statements that does not grow.

    `account` is the one at the top: its tier names the accounts the group is compared with.
    """
    footprint = rolled_footprint(account_ids, on)
    method = method_on(on).parameters
    facts = pooled_facts(account, account_ids, footprint=footprint.verified, as_of=on, method=method)
    return RolledUp(footprint, score_accounts([facts], priors(), method)[0])


@dataclass(frozen=True, slots=True)
class GroupPage:
    """The page of a group: the roll-up, and its members one page at a time with their own numbers."""

    group: Group
    members: Page
    footprints: Mapping[int, Footprint]
    scores: Mapping[int, AccountScore]


def group_page(
    account: Account, user: User, *, order: ColumnElement[Any], page_number: int, now: datetime
) -> GroupPage:
    """Return the page of an account's group."""
    members = page_of(
        group_members(account.id, user).order_by(order, Account.name, Account.id),
        number=page_number,
        scalars=False,
    )
    ids = [member.id for member in members.items]
    return GroupPage(
        group=group_of(account, user, on=now.date()),
        members=members,
        footprints=footprint_of(ids, now.date()),
        scores=latest_scores(ids),
    )


def group_members(account_id: int, user: User) -> Select[*tuple[Any, ...]]:
    """Return a select of the accounts of a group that a user sees, with parent and latest score."""
    return (
        select(
            Account.id,
            Account.name,
            Account.arr,
            Account.currency,
            Account.status.label("customer"),
            Tier.name.label("tier"),
            _PARENT.name.label("parent"),
            _PARENT.id.label("parent_id"),
            STATUS.label("status"),
        )
        .outerjoin(_PARENT, (_PARENT.id == Account.parent_id) & _PARENT.id.in_(visible_account_ids(user)))
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .outerjoin(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        .where(Account.id.in_(tree_ids(account_id)), Account.id.in_(visible_account_ids(user)))
    )
