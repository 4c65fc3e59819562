"""Noting which links of a mail were opened, and deciding about those that a machine may have opened."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import SETTLED
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.machines import Decision, Signal
from vocapp.identity.models import User
from vocapp.responses.click_queries import as_click
from vocapp.responses.click_rules import Click, after_click, is_same_visit
from vocapp.responses.models import LinkClick


def note_click(invitation_id: int, target: str, *, at: datetime, signals: frozenset[Signal]) -> None:
    """Note that a link of an invitation's mail was opened: one row per link, however often it is opened.

    Nothing is noted for an invitation that is settled or gone, nor for the same visit twice. It never touches
    the invitation, its answer or anybody's engagement.
    """
    # Clicks of one mail are noted one after the other: a scanner opens its links all at once.
    held = select(Invitation.state).where(Invitation.id == invitation_id).with_for_update(key_share=True)
    state = db.session.scalar(held)
    if state is None or state in SETTLED:
        return
    found = select(LinkClick).where(LinkClick.invitation_id == invitation_id)
    rows = {row.target: row for row in db.session.scalars(found)}
    if target in rows and is_same_visit(rows[target].last_at, at=at):
        return
    clicks = [as_click(row) for row in rows.values()]
    for click in after_click(clicks, target, at=at, signals=signals).values():
        _keep(rows.get(click.target) or LinkClick(invitation_id=invitation_id, target=click.target), click)
    db.session.flush()


def decide_clicks(clicks: Sequence[LinkClick], decision: Decision | None, *, now: datetime, by: User) -> None:
    """Release the doubtful clicks of one invitation, keep them out, or (None) leave it open again.

    Released clicks count as intent and never as an answer. The same decision twice changes nothing.
    """
    changed = [click for click in clicks if click.decision != decision]
    if not changed:
        return
    for click in changed:
        click.decision = decision
        click.decided_at = now if decision else None
    record_act(
        f"clicks.{decision or 'reopened'}",
        actor_id=by.id,
        subject_kind="invitation",
        subject_id=changed[0].invitation_id,
        details={"links": len(changed)},
    )
    db.session.flush()


def _keep(row: LinkClick, click: Click) -> None:
    row.first_at, row.last_at, row.times = click.first_at, click.last_at, click.times
    row.doubt, row.decision = click.doubt, click.decision
    row.decided_at = row.decided_at if click.decision else None
    db.session.add(row)
