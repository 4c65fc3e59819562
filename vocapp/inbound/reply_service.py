"""What somebody here does with a reply."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from surveys.answers import SCORE_FIELD, Answers
from surveys.questions import QuestionKind
from vocapp.campaigns.models import Invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.inbound.reply_rules import comment_in_reply
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.opting_out import opt_out_person
from vocapp.responses.phone import ReplyNotes, read_notes, record_reply_answer, unasked

SUBJECT = "inbound_mail"


def finish_reply(mail: InboundMail, *, by: User, now: datetime) -> bool:
    """Note that somebody is done with a reply; False when somebody was before, and nothing changes."""
    return _mark(mail, InboundMail.done_at.is_(None), "reply_done", by=by, done_at=now)


def reopen_reply(mail: InboundMail, *, by: User) -> bool:
    """Let a reply wait again; False when it does already, and nothing changes."""
    return _mark(mail, InboundMail.done_at.is_not(None), "reply_reopened", by=by, done_at=None)


def stop_asking(mail: InboundMail, *, by: User, now: datetime) -> None:
    """Ask whoever wrote a reply nothing more, and be done with it. Doing it twice changes nothing.

    Raises `DomainError` for a reply of somebody nobody here knows.
    """
    if mail.contact is None:
        raise DomainError("Nobody here has this address, so nobody is asked there.")
    opt_out_person(mail.contact, source="reply", by=by, now=now)
    finish_reply(mail, by=by, now=now)


def suggested_answers(mail: InboundMail, invitation: Invitation) -> Answers:
    """Return what a reply says as the form of the survey would: its number, and its words as the comment."""
    definition = definition_of(invitation.wave.survey_version)
    texts = (question.key for question in definition.questions if question.kind is QuestionKind.TEXT)
    form: dict[str, list[str]] = {} if mail.score is None else {SCORE_FIELD: [str(mail.score)]}
    comment, field = comment_in_reply(mail.words), next(texts, None)
    if comment and field:
        form[field] = [comment]
    return read_notes(invitation, form)


def enter_answer(
    mail: InboundMail, invitation: Invitation, notes: ReplyNotes, *, by: User, now: datetime
) -> Answers:
    """Keep what somebody read in a reply as the answer, and be done with the reply; return what it says.

    With errors, or with answers to questions that are not asked, nothing is kept. `invitation` must be
    locked. Raises `DomainError` for what cannot be.
    """
    answers = record_reply_answer(invitation, notes, by=by, now=now)
    if answers.is_valid and not unasked(invitation, answers):
        finish_reply(mail, by=by, now=now)
    return answers


def _mark(
    mail: InboundMail, stands: ColumnElement[bool], action: str, *, by: User, done_at: datetime | None
) -> bool:
    marks = {"done_at": done_at, "done_by_id": by.id if done_at else None}
    # Whoever judges a mail again holds it before people, we may hold people before it: so nobody waits here.
    free = select(InboundMail.id).where(InboundMail.id == mail.id, stands).with_for_update(skip_locked=True)
    changed = db.session.scalar(
        update(InboundMail)
        .where(InboundMail.id == free.scalar_subquery())
        .values(marks)
        .returning(InboundMail.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        return False
    db.session.refresh(mail, ["done_at", "done_by_id"])
    record_act(action, actor_id=by.id, subject_kind=SUBJECT, subject_id=mail.id)
    return True
