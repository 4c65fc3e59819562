"""Answers given by phone or in a reply: whose may be written down, and keeping what they said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from surveys.answers import Answers, parse_answers
from vocapp.accounts.holding import hold_contacts
from vocapp.accounts.models import Account
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response
from vocapp.responses.phone_rules import PhoneRefusal, called_at, judge_phone_answer
from vocapp.responses.queries import is_confidential, respondent_of, response_of
from vocapp.responses.rules import ResponseSource, is_open
from vocapp.responses.service import Recorded, SentForm, record_response

SENTENCES: Mapping[PhoneRefusal, str] = {
    PhoneRefusal.CLOSED: (
        "This wave takes no answers any more, whichever way they come: its numbers have been told, and stay "
        "as they are. Write what they said down as a note."
    ),
    PhoneRefusal.CONFIDENTIAL: (
        "Answers to this survey are given in confidence, so nobody can write them down for somebody else."
    ),
    PhoneRefusal.OPTED_OUT: "They asked not to be surveyed; write what they said down as a note.",
    PhoneRefusal.OWN_ANSWER: (
        "They have answered themselves, and that answer stays; write what else they said down as a note."
    ),
}
ACTS: Mapping[ResponseSource, str] = {
    ResponseSource.PHONE: "response_by_phone",
    ResponseSource.REPLY: "response_by_reply",
}
NOT_LAUNCHED = "The wave was launched after that day; enter the day of the call."
IN_FUTURE = "The call lies in the future; enter the day it took place."
CHANGED_MEANWHILE = "Somebody else has changed this answer meanwhile; open the page again."


@dataclass(frozen=True)
class PhoneNotes:
    """What somebody wrote down: the form as it came, the day of the call, the answer on their screen."""

    form: Mapping[str, Sequence[str]]
    called_on: date
    seen_revision: int


@dataclass(frozen=True)
class ReplyNotes:
    """What somebody read in a reply: the form as it came, the answer on their screen, mail and moment."""

    form: Mapping[str, Sequence[str]]
    seen_revision: int
    mail_id: int
    replied_at: datetime


def callable_invitation(user: User, invitation_id: int, *, is_locked: bool = False) -> Invitation | None:
    """Return an invitation of an account a user may see, or None.

    `is_locked` holds it, and before it its contact, until the end of the transaction: a form of the person
    that comes at the same moment waits.
    """
    found = (
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.account_id.in_(visible_account_ids(user)))
        .options(
            joinedload(Invitation.wave).joinedload(Wave.survey_version).joinedload(SurveyVersion.survey),
            joinedload(Invitation.contact),
            joinedload(Invitation.account).joinedload(Account.tier),
        )
    )
    if is_locked:
        contact_id = db.session.scalar(found.with_only_columns(Invitation.contact_id))
        hold_contacts({contact_id} if contact_id else set())
        found = found.with_for_update(of=Invitation).execution_options(populate_existing=True)
    return db.session.scalar(found)


def refusal_of(invitation: Invitation, response: Response | None, *, now: datetime) -> PhoneRefusal | None:
    """Return why nothing can be written down for an invitation, or None."""
    wave = invitation.wave
    is_counted = response is not None and response.quarantine_reason is None
    return judge_phone_answer(
        is_open=is_open(wave.state, wave.closes_at, now=now),
        is_confidential=is_confidential(invitation),
        has_opted_out=invitation.contact.status == ContactStatus.OPTED_OUT,
        source=ResponseSource(response.source) if response is not None and is_counted else None,
    )


def read_notes(invitation: Invitation, form: Mapping[str, Sequence[str]]) -> Answers:
    """Return what a form of the whole survey says, with the person it is about in mind."""
    definition = definition_of(invitation.wave.survey_version)
    return parse_answers(
        definition, form, who=respondent_of(invitation, definition, language=invitation.language)
    )


def record_phone_answer(
    invitation: Invitation, notes: PhoneNotes, *, by: User, zone: tzinfo, now: datetime
) -> Answers:
    """Keep what somebody said by phone, and return it as it was understood.

    With errors, or with answers to questions that are `unasked`, nothing is kept. `invitation` must be
    locked. `zone` is that of the day of the call. What `by` wrote down before is replaced, and stays as a
    revision. Raises `DomainError` for what cannot be.
    """
    _refuse(invitation, now=now)
    moment = called_at(notes.called_on, zone=zone, launched_at=invitation.wave.launched_at, now=now)
    if moment is None:
        is_early = notes.called_on <= now.astimezone(zone).date()
        raise DomainError(NOT_LAUNCHED if is_early else IN_FUTURE)
    answers = read_notes(invitation, notes.form)
    form = _sent(invitation, answers, ResponseSource.PHONE, seen=notes.seen_revision, by=by, now=now)
    _keep(invitation, form, moment=moment, about={"called_on": notes.called_on.isoformat()})
    return answers


def record_reply_answer(invitation: Invitation, notes: ReplyNotes, *, by: User, now: datetime) -> Answers:
    """Keep what somebody answered in a reply to a mail, and return it as it was understood.

    As `record_phone_answer`; the answer counts from the moment of the reply, at the earliest the launch.
    """
    _refuse(invitation, now=now)
    answers = read_notes(invitation, notes.form)
    form = _sent(invitation, answers, ResponseSource.REPLY, seen=notes.seen_revision, by=by, now=now)
    moment = min(max(notes.replied_at, invitation.wave.launched_at or notes.replied_at), now)
    _keep(invitation, form, moment=moment, about={"mail_id": notes.mail_id})
    return answers


def _refuse(invitation: Invitation, *, now: datetime) -> None:
    refusal = refusal_of(invitation, response_of(invitation.id), now=now)
    if refusal is not None:
        raise DomainError(SENTENCES[refusal])


def _sent(
    invitation: Invitation, answers: Answers, source: ResponseSource, *, seen: int, by: User, now: datetime
) -> SentForm:
    return SentForm(
        answers,
        language=invitation.language,
        at=now,
        seen_revision=seen,
        source=source,
        entered_by_id=by.id,
    )


def _keep(invitation: Invitation, form: SentForm, *, moment: datetime, about: Mapping[str, object]) -> None:
    """Keep a form that says something whole as the answer of a moment, and note who wrote it down."""
    if not form.answers.is_valid or unasked(invitation, form.answers):
        return
    if record_response(invitation, form) is Recorded.CONFLICT:
        raise DomainError(CHANGED_MEANWHILE)
    kept = response_of(invitation.id)
    assert kept is not None, "a form without errors is kept"
    kept.answered_at = kept.completed_at = moment
    record_act(
        ACTS[form.source],
        actor_id=form.entered_by_id,
        subject_kind="response",
        subject_id=kept.id,
        details={"revision": kept.revision, **about},
    )
    db.session.flush()


def unasked(invitation: Invitation, answers: Answers) -> tuple[str, ...]:
    """Return the questions that were filled in and are not asked after the other answers."""
    return tuple(
        question.key
        for question in definition_of(invitation.wave.survey_version).questions
        if question.key not in answers.errors
        and not any(key in answers.values for key in question.stored_keys)
        and any(name in answers.given for name in question.form_fields)
    )


def callable_invitations(contact_id: int, *, now: datetime) -> Sequence[Invitation]:
    """Return the invitations of a person for which an answer can be written down, the newest wave first."""
    rows = (
        select(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(Invitation.contact_id == contact_id, Wave.state == WaveState.OPEN, Wave.closes_at > now)
        .options(
            joinedload(Invitation.wave).joinedload(Wave.survey_version).joinedload(SurveyVersion.survey),
            joinedload(Invitation.contact),
        )
        .order_by(Wave.launched_at.desc(), Invitation.id.desc())
    )
    found = db.session.scalars(rows).unique().all()
    return [one for one in found if refusal_of(one, response_of(one.id), now=now) is None]
