"""Keeping what people answered, and deciding about forms that may not come from a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from surveys.answers import Answers, AnswerValue
from surveys.definition import SurveyDefinition
from surveys.questions import QuestionKind
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import mark_started, settle_invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.core.machines import Decision, Doubt
from vocapp.identity.models import User
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.queries import last_revision_of, response_of
from vocapp.responses.rules import ResponseState


@dataclass(frozen=True)
class SentForm:
    """One form as it arrived; `seen_revision` is the answer on its sender's screen (0 none, None unknown)."""

    answers: Answers
    language: str
    at: datetime
    seen_revision: int | None = None
    doubt: Doubt | None = None


class Recorded(StrEnum):
    """What became of a sent form."""

    SAVED = "saved"
    UNCHANGED = "unchanged"
    PARTLY_SAVED = "partly_saved"
    NOT_SAVED = "not_saved"
    CONFLICT = "conflict"
    DOUBTFUL = "doubtful"


def record_response(invitation: Invitation, form: SentForm) -> Recorded:
    """Keep a sent form; the invitation must be locked (`invitation_by_token(…, is_locked=True)`).

    A form without errors becomes the answer, or its next revision; the same form again changes nothing. When
    another answer counts by now than the sender saw, nothing is saved (`CONFLICT`): they are asked first. Of
    a form with errors the right part is kept, if it has the rating and no complete answer is there. A
    doubtful form is kept apart: it counts nowhere and replaces nothing.
    """
    response = response_of(invitation.id)
    if form.doubt is not None:
        _keep_apart(invitation, response, form)
        return Recorded.DOUBTFUL
    counted = response if response is not None and response.quarantine_reason is None else None
    if not form.answers.is_valid:
        return _record_part(invitation, response, counted, form)
    if counted is not None and counted.state == ResponseState.COMPLETE:
        if counted.answers == form.answers.values:
            return Recorded.UNCHANGED
        if form.seen_revision not in {None, counted.revision}:
            return Recorded.CONFLICT
    _count(invitation, response, form, ResponseState.COMPLETE)
    return Recorded.SAVED


def release(revision: ResponseRevision, *, now: datetime, by: User) -> None:
    """Count a doubtful form after all: it becomes the answer. Releasing twice changes nothing.

    Raises `DomainError` for a form without a rating.
    """
    if revision.decision == Decision.RELEASED:
        return
    response = revision.response
    definition = definition_of(response.invitation.wave.survey_version)
    if definition.rating_question.key not in revision.answers:
        raise DomainError("This form holds no number, so it cannot count; keep it out.")
    _decide(revision, Decision.RELEASED, now=now, by=by)
    _fill(response, revision, definition)
    response.quarantine_reason = None
    _announce(response, response.invitation, now=revision.at)


def keep_out(revision: ResponseRevision, *, now: datetime, by: User) -> None:
    """Agree that a doubtful form is no answer; it stays stored, and can still be released."""
    if revision.decision is None:
        _decide(revision, Decision.KEPT_OUT, now=now, by=by)


def rating_and_comment(revision: ResponseRevision) -> tuple[int | None, str]:
    """Return what a form says, for somebody who has to judge it."""
    definition = definition_of(revision.response.invitation.wave.survey_version)
    rating = revision.answers.get(definition.rating_question.key)
    return rating, _first(definition, QuestionKind.TEXT, revision.answers) or ""


def _decide(revision: ResponseRevision, decision: Decision, *, now: datetime, by: User) -> None:
    revision.decision = decision
    revision.decided_at = now
    record_act(
        f"quarantine.{decision}",
        actor_id=by.id,
        subject_kind="response",
        subject_id=revision.response_id,
        details={"revision": revision.number},
    )
    db.session.flush()


def _record_part(
    invitation: Invitation, response: Response | None, counted: Response | None, form: SentForm
) -> Recorded:
    # A number lost is worse than a comment missing.
    if form.answers.given:
        mark_started(invitation, form.at)
    if form.answers.rating is None or (counted is not None and counted.state == ResponseState.COMPLETE):
        return Recorded.NOT_SAVED
    if counted is None or counted.answers != form.answers.values:
        _count(invitation, response, form, ResponseState.PARTIAL)
    return Recorded.PARTLY_SAVED


def _count(invitation: Invitation, response: Response | None, form: SentForm, state: ResponseState) -> None:
    response = response or _new_response(invitation, form)
    revision = _add_revision(response, form)
    _fill(response, revision, definition_of(invitation.wave.survey_version))
    response.state = state
    response.language = form.language
    if response.quarantine_reason is not None:
        response.quarantine_reason = None
        response.answered_at = form.at
    _announce(response, invitation, now=form.at)


def _keep_apart(invitation: Invitation, response: Response | None, form: SentForm) -> None:
    if response is None:
        response = _new_response(invitation, form)
        response.quarantine_reason = form.doubt
        _fill(response, _add_revision(response, form), definition_of(invitation.wave.survey_version))
    else:
        last = last_revision_of(response.id)
        is_repeated = last is not None and last.quarantine_reason and last.answers == form.answers.values
        if not is_repeated:
            _add_revision(response, form)
    db.session.flush()


def _new_response(invitation: Invitation, form: SentForm) -> Response:
    response = Response(
        invitation=invitation,
        wave_id=invitation.wave_id,
        account_id=invitation.account_id,
        contact_id=invitation.contact_id,
        answers={},
        language=form.language,
        revision=0,
        answered_at=form.at,
    )
    db.session.add(response)
    return response


def _add_revision(response: Response, form: SentForm) -> ResponseRevision:
    last = last_revision_of(response.id) if response.revision else None
    revision = ResponseRevision(
        response=response,
        # Answers from another tool come without the forms they were read from.
        number=max(last.number if last else 0, response.revision) + 1,
        answers=dict(form.answers.values),
        at=form.at,
        quarantine_reason=form.doubt,
    )
    db.session.add(revision)
    return revision


def _fill(response: Response, revision: ResponseRevision, definition: SurveyDefinition) -> None:
    answers = revision.answers
    response.answers = answers
    response.rating = answers.get(definition.rating_question.key)
    response.comment = _first(definition, QuestionKind.TEXT, answers) or ""
    response.may_contact = _first(definition, QuestionKind.YES_NO, answers)
    response.revision = revision.number
    response.changed_at = revision.at


def _first(definition: SurveyDefinition, kind: QuestionKind, answers: Mapping[str, AnswerValue]) -> Any:
    keys = (question.key for question in definition.questions if question.kind is kind)
    return answers.get(next(keys, ""))


def _announce(response: Response, invitation: Invitation, *, now: datetime) -> None:
    settle_invitation(invitation, InvitationState.COMPLETED, now)
    db.session.flush()
    enqueue(
        "response_received",
        {"response_id": response.id, "account_id": response.account_id},
        key=f"response_received:{response.id}",
    )
