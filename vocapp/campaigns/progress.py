"""How waves are doing: funnels, who answered, who is silent, what went wrong; read only."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select

from surveys.intervals import wilson_interval
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Exclusion, Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import (
    UNSENT,
    WAITING,
    ExpectedAnswers,
    InvitationState,
    WaveState,
    expected_answers,
)
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.outbox.models import Message
from vocapp.outbox.queries import TROUBLED
from vocapp.outbox.rules import MessageState

ANSWERED = InvitationState.COMPLETED
REFUSED = (InvitationState.DECLINED, InvitationState.REFERRED, InvitationState.OPTED_OUT)
# Outcomes of people who had the question: what an answer rate is a share of.
CONCLUDED = (InvitationState.COMPLETED, InvitationState.DECLINED, InvitationState.SILENT)


# Stopped before any mail left: listed among those who are not asked, and in no count of those who are.
NEVER_ASKED = and_(Invitation.stopped_at.is_not(None), Invitation.sent_at.is_(None))


@dataclass(frozen=True)
class WaveCounts:
    """How many people of a wave got how far, and how many ended otherwise; each includes those further on."""

    invited: int = 0
    planned: int = 0
    sent: int = 0
    delivered: int = 0
    started: int = 0
    answered: int = 0
    waiting: int = 0
    silent: int = 0
    refused: int = 0
    bounced: int = 0
    unwritten: int = 0
    too_late: int = 0
    gone: int = 0
    excluded: int = 0
    accounts: int = 0
    reminders: int = 0
    next_reminder_at: datetime | None = None

    @property
    def unsent(self) -> int:
        """How many were never asked, though they were to be: no mail could be written, or none in time.

        Or they were gone before it left.
        """
        return self.unwritten + self.too_late + self.gone


def counts_of_waves(wave_ids: Collection[int]) -> Mapping[int, WaveCounts]:
    """Return the counts of some waves, in three statements."""
    state = Invitation.state
    started = state.in_((InvitationState.STARTED, ANSWERED))
    is_reminded = and_(state.in_(WAITING), Invitation.stopped_at.is_(None))
    rows = db.session.execute(
        select(
            Invitation.wave_id,
            func.count().label("invited"),
            _how_many(state == InvitationState.PLANNED).label("planned"),
            _how_many(Invitation.sent_at.is_not(None)).label("sent"),
            _how_many(Invitation.delivered_at.is_not(None)).label("delivered"),
            _how_many(started).label("started"),
            _how_many(state == ANSWERED).label("answered"),
            _how_many(state.in_(WAITING)).label("waiting"),
            _how_many(state == InvitationState.SILENT).label("silent"),
            _how_many(state.in_(REFUSED)).label("refused"),
            _how_many(state == InvitationState.BOUNCED).label("bounced"),
            _how_many(state == InvitationState.UNWRITTEN).label("unwritten"),
            _how_many(state == InvitationState.TOO_LATE).label("too_late"),
            _how_many(state == InvitationState.GONE).label("gone"),
            _how_many(and_(Invitation.reminder_due_at.is_not(None), is_reminded)).label("reminders"),
            func.min(case((is_reminded, Invitation.reminder_due_at))).label("next_reminder_at"),
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        # Two records of one person, asked in one wave, are one person asked.
        .where(Invitation.wave_id.in_(wave_ids), Contact.merged_into_id.is_(None), ~NEVER_ASKED)
        .group_by(Invitation.wave_id)
    ).mappings()
    counted: dict[int, dict[str, Any]] = {wave_id: {} for wave_id in wave_ids}
    for row in rows:
        counted[row["wave_id"]] = {name: value for name, value in row.items() if name != "wave_id"}
    excluded = select(Exclusion.wave_id, func.count()).join(Exclusion.contact)
    excluded = excluded.where(Exclusion.wave_id.in_(wave_ids), Contact.merged_into_id.is_(None))
    chosen = select(wave_accounts.c.wave_id, func.count()).where(wave_accounts.c.wave_id.in_(wave_ids))
    for many, name, wave_column in (
        (excluded, "excluded", Exclusion.wave_id),
        (chosen, "accounts", wave_accounts.c.wave_id),
    ):
        for wave_id, count in db.session.execute(many.group_by(wave_column)):
            counted[wave_id][name] = count
    return {wave_id: WaveCounts(**values) for wave_id, values in counted.items()}


def counts_of(wave: Wave) -> WaveCounts:
    """Return the counts of one wave."""
    return counts_of_waves([wave.id])[wave.id]


def people_answered(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return who answered a wave, newest first."""
    return _people(wave, Invitation.state == ANSWERED).order_by(
        Invitation.settled_at.desc(), Invitation.id.desc()
    )


def newest_answers(wave: Wave, user: User, limit: int = 5) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the people a user may see whose answers came in last."""
    return db.session.execute(visible_people(wave, "answered", user).limit(limit)).all()


def people_silent(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return who has the question and has not answered, the heaviest personas first."""
    silent = Invitation.state.in_((*WAITING, InvitationState.SILENT))
    return _people(wave, silent).order_by(
        func.coalesce(Persona.weight, 1).desc(),
        Persona.position,
        Account.name,
        Contact.last_name,
        Invitation.id,
    )


def people_planned(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return whom the wave will ask and has not yet, those whose mail leaves first first."""
    mail = and_(Message.subject_kind == "invitation", Message.subject_id == Invitation.id)
    due = select(func.min(Message.next_attempt_at)).where(mail, Message.state == MessageState.QUEUED)
    sends_at = due.correlate(Invitation).scalar_subquery().label("sends_at")
    planned = _people(wave, and_(Invitation.state == InvitationState.PLANNED, ~NEVER_ASKED))
    return planned.add_columns(sends_at).order_by(sends_at, Account.name, Contact.last_name, Invitation.id)


def people_ended_otherwise(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return who declined, referred us, opted out or could not be reached, newest first."""
    ended = Invitation.state.in_((*REFUSED, InvitationState.BOUNCED))
    return _people(wave, ended).order_by(Invitation.settled_at.desc(), Invitation.id.desc())


def people_unsent(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return who was to be asked and never got a mail, with what is known of the reason, by account."""
    asks = (Message.subject_kind == "invitation", Message.template == "invitation")
    reason = select(func.max(Message.reason)).where(*asks, Message.subject_id == Invitation.id)
    unsent = _people(wave, Invitation.state.in_(UNSENT))
    reason_column = reason.correlate(Invitation).scalar_subquery().label("reason")
    return unsent.add_columns(reason_column).order_by(
        Invitation.state, Account.name, Contact.last_name, Invitation.id
    )


def people_excluded(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return who was not asked and why, by reason and account.

    `stopped_id` is the invitation of whoever was stopped before any mail left.
    """
    never_asked = select(Invitation.id, Invitation.contact_id).where(
        Invitation.wave_id == wave.id, NEVER_ASKED
    )
    stopped = never_asked.subquery()
    return (
        select(
            Contact.id.label("contact_id"),
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Account.id.label("account_id"),
            Account.name.label("account_name"),
            Exclusion.reason,
            Exclusion.note,
            Exclusion.until,
            Exclusion.ask_at.label("later_at"),
            stopped.c.id.label("stopped_id"),
        )
        .join(Contact, Contact.id == Exclusion.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(stopped, stopped.c.contact_id == Contact.id)
        .where(Exclusion.wave_id == wave.id, Contact.merged_into_id.is_(None))
        .order_by(Exclusion.reason, Account.name, Contact.last_name, Contact.id)
    )


def troubled_mails(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return the mails of a wave that failed, may have failed, or were stopped, with their people."""
    stopped = (*TROUBLED, MessageState.SUPPRESSED)
    return (
        select(
            Message.key,
            Message.state,
            Message.reason,
            Message.template,
            Contact.id.label("contact_id"),
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Account.name.label("account_name"),
        )
        .join(Invitation, and_(Message.subject_kind == "invitation", Message.subject_id == Invitation.id))
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .where(Invitation.wave_id == wave.id, Message.state.in_(stopped))
        .order_by(Message.state, Account.name, Message.id)
    )


PEOPLE: Mapping[str, Callable[[Wave], Select[*tuple[Any, ...]]]] = {
    "silent": people_silent,
    "planned": people_planned,
    "answered": people_answered,
    "other": people_ended_otherwise,
    "unsent": people_unsent,
    "excluded": people_excluded,
    "trouble": troubled_mails,
}


def visible_people(wave: Wave, view: str, user: User) -> Select[*tuple[Any, ...]]:
    """Return the people of one view of `PEOPLE`, without those of accounts that are no longer the user's."""
    return PEOPLE[view](wave).where(Account.id.in_(visible_account_ids(user)))


def trouble_count(wave: Wave) -> int:
    """Return how many mails of a wave are in trouble."""
    return db.session.scalar(select(func.count()).select_from(troubled_mails(wave).subquery())) or 0


def first_mail_at(wave: Wave) -> datetime | None:
    """Return when the next mail of a wave is due to leave, None when none waits."""
    waiting = (
        select(func.min(Message.next_attempt_at))
        .join(Invitation, and_(Message.subject_kind == "invitation", Message.subject_id == Invitation.id))
        .where(Invitation.wave_id == wave.id, Message.state == MessageState.QUEUED)
    )
    return db.session.scalar(waiting)


def answers_to_expect(wave: Wave, asked: int) -> ExpectedAnswers | None:
    """Return what the past of the wave's accounts lets us expect; None when it is too short."""
    concluded, answered = db.session.execute(
        select(func.count(), _how_many(Invitation.state == ANSWERED))
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(wave_accounts, wave_accounts.c.account_id == Invitation.account_id)
        .where(
            wave_accounts.c.wave_id == wave.id,
            Contact.merged_into_id.is_(None),
            Wave.state == WaveState.CLOSED,
            # Whom another tool asked in vain nobody knows.
            Wave.is_imported.is_(False),
            Invitation.state.in_(CONCLUDED),
        )
    ).one()
    rates = wilson_interval(answered, concluded, 0.9) if concluded else (0.0, 1.0)
    return expected_answers(asked, answered=answered, closed=concluded, rates=rates)


def _people(wave: Wave, which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invitation.id,
            Invitation.state,
            Invitation.settled_at,
            Invitation.reminder_due_at,
            Invitation.reminded_at,
            Invitation.stopped_at,
            Invitation.stop_reason,
            Contact.id.label("contact_id"),
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Account.id.label("account_id"),
            Account.name.label("account_name"),
            Persona.name.label("persona"),
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(Persona, Persona.id == Invitation.persona_id)
        .where(Invitation.wave_id == wave.id, Contact.merged_into_id.is_(None), which)
    )


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
