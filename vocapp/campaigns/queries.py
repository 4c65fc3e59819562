"""Waves and invitations, read only."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WAITING, InvitationState, WaveState
from vocapp.core.db import db
from vocapp.core.tokens import hash_token
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts
from vocapp.outbox.models import Message
from vocapp.outbox.queries import message_by_key
from vocapp.outbox.rules import MessageState
from vocapp.questionnaires.models import SurveyVersion


def invitation_by_token(token: str, *, is_locked: bool = False) -> Invitation | None:
    """Return the invitation whose links carry this token, with all that its pages show, or None.

    One look-up by hash either way, so a wrong token takes as long as a right one. `is_locked` holds the
    invitation until the end of the transaction, so that forms sent at once are read one by one, and before it
    its contact: the order of `accounts.holding`.
    """
    if is_locked:
        db.session.execute(_contact_of_token(), {"token_hash": hash_token(token)})
    return db.session.scalar(_by_token_hash(is_locked), {"token_hash": hash_token(token)})


@cache
def _by_token_hash(is_locked: bool) -> Select[Invitation]:
    # Built once: every answer passes here, and building it takes longer than running it.
    wave = joinedload(Invitation.wave)
    invitation = (
        select(Invitation)
        .where(Invitation.token_hash == bindparam("token_hash"))
        .options(
            wave.joinedload(Wave.survey_version),
            wave.joinedload(Wave.owner).lazyload(User.roles),
            joinedload(Invitation.account),
            joinedload(Invitation.contact),
        )
    )
    if not is_locked:
        return invitation
    # Read again what somebody else may have changed while we waited for the lock.
    return invitation.with_for_update(of=Invitation).execution_options(populate_existing=True)


@cache
def _contact_of_token() -> Select[int]:
    contact = select(Contact.id).join(Invitation, Invitation.contact_id == Contact.id)
    theirs = contact.where(Invitation.token_hash == bindparam("token_hash"))
    return theirs.with_for_update(of=Contact, key_share=True)


def invitation_key(invitation_id: int) -> str:
    """Return the outbox key of an invitation's mail."""
    return f"invitation:{invitation_id}"


def heads_up_key(invitation_id: int) -> str:
    """Return the key of the message that tells a champion who is about to be asked."""
    return f"heads_up:{invitation_id}"


def prenotice_key(invitation_id: int) -> str:
    """Return the outbox key of the mail that announces an invitation."""
    return f"prenotice:{invitation_id}"


def reminder_key(invitation_id: int, step: int = 1) -> str:
    """Return the outbox key of an invitation's reminder: the first, or a later one."""
    return f"reminder:{invitation_id}:{step}"


def copy_key(invitation_id: int, day: date) -> str:
    """Return the outbox key of the fresh copy of an invitation that somebody asked for on a day."""
    return f"invitation:{invitation_id}:{day.isoformat()}"


def contacts_made(invitation_id: int) -> int:
    """Return how many mails about an invitation left, may have left, or are on their way."""
    return contacts_of_invitations([invitation_id]).get(invitation_id, 0)


def contacts_of_invitations(invitation_ids: Collection[int]) -> dict[int, int]:
    """Return invitation → how many mails about it left, may have left, or are to leave; without any: none."""
    gone = (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN)
    about = (Message.subject_kind == "invitation", Message.subject_id.in_(invitation_ids))
    mails = select(Message.subject_id, func.count()).where(*about, Message.state.in_(gone))
    return dict(db.session.execute(mails.group_by(Message.subject_id)).all())


def sent_or_tried_at(invitation: Invitation) -> datetime | None:
    """Return when the last mail of an invitation was taken; until that is noted, when it was tried.

    A scanner may answer before the batch of its mail is written down.
    """
    for step in range(invitation.reminders_sent, 0, -1):
        reminder = message_by_key(reminder_key(invitation.id, step))
        if reminder is not None and (reminder.sent_at or reminder.first_tried_at):
            return reminder.sent_at or reminder.first_tried_at
    if invitation.sent_at is not None:
        return invitation.sent_at
    mail = message_by_key(invitation_key(invitation.id))
    return (mail.sent_at or mail.first_tried_at) if mail else None


def visible_waves(user: User) -> Select[Wave]:
    """Return the waves a user may see: a CSM's own, for the others all."""
    waves = select(Wave)
    return waves if sees_all_accounts(user.role) else waves.where(Wave.owner_id == user.id)


def waves_to_close(*, now: datetime) -> Sequence[int]:
    """Return the ids of open waves whose end has come."""
    due = select(Wave.id).where(Wave.state == WaveState.OPEN, Wave.closes_at <= now).order_by(Wave.id)
    return db.session.scalars(due).all()


def due_reminders(*, now: datetime, limit: int) -> Sequence[Invitation]:
    """Return unanswered invitations whose reminder is due, oldest first, held until the transaction ends."""
    # Waves first: so long as they are held, nobody pauses one whose reminders are being queued.
    running = (
        select(Wave.id)
        .where(
            Wave.state == WaveState.OPEN,
            Wave.paused_at.is_(None),
            Wave.closes_at > now,
            Wave.id.in_(select(Invitation.wave_id).where(Invitation.reminder_due_at <= now)),
        )
        .order_by(Wave.id)
        .with_for_update(read=True, skip_locked=True)
    )
    due = (
        select(Invitation)
        .where(
            Invitation.wave_id.in_(db.session.scalars(running).all()),
            Invitation.reminder_due_at <= now,
            Invitation.stopped_at.is_(None),
            Invitation.state.in_(WAITING | {InvitationState.PLANNED}),
        )
        .options(
            joinedload(Invitation.contact),
            joinedload(Invitation.account),
            joinedload(Invitation.wave).joinedload(Wave.owner),
        )
        .order_by(Invitation.reminder_due_at, Invitation.id)
        .limit(limit)
        .with_for_update(of=Invitation, skip_locked=True)
    )
    return db.session.scalars(due).unique().all()


WAVE_ORDERS = {
    "name": Wave.name,
    "created": Wave.created_at,
    "launch": func.coalesce(Wave.launched_at, Wave.launch_at),
    "closes": Wave.closes_at,
}


def listed_waves(user: User, *, state: str = "") -> Select[Wave]:
    """Return the waves a user may see, of one state or of all, with their owners and surveys."""
    waves = visible_waves(user).options(
        joinedload(Wave.owner), joinedload(Wave.survey_version).joinedload(SurveyVersion.survey)
    )
    return waves.where(Wave.state == state) if state else waves


def visible_wave_counts(user: User) -> dict[str, int]:
    """Return state → how many waves of it a user may see."""
    states = visible_waves(user).with_only_columns(Wave.state, func.count()).group_by(Wave.state)
    return dict(db.session.execute(states).all())
