"""Changing what a launched wave still has before it: its note, reminders, last day for first mails, and end.

What was sent stays as it was. Mails are written when they leave, so a new note is in all that have not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased, joinedload

from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.later import plan_later
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import contacts_of_invitations
from vocapp.campaigns.rules import (
    CHANGEABLE,
    LATEST_REMINDER,
    LONGEST_LENGTH,
    MOST_CONTACTS,
    WAITING,
    InvitationState,
    reminder_steps,
)
from vocapp.campaigns.service import INVITATION, locked_wave
from vocapp.campaigns.timing import next_reminder, our_zone, place_of_invitation
from vocapp.campaigns.unsent import LEFT_PERHAPS, may_have_left, take_up_late, too_late
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.outbox.models import Message
from vocapp.outbox.notes import check_note
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import move_deadline


@dataclass(frozen=True)
class Plan:
    """What can be changed of a launched wave. `send_by` None: first mails leave as long as it is open."""

    note: str
    reminder_days: tuple[int, ...]
    closes_at: datetime | None
    send_by: datetime | None


@dataclass(frozen=True)
class Effects:
    """What another plan changes, and for how many.

    `left` first mails left and stay as they are, `waiting` have not; `late` of these are due after their new
    last day and will not be sent, and `revived` were not sent in time and leave after all. Of the people
    reminded, `moved` hear on another day, `added` after all, `dropped` no more, and `soon` at their next
    working hour, because their new day is past; `reminded` hear at all.
    """

    changed: tuple[str, ...]
    left: int
    waiting: int
    late: int
    reminded: int
    revived: int = 0
    moved: int = 0
    added: int = 0
    dropped: int = 0
    soon: int = 0


def plan_of(wave: Wave) -> Plan:
    """Return the plan of a wave as it stands; only those of its reminders that are sent."""
    steps = reminder_steps(wave.reminder_days, has_prenotice=wave.has_prenotice)
    note = wave.personal_note.replace("\r\n", "\n").strip()
    return Plan(note, steps, wave.closes_at, wave.send_by)


def effects_of(wave: Wave, plan: Plan, *, now: datetime) -> Effects:
    """Return what a plan would change, and change nothing. Raises `DomainError` for what cannot be."""
    changed = _checked(wave, plan, now=now)
    due = _reminders(wave, plan) if _moves_reminders(changed) else {}
    pairs = [(invitation.reminder_due_at, at) for invitation, at in due.items()]
    counted = select(func.count()).where(Invitation.wave_id == wave.id)
    waiting = _first_mails(wave)
    ends = filter(None, (plan.send_by, plan.closes_at))
    last = min(ends, default=None) if {"send_by", "closes_at"} & set(changed) else None
    late = waiting.where(Message.next_attempt_at > last) if last else None
    to_come = counted.where(Invitation.reminder_due_at.is_not(None), Invitation.state.in_(_REMINDABLE))
    added = sum(new is not None and old is None for old, new in pairs)
    dropped = sum(new is None and old is not None for old, new in pairs)
    return Effects(
        changed=changed,
        left=db.session.scalar(counted.where(Invitation.sent_at.is_not(None))) or 0,
        waiting=_count(waiting),
        late=_count(late) if late is not None else 0,
        reminded=(db.session.scalar(to_come.where(Invitation.stopped_at.is_(None))) or 0) + added - dropped,
        moved=sum(new is not None and old is not None and new != old for old, new in pairs),
        added=added,
        revived=_count(too_late(wave).with_only_columns(Invitation.id)) if last and last > now else 0,
        dropped=dropped,
        soon=sum(new is not None and new != old and new <= now for old, new in pairs),
    )


def change_wave(wave: Wave, plan: Plan, *, by: User, now: datetime) -> bool:
    """Change what is still to come of a scheduled or open wave; return whether anything changed.

    Raises `DomainError` with a sentence for what cannot change, and then changes nothing.
    """
    held = locked_wave(wave.id)
    if held is None:
        return False
    changed = _checked(held, plan, now=now)
    if not changed:
        return False
    due = _reminders(held, plan, is_held=True) if _moves_reminders(changed) else {}
    held.personal_note, held.send_by, held.closes_at = plan.note, plan.send_by, plan.closes_at
    if "reminders" in changed:
        held.reminder_days = list(plan.reminder_days)
    for invitation, at in due.items():
        invitation.reminder_due_at = at
    db.session.flush()
    if held.closes_at is not None and {"closes_at", "send_by"} & set(changed):
        _move_deadlines(held, held.closes_at)
        take_up_late(held, now=now)
        plan_later(held)
    record_act(
        "wave_changed",
        actor_id=by.id,
        subject_kind="wave",
        subject_id=held.id,
        details={"changed": list(changed), **_dates(plan)},
    )
    return True


def _checked(wave: Wave, plan: Plan, *, now: datetime) -> tuple[str, ...]:
    """Return the names of what a plan changes; refuse in one sentence what cannot be."""
    if wave.state not in CHANGEABLE:
        raise DomainError("Only a scheduled or open wave can be changed; this one is not.")
    stands, begins = plan_of(wave), max(now, wave.launch_at or now)
    changed = []
    if plan.note != stands.note:
        check_note(plan.note)
        changed.append("note")
    if plan.reminder_days != stands.reminder_days:
        _check_reminders(wave, plan.reminder_days, stands.reminder_days)
        changed.append("reminders")
    if plan.closes_at != stands.closes_at:
        _check_end(wave, plan.closes_at, begins=begins, now=now)
        changed.append("closes_at")
    if plan.send_by != stands.send_by:
        if plan.send_by is not None and plan.send_by <= begins:
            raise DomainError(
                "Choose a last day for first mails that is not over, and not before the launch."
            )
        changed.append("send_by")
    if plan.send_by and plan.closes_at and plan.send_by > plan.closes_at:
        raise DomainError(
            "First mails would leave after the end; choose an earlier last day for them, or none."
        )
    return tuple(changed)


def _check_end(wave: Wave, closes_at: datetime | None, *, begins: datetime, now: datetime) -> None:
    if closes_at is None or closes_at <= begins:
        raise DomainError("Choose an end that lies in the future and after the launch.")
    if closes_at > (wave.launch_at or now) + LONGEST_LENGTH:
        raise DomainError("A wave runs at most a year; choose an earlier end.")


def _check_reminders(wave: Wave, days: tuple[int, ...], stands: tuple[int, ...]) -> None:
    if any(not 1 <= day <= LATEST_REMINDER for day in days):
        raise DomainError(f"Remind people on a working day from 1 to {LATEST_REMINDER}.")
    if reminder_steps(days, has_prenotice=wave.has_prenotice) != days:
        most = MOST_CONTACTS - 1 - wave.has_prenotice
        raise DomainError(
            f"Nobody gets more than {MOST_CONTACTS} mails of a wave; name at most"
            f" {'two different days' if most > 1 else 'one day'}, the earlier first."
        )
    sent = select(Invitation.reminders_sent, func.count()).where(
        Invitation.wave_id == wave.id, Invitation.reminders_sent > 0
    )
    counted = dict(db.session.execute(sent.group_by(Invitation.reminders_sent)).all())
    for step in range(1, max(counted, default=0) + 1):
        if days[step - 1 : step] != stands[step - 1 : step] and stands[step - 1 : step]:
            people = sum(many for steps, many in counted.items() if steps >= step)
            raise DomainError(
                f"The reminder of working day {stands[step - 1]} was sent to {people:,} already and stays;"
                " only later ones can change."
            )


def _moves_reminders(changed: Sequence[str]) -> bool:
    return "reminders" in changed or "closes_at" in changed


def _reminders(wave: Wave, plan: Plan, *, is_held: bool = False) -> Mapping[Invitation, datetime | None]:
    """Return when everybody without an answer would be reminded next, None: not again."""
    wanted = (
        select(Invitation)
        .where(
            Invitation.wave_id == wave.id,
            Invitation.state.in_(_REMINDABLE),
            Invitation.stopped_at.is_(None),
        )
        .options(joinedload(Invitation.contact), joinedload(Invitation.account))
        .order_by(Invitation.id)
    )
    if is_held:
        wanted = wanted.with_for_update(of=Invitation).execution_options(populate_existing=True)
    found = db.session.scalars(wanted).unique().all()
    asked, zone = _asked_at(wave), our_zone()
    written = {
        one: many
        for start in range(0, len(found), 500)
        for one, many in contacts_of_invitations([row.id for row in found[start : start + 500]]).items()
    }
    due: dict[Invitation, datetime | None] = {}
    for invitation in found:
        asked_at = invitation.sent_at or asked.get(invitation.id)
        if asked_at is None:
            continue
        place = place_of_invitation(invitation, company_zone=zone)
        at = next_reminder(
            invitation, place, asked_at=asked_at, days=plan.reminder_days, closes_at=plan.closes_at
        )
        may_be = invitation.contact.status == ContactStatus.ACTIVE
        may_be = may_be and written.get(invitation.id, 0) < MOST_CONTACTS
        due[invitation] = at if may_be else None
    return due


def _asked_at(wave: Wave) -> Mapping[int, datetime]:
    """Return invitation → when the mail that asks left, or leaves as things stand, for those not noted so."""
    at = func.min(func.coalesce(Message.first_tried_at, Message.next_attempt_at))
    mails = select(Message.subject_id, at).join(Invitation, Invitation.id == Message.subject_id)
    mails = mails.where(*_asking(wave), Message.state.in_((MessageState.QUEUED, *LEFT_PERHAPS)))
    return dict(db.session.execute(mails.group_by(Message.subject_id)).all())


def _first_mails(wave: Wave) -> Select[int]:
    """Return the mails that ask somebody for the first time and have not left."""
    others = aliased(Message)
    asks = (others.subject_kind == INVITATION, others.subject_id == Invitation.id)
    gone = exists().where(*asks, others.template == INVITATION, others.state.in_(LEFT_PERHAPS))
    waiting = select(Message.subject_id).join(Invitation, Invitation.id == Message.subject_id)
    is_queued = Message.state == MessageState.QUEUED
    return waiting.where(*_asking(wave), is_queued, Invitation.stopped_at.is_(None), ~gone)


def _asking(wave: Wave) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.subject_kind == INVITATION,
        Message.template == INVITATION,
        Invitation.wave_id == wave.id,
        Invitation.state == InvitationState.PLANNED,
    )


def _count(rows: Select[int]) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _move_deadlines(wave: Wave, closes_at: datetime) -> None:
    theirs = select(Invitation.id).where(Invitation.wave_id == wave.id)
    move_deadline(INVITATION, theirs, send_by=closes_at)
    # Copies and reminders are for people who were asked: they leave until the end.
    first = theirs.where(Invitation.state == InvitationState.PLANNED, ~may_have_left())
    move_deadline(INVITATION, first, send_by=wave.first_mails_end or closes_at)


def _dates(plan: Plan) -> dict[str, object]:
    return {
        "reminder_days": list(plan.reminder_days),
        "closes_at": plan.closes_at.isoformat() if plan.closes_at else None,
        "send_by": plan.send_by.isoformat() if plan.send_by else None,
    }


_REMINDABLE = WAITING | {InvitationState.PLANNED}
