"""Waves and invitations, read only."""

from collections.abc import Sequence
from datetime import datetime
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
from vocapp.outbox.queries import message_by_key
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


def reminder_key(invitation_id: int) -> str:
    """Return the outbox key of an invitation's one reminder."""
    return f"reminder:{invitation_id}:1"


def sent_or_tried_at(invitation: Invitation) -> datetime | None:
    """Return when an invitation's mail was taken; until that is noted, by the batch, when it was tried.

    A scanner may answer before that.
    """
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
    due = (
        select(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(
            Invitation.reminder_due_at <= now,
            Invitation.reminded_at.is_(None),
            Invitation.state.in_(WAITING | {InvitationState.PLANNED}),
            Wave.state == WaveState.OPEN,
            Wave.closes_at > now,
        )
        .options(joinedload(Invitation.contact), joinedload(Invitation.wave).joinedload(Wave.owner))
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
