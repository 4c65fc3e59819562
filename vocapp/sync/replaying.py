"""What people do about records that could not travel: send them again, set them aside, link them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update

from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.sync.models import CrmConnection, CrmLink, CrmPush, CrmRefusal
from vocapp.sync.rules import LinkState, PushState
from vocapp.sync.service import note_act


def replay(refusals: Collection[CrmRefusal], *, by: User, now: datetime) -> int:
    """Send refused records again with the next run, as they are then; return how many."""
    for refusal in refusals:
        refusal.resolved_at, refusal.resolution = now, "replayed"
        if refusal.direction == "out":
            db.session.execute(
                update(CrmPush)
                .where(
                    CrmPush.connection_id == refusal.connection_id,
                    CrmPush.object == refusal.object,
                    CrmPush.key == refusal.key,
                    CrmPush.state == PushState.REFUSED,
                )
                .values(state=PushState.WAITING, attempts=0, due_at=now)
            )
        else:
            db.session.execute(
                update(CrmLink)
                .where(
                    CrmLink.connection_id == refusal.connection_id,
                    CrmLink.object == refusal.object,
                    CrmLink.remote_id == refusal.key,
                    CrmLink.state.in_((LinkState.UNMATCHED, LinkState.LINKED)),
                )
                .values(stamp=None, state=LinkState.WAITING)
            )
    db.session.flush()
    if refusals:
        first = next(iter(refusals))
        connection = db.session.get_one(CrmConnection, first.connection_id)
        note_act("crm_refusals_replayed", connection, by, {"count": len(refusals)})
    return len(refusals)


def set_aside(refusals: Collection[CrmRefusal], *, by: User, now: datetime) -> int:
    """Take refused records off the list; they stay as they are on both sides until they change."""
    for refusal in refusals:
        refusal.resolved_at, refusal.resolution = now, "set_aside"
    db.session.flush()
    if refusals:
        connection = db.session.get_one(CrmConnection, next(iter(refusals)).connection_id)
        note_act("crm_refusals_set_aside", connection, by, {"count": len(refusals)})
    return len(refusals)


def link_to_match(refusal: CrmRefusal, remote_id: str, *, by: User, now: datetime) -> None:
    """Say that a person who was refused as a duplicate is the record found there; from then on both are one.

    Raises `DomainError` when that record is somebody else here already.
    """
    if remote_id not in refusal.matches or refusal.local_id is None:
        raise DomainError("This is none of the records that were found; look at the list again.")
    taken = db.session.scalar(
        select(CrmLink).where(
            CrmLink.connection_id == refusal.connection_id,
            CrmLink.object == refusal.object,
            CrmLink.remote_id == remote_id,
        )
    )
    if taken is not None and taken.local_id not in {None, refusal.local_id}:
        raise DomainError("That record is linked to somebody else here already; look at both people first.")
    link = taken or CrmLink(
        connection_id=refusal.connection_id, object=refusal.object, remote_id=remote_id,
        entity=refusal.entity, theirs={}, agreed={}, ours={}, wrote={}, held={},
    )  # fmt: skip
    link.local_id, link.state, link.reason, link.stamp = refusal.local_id, LinkState.LINKED, None, None
    db.session.add(link)
    db.session.execute(
        delete(CrmPush).where(
            CrmPush.connection_id == refusal.connection_id,
            CrmPush.object == refusal.object,
            CrmPush.key == refusal.key,
        )
    )
    refusal.resolved_at, refusal.resolution = now, "linked"
    db.session.flush()
    connection = db.session.get_one(CrmConnection, refusal.connection_id)
    note_act("crm_linked_by_hand", connection, by)
