"""Links of mails that were opened, read only: as intent, as a list to decide on, as signals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from surveys.measure import Measure
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.core.machines import Decision, Signal, signals_in
from vocapp.identity.models import User
from vocapp.responses.click_rules import OPT_OUT, Click, intent_rate
from vocapp.responses.models import LinkClick, Response

# Whoever stands here has told us something, if not always an answer.
_TOLD_US = (
    InvitationState.COMPLETED,
    InvitationState.DECLINED,
    InvitationState.REFERRED,
    InvitationState.OPTED_OUT,
)


@dataclass(frozen=True, kw_only=True)
class ClickIntents:
    """How many readers of a wave's mails clicked a number and sent nothing, of how many mails that arrived.

    `rate` is the share with its interval. `doubtful` counts the invitations whose links only a machine seems
    to have opened; they are in `delivered` and not in `clicked`.
    """

    clicked: int
    delivered: int
    doubtful: int
    rate: Measure


@dataclass(frozen=True, kw_only=True)
class DoubtfulClicks:
    """The doubtful clicks of one invitation; which numbers they were of is nobody's business."""

    invitation: Invitation
    first_at: datetime
    last_at: datetime
    numbers: int
    has_opt_out: bool
    signals: Sequence[Signal]


def as_click(row: LinkClick) -> Click:
    """Return a row as what the rules judge."""
    return Click(
        target=row.target,
        first_at=row.first_at,
        last_at=row.last_at,
        times=row.times,
        doubt=row.doubt,
        decision=row.decision,
    )


def clicks_of(invitation_id: int) -> list[Click]:
    """Return the links of an invitation's mail that were opened."""
    return [as_click(row) for row in db.session.scalars(_of_invitation(), {"invitation_id": invitation_id})]


@cache
def _of_invitation() -> Select[LinkClick]:
    # Built once: every answer passes here.
    wanted = LinkClick.invitation_id == bindparam("invitation_id")
    return select(LinkClick).where(wanted).order_by(LinkClick.id)


def last_opened_at(invitation_id: int, target: str) -> datetime | None:
    """Return when a link was last opened, None for never."""
    last = select(LinkClick.last_at).where(
        LinkClick.invitation_id == invitation_id, LinkClick.target == target
    )
    return db.session.scalar(last)


def click_intents(wave_ids: Collection[int]) -> Mapping[int, ClickIntents]:
    """Return wave id → its intents, in one statement; waves without an invitation have 0 of 0.

    Counted over the invitations that were delivered, as in the wave's funnel. Who has an answer that counts,
    declined, referred us or opted out has told us something, and is in no intent.
    """
    answered = select(Response.id).where(
        Response.invitation_id == Invitation.id, Response.quarantine_reason.is_(None)
    )
    has_sent_nothing = Invitation.state.not_in(_TOLD_US) & ~answered.exists()
    is_intent = _has_click(or_(LinkClick.doubt.is_(None), LinkClick.decision == Decision.RELEASED))
    is_doubtful = _has_click(LinkClick.doubt.is_not(None)) & ~is_intent
    rows = db.session.execute(
        select(
            Invitation.wave_id,
            func.count().label("delivered"),
            func.count().filter(has_sent_nothing, is_intent).label("clicked"),
            func.count().filter(has_sent_nothing, is_doubtful).label("doubtful"),
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(
            Invitation.wave_id.in_(wave_ids),
            Invitation.delivered_at.is_not(None),
            # Two records of one person, asked in one wave, are one person asked.
            Contact.merged_into_id.is_(None),
        )
        .group_by(Invitation.wave_id)
    )
    counted = {row.wave_id: (row.clicked, row.delivered, row.doubtful) for row in rows}
    return {wave_id: _intents(*counted.get(wave_id, (0, 0, 0))) for wave_id in wave_ids}


def _intents(clicked: int, delivered: int, doubtful: int) -> ClickIntents:
    rate = intent_rate(clicked, delivered)
    return ClickIntents(clicked=clicked, delivered=delivered, doubtful=doubtful, rate=rate)


def _has_click(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(LinkClick.id).where(
        LinkClick.invitation_id == Invitation.id, LinkClick.target != OPT_OUT, condition
    )
    return found.exists()


def doubtfully_opened(user: User, decision: Decision | None) -> Select[Any]:
    """Return a select of the invitations a user may see with doubtful clicks so decided, newest first."""
    doubtful = (
        select(LinkClick.invitation_id, func.max(LinkClick.last_at).label("last_at"))
        .where(LinkClick.doubt.is_not(None), _is_decided(decision))
        .group_by(LinkClick.invitation_id)
        .subquery()
    )
    return (
        select(Invitation)
        .join(doubtful, doubtful.c.invitation_id == Invitation.id)
        .where(Invitation.account_id.in_(visible_account_ids(user)))
        .options(joinedload(Invitation.account), joinedload(Invitation.contact), joinedload(Invitation.wave))
        .order_by(doubtful.c.last_at.desc(), Invitation.id.desc())
    )


def doubtful_clicks(invitations: Sequence[Invitation], decision: Decision | None) -> Sequence[DoubtfulClicks]:
    """Return the doubtful clicks so decided of some invitations, in their order, in one statement."""
    ids = [invitation.id for invitation in invitations]
    found = select(LinkClick).where(
        LinkClick.invitation_id.in_(ids), LinkClick.doubt.is_not(None), _is_decided(decision)
    )
    of_invitation: dict[int, list[LinkClick]] = {}
    for click in db.session.scalars(found.order_by(LinkClick.id)):
        of_invitation.setdefault(click.invitation_id, []).append(click)
    return [
        _summed_up(invitation, of_invitation[invitation.id])
        for invitation in invitations
        if invitation.id in of_invitation
    ]


def _summed_up(invitation: Invitation, clicks: Sequence[LinkClick]) -> DoubtfulClicks:
    spoken = {signal for click in clicks for signal in signals_in(click.doubt)}
    targets = {click.target for click in clicks}
    return DoubtfulClicks(
        invitation=invitation,
        first_at=min(click.first_at for click in clicks),
        last_at=max(click.last_at for click in clicks),
        numbers=len(targets - {OPT_OUT}),
        has_opt_out=OPT_OUT in targets,
        signals=[signal for signal in Signal if signal in spoken],
    )


def _is_decided(decision: Decision | None) -> ColumnElement[bool]:
    return LinkClick.decision.is_(None) if decision is None else LinkClick.decision == decision


def held_doubtful_clicks(user: User, invitation_id: int) -> Sequence[LinkClick]:
    """Return the doubtful clicks of an invitation a user may see, held until the end of the transaction."""
    found = (
        select(LinkClick)
        .join(LinkClick.invitation)
        .where(
            LinkClick.invitation_id == invitation_id,
            LinkClick.doubt.is_not(None),
            Invitation.account_id.in_(visible_account_ids(user)),
        )
        .order_by(LinkClick.id)
        .with_for_update(of=LinkClick)
    )
    return db.session.scalars(found).all()
