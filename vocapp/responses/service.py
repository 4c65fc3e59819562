"""Keeping what people answered, and deciding about forms that may not come from a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from surveys.answers import Answers
from surveys.branching import way_through
from surveys.definition import SurveyDefinition
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.service import mark_started, settle_invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.core.machines import Decision, Doubt
from vocapp.identity.models import User
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.queries import (
    is_confidential,
    last_revision_of,
    last_sent_number,
    respondent_of,
    response_of,
)
from vocapp.responses.referring import suggest_persons_named
from vocapp.responses.rules import ResponseSource, ResponseState, comment_in, may_contact_in, persons_named


@dataclass(frozen=True)
class SentForm:
    """The form of one page as it arrived.

    `seen_revision` is the answer on its sender's screen (0 none, None unknown), `opened_at` when they opened
    the page, where that is known. `is_autosave`: the page saved what stood there while they were at it.
    `is_stale`: what its page showed is not what is asked there now. `entered_by_id` is who wrote down an
    answer given by phone.
    """

    answers: Answers
    language: str
    at: datetime
    seen_revision: int | None = None
    doubt: Doubt | None = None
    opened_at: datetime | None = None
    is_autosave: bool = False
    is_stale: bool = False
    source: ResponseSource = ResponseSource.LINK
    entered_by_id: int | None = None


class Recorded(StrEnum):
    """What became of a sent form."""

    SAVED = "saved"
    UNCHANGED = "unchanged"
    PARTLY_SAVED = "partly_saved"
    NOT_SAVED = "not_saved"
    CONFLICT = "conflict"
    DOUBTFUL = "doubtful"
    STALE = "stale"


ACCEPTED = frozenset({Recorded.SAVED, Recorded.UNCHANGED})

# However long somebody sits at a page, what is saved meanwhile is one step of its history.
ONE_VISIT = timedelta(hours=1)


def record_response(invitation: Invitation, form: SentForm) -> Recorded:
    """Keep a sent form; the invitation must be locked (`invitation_by_token(…, is_locked=True)`).

    A form without errors becomes the answer, or its next revision: complete when only extra pages are left,
    and once complete it stays so. The same form again changes nothing. When another complete answer counts by
    now than the sender saw, nothing is saved (`CONFLICT`): they are asked first. Of a form with errors the
    right part is kept, if the rating is known and no complete answer is there. A doubtful form is kept apart:
    it counts nowhere and replaces nothing. What a page saves by itself is at most a partial answer. Of a
    stale form nothing is kept: nobody knows what its numbers answer.
    """
    if form.is_stale:
        return Recorded.STALE
    response = response_of(invitation.id)
    counted = response if response is not None and response.quarantine_reason is None else None
    if form.is_autosave:
        return _record_in_passing(invitation, response, counted, form)
    if form.doubt is not None and form.answers.rating is None and not form.answers.given:
        # Nobody could decide anything about an empty form; a person in a hurry sees what is missing.
        return Recorded.NOT_SAVED
    if form.doubt is not None:
        _keep_apart(invitation, response, form)
        return Recorded.DOUBTFUL
    if not form.answers.is_valid or form.answers.rating is None:
        return _record_part(invitation, response, counted, form)
    is_same = counted is not None and counted.answers == form.answers.values
    if counted is not None and is_same and counted.source == form.source:
        _go_on(counted, invitation, form)
        return Recorded.UNCHANGED
    if not is_same and _is_unseen(counted, form):
        return Recorded.CONFLICT
    _count(invitation, response, form)
    return Recorded.SAVED


def release(revision: ResponseRevision, *, now: datetime, by: User) -> None:
    """Count a doubtful form after all: it becomes the answer. Releasing twice changes nothing.

    Raises `DomainError` for a form without a rating, and for one after which a later form counts: what
    somebody said last stays.
    """
    if revision.decision == Decision.RELEASED:
        return
    response = revision.response
    if response.quarantine_reason is None and response.revision > revision.number:
        raise DomainError("A later answer counts by now, and stays; keep this form out.")
    if response.quarantine_reason is None and _is_fixed(response.invitation):
        raise DomainError("What counts in a closed confidential wave is fixed; keep this form out.")
    definition = definition_of(response.invitation.wave.survey_version)
    if definition.rating_question.key not in revision.answers:
        raise DomainError("This form holds no number, so it cannot count; keep it out.")
    _decide(revision, Decision.RELEASED, now=now, by=by)
    _fill(response, revision, definition)
    response.quarantine_reason = None
    response.last_page = revision.page
    if _was_complete(revision, definition):
        response.state, response.completed_at = ResponseState.COMPLETE, revision.at
    _announce(response, response.invitation, now=revision.at)


def _is_fixed(invitation: Invitation) -> bool:
    """Whether a changed answer would tell what somebody said in confidence, by what differs afterwards."""
    return invitation.wave.state == WaveState.CLOSED and is_confidential(invitation)


def keep_out(revision: ResponseRevision, *, now: datetime, by: User) -> None:
    """Agree that a doubtful form is no answer; it stays stored, and can still be released."""
    if revision.decision is None:
        _decide(revision, Decision.KEPT_OUT, now=now, by=by)


def _was_complete(revision: ResponseRevision, definition: SurveyDefinition) -> bool:
    """Whether only extra pages were left after a form; until there were pages each was the whole survey."""
    response = revision.response
    who = respondent_of(response.invitation, definition, language=response.language)
    return not revision.page or way_through(definition, revision.answers, who).is_finished(revision.page)


def rating_and_comment(revision: ResponseRevision) -> tuple[int | None, str] | None:
    """Return what a form says, for somebody who has to judge it; None for one sent in confidence."""
    if is_confidential(revision.response.invitation):
        return None
    definition = definition_of(revision.response.invitation.wave.survey_version)
    rating = revision.answers.get(definition.rating_question.key)
    return rating, comment_in(definition, revision.answers)


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
    if form.answers.rating is None or _is_complete(counted):
        return Recorded.NOT_SAVED
    if counted is None or counted.answers != form.answers.values:
        _count(invitation, response, form)
    return Recorded.PARTLY_SAVED


def _record_in_passing(
    invitation: Invitation, response: Response | None, counted: Response | None, form: SentForm
) -> Recorded:
    # What may be a machine's needs no look of anybody's until it is sent.
    if form.doubt is not None:
        return Recorded.NOT_SAVED
    page = definition_of(invitation.wave.survey_version).page(form.answers.page)
    # A complete answer is changed by its sender's own hand; an extra page only adds to it.
    if _is_complete(counted) and (not page.is_extra or _is_unseen(counted, form)):
        return Recorded.NOT_SAVED
    if counted is not None and counted.answers == form.answers.values:
        return Recorded.UNCHANGED
    return _record_added(invitation, response, counted, form)


def _record_added(
    invitation: Invitation, response: Response | None, counted: Response | None, form: SentForm
) -> Recorded:
    if not _is_complete(counted):
        return _record_part(invitation, response, counted, form)
    _count(invitation, response, form)
    return Recorded.PARTLY_SAVED


def _is_complete(counted: Response | None) -> bool:
    return counted is not None and counted.state == ResponseState.COMPLETE


def _is_unseen(counted: Response | None, form: SentForm) -> bool:
    """Whether a complete answer counts that the sender of a form has not seen, less what saved itself."""
    if counted is None or not _is_complete(counted) or form.seen_revision in {None, counted.revision}:
        return False
    return not last_sent_number(counted) <= (form.seen_revision or 0) <= counted.revision


def _count(invitation: Invitation, response: Response | None, form: SentForm) -> None:
    definition = definition_of(invitation.wave.survey_version)
    response = response or _new_response(invitation, form)
    if response.quarantine_reason is not None:
        response.quarantine_reason = None
        response.state, response.answered_at = ResponseState.PARTIAL, form.at
        response.started_at, response.completed_at = form.opened_at, None
    _fill(response, _next_revision(response, form), definition)
    response.language = form.language
    is_sent = form.answers.is_valid and not form.is_autosave
    if is_sent:
        _advance(response, form)
    _announce(response, invitation, now=form.at)
    named = persons_named(definition, response.answers) if is_sent else {}
    # A name given in confidence would tell who gave it.
    if named and not is_confidential(invitation):
        suggest_persons_named(response, named, now=form.at)


def _go_on(counted: Response, invitation: Invitation, form: SentForm) -> None:
    """Note that a page was sent which said nothing new: it may have been the last one."""
    was_complete = _is_complete(counted)
    last = None if was_complete else last_revision_of(counted.id)
    if last is not None and last.is_autosaved and last.number == counted.revision:
        last.is_autosaved = False
    _advance(counted, form)
    if not was_complete:
        _announce(counted, invitation, now=form.at)


def _advance(response: Response, form: SentForm) -> None:
    if not form.answers.unseen:
        response.last_page = form.answers.page
    if form.answers.is_complete and response.state != ResponseState.COMPLETE:
        response.state, response.completed_at = ResponseState.COMPLETE, form.at


def _keep_apart(invitation: Invitation, response: Response | None, form: SentForm) -> None:
    if response is None:
        response = _new_response(invitation, form)
        response.quarantine_reason = form.doubt
        _fill(response, _next_revision(response, form), definition_of(invitation.wave.survey_version))
        _advance(response, form)
    else:
        last = last_revision_of(response.id)
        is_repeated = last is not None and last.quarantine_reason and last.answers == form.answers.values
        if not is_repeated:
            _next_revision(response, form)
    db.session.flush()


def _new_response(invitation: Invitation, form: SentForm) -> Response:
    response = Response(
        invitation=invitation,
        wave_id=invitation.wave_id,
        account_id=invitation.account_id,
        contact_id=invitation.contact_id,
        answers={},
        language=form.language,
        state=ResponseState.PARTIAL,
        revision=0,
        started_at=form.opened_at,
        answered_at=form.at,
    )
    db.session.add(response)
    return response


def _next_revision(response: Response, form: SentForm) -> ResponseRevision:
    last = last_revision_of(response.id) if response.revision else None
    if form.is_autosave and last is not None and _is_same_visit(last, form):
        last.answers, last.at = dict(form.answers.values), form.at
        return last
    revision = ResponseRevision(
        response=response,
        # Answers from another tool come without the forms they were read from.
        number=max(last.number if last else 0, response.revision) + 1,
        answers=dict(form.answers.values),
        page=form.answers.page,
        is_autosaved=form.is_autosave,
        source=form.source,
        entered_by_id=form.entered_by_id,
        at=form.at,
        quarantine_reason=form.doubt,
    )
    db.session.add(revision)
    return revision


def _is_same_visit(last: ResponseRevision, form: SentForm) -> bool:
    return last.is_autosaved and last.page == form.answers.page and form.at - last.at < ONE_VISIT


def _fill(response: Response, revision: ResponseRevision, definition: SurveyDefinition) -> None:
    answers = revision.answers
    response.answers = answers
    response.rating = answers.get(definition.rating_question.key)
    response.comment = comment_in(definition, answers)
    response.may_contact = may_contact_in(definition, answers)
    response.revision = revision.number
    response.source, response.entered_by_id = revision.source, revision.entered_by_id
    response.changed_at = revision.at


def _announce(response: Response, invitation: Invitation, *, now: datetime) -> None:
    if response.state == ResponseState.COMPLETE:
        settle_invitation(invitation, InvitationState.COMPLETED, now)
    else:
        mark_started(invitation, now)
    db.session.flush()
    enqueue(
        "response_received",
        {"response_id": response.id, "account_id": response.account_id},
        key=f"response_received:{response.id}",
    )
