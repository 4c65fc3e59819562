"""How often each CSM leaves people off the roster, for which reasons, and how many of those were unhappy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select

from surveys.intervals import Interval, wilson_interval
from vocapp.core.db import db
from vocapp.identity.queries import users_by_name
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.scales import is_unhappy
from vocapp.rosters.models import RosterConfirmation, RosterLine
from vocapp.rosters.rules import FEW_PEOPLE, OFF_THE_ROSTER, RemovalReason, RosterDecision

PERIODS = (90, 180, 365)


@dataclass(frozen=True, slots=True)
class Removals:
    """What one CSM (or, with name "", everybody) decided in a period, counted in people.

    `considered` people were decided about, `removed` of them left out at least once, by `reasons`. Of those
    considered, `unhappy` had last answered with 6 or less and `content` with 7 or more; the others never
    answered.
    """

    name: str
    confirmations: int
    considered: int
    removed: int
    reasons: Mapping[RemovalReason, int]
    unhappy: int
    unhappy_removed: int
    content: int
    content_removed: int

    @property
    def share(self) -> float | None:
        """How many of the people considered were removed, 0-1; None without anybody."""
        return self.removed / self.considered if self.considered else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of that share."""
        return wilson_interval(self.removed, self.considered) if self.considered else None

    @property
    def is_few(self) -> bool:
        """Whether there are too few people to read anything into a share."""
        return self.considered < FEW_PEOPLE


@dataclass(frozen=True, slots=True)
class ReasonsPage:
    """The page: everybody together, then each CSM, by name."""

    days: int
    team: Removals
    rows: Sequence[Removals]


@dataclass(frozen=True, slots=True)
class _People:
    """So many people of one CSM who were decided about alike and feel alike; None: they never answered."""

    by_id: int
    is_removed: bool
    reason: str
    is_unhappy: bool | None
    count: int


def reasons_page(days: int, *, now: datetime) -> ReasonsPage:
    """Return who left out how many people in the last days, in three statements.

    A person counts once per CSM, however many confirmations they stood in, and as removed if any of them left
    them out; the reason is that of the last such time. The rating is the last one before that decision.
    """
    since = now - timedelta(days=days)
    people = _counted(since)
    made = dict(
        db.session.execute(
            select(RosterConfirmation.by_id, func.count())
            .where(RosterConfirmation.at >= since)
            .group_by(RosterConfirmation.by_id)
        ).all()
    )
    names = {user.id: user.name or user.email for user in users_by_name()}
    of_csm: defaultdict[int, list[_People]] = defaultdict(list)
    for some in people:
        of_csm[some.by_id].append(some)
    rows = [removals(names[by_id], made[by_id], of_csm[by_id]) for by_id in made]
    return ReasonsPage(
        days=days,
        team=removals("", sum(made.values()), people),
        rows=sorted(rows, key=lambda row: row.name.casefold()),
    )


def removals(name: str, confirmations: int, people: Sequence[_People]) -> Removals:
    """Return the sums of some people decided about."""
    gone = [some for some in people if some.is_removed]
    reasons = dict.fromkeys(RemovalReason, 0)
    for some in gone:
        reasons[RemovalReason(some.reason)] += some.count

    def total(among: Sequence[_People], is_unhappy: bool) -> int:
        return sum(some.count for some in among if some.is_unhappy is is_unhappy)

    return Removals(
        name=name,
        confirmations=confirmations,
        considered=sum(some.count for some in people),
        removed=sum(some.count for some in gone),
        reasons=reasons,
        unhappy=total(people, is_unhappy=True),
        unhappy_removed=total(gone, is_unhappy=True),
        content=total(people, is_unhappy=False),
        content_removed=total(gone, is_unhappy=False),
    )


def _counted(since: datetime) -> list[_People]:
    is_removed = case((RosterLine.decision.in_(OFF_THE_ROSTER), 1), else_=0)
    # The line that tells about a person: the last one that left them out, else the last one.
    order = func.row_number().over(
        partition_by=(RosterConfirmation.by_id, RosterLine.contact_id),
        order_by=(is_removed.desc(), RosterConfirmation.id.desc()),
    )
    lines = (
        select(
            RosterConfirmation.by_id,
            RosterConfirmation.at,
            RosterLine.contact_id,
            RosterLine.reason,
            is_removed.label("is_removed"),
            order.label("place"),
        )
        .join(RosterConfirmation, RosterConfirmation.id == RosterLine.confirmation_id)
        .where(RosterConfirmation.at >= since, RosterLine.decision != RosterDecision.ADD)
        .subquery()
    )
    answers = func.row_number().over(
        partition_by=(lines.c.by_id, lines.c.contact_id),
        order_by=(Response.answered_at.desc(), Response.id.desc()),
    )
    told = (
        select(
            lines.c.by_id,
            lines.c.is_removed,
            lines.c.reason,
            Response.rating,
            is_unhappy().label("is_unhappy"),
            answers.label("place"),
        )
        .outerjoin(
            Response,
            and_(
                Response.contact_id == lines.c.contact_id,
                Response.answered_at <= lines.c.at,
                Response.quarantine_reason.is_(None),
                Response.rating.is_not(None),
                openly_given(),
            ),
        )
        .where(lines.c.place == 1)
        .subquery()
    )
    # 0 content, 1 unhappy, null for those who never answered.
    unhappy = case((told.c.is_unhappy, 1), (told.c.rating.is_not(None), 0))
    kinds = (told.c.by_id, told.c.is_removed, told.c.reason, unhappy)
    rows = db.session.execute(select(*kinds, func.count()).where(told.c.place == 1).group_by(*kinds))
    return [
        _People(by_id, bool(removed), reason, None if unhappy is None else bool(unhappy), count)
        for by_id, removed, reason, unhappy, count in rows
    ]
