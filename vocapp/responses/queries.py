"""Responses, quarantine and referrals, read only, and which answers may be shown at all."""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.sql.elements import ColumnElement

from surveys.conditions import About, Respondent, StoredAnswers
from surveys.definition import SurveyDefinition
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Referral, Response, ResponseRevision
from vocapp.responses.rules import PREVIOUS, facts_asked_about


def confidential_waves() -> Select[int]:
    """Return the ids of the waves of confidential surveys, whose answers are only ever told in groups."""
    return (
        select(Wave.id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Survey.is_confidential)
    )


def openly_given(response: Any = Response) -> ColumnElement[bool]:
    """Whether what an answer says may be used and shown by itself: not where it was given in confidence.

    Every statement that reads a rating, a comment or other answers of one person goes through this; that
    somebody took part is no secret. `response` is the table, or an alias of it (docs/method.md §6).
    """
    condition: ColumnElement[bool] = response.wave_id.not_in(confidential_waves())
    return condition


def is_confidential(invitation: Invitation) -> bool:
    """Whether what somebody answers to an invitation is given in confidence."""
    return invitation.wave.survey_version.survey.is_confidential


def response_of(invitation_id: int) -> Response | None:
    """Return what is kept of an invitation's answer, doubtful or not."""
    return db.session.scalar(_by_invitation(), {"invitation_id": invitation_id})


@cache
def _by_invitation() -> Select[Response]:
    # Built once: every answer passes here twice.
    return select(Response).where(Response.invitation_id == bindparam("invitation_id"))


def counted_response_of(invitation_id: int) -> Response | None:
    """Return the answer that counts, or None."""
    response = response_of(invitation_id)
    return response if response is not None and response.quarantine_reason is None else None


def last_revision_of(response_id: int) -> ResponseRevision | None:
    """Return the form that was sent last, doubtful or not."""
    revisions = (
        select(ResponseRevision)
        .where(ResponseRevision.response_id == response_id)
        .order_by(ResponseRevision.number.desc())
        .limit(1)
    )
    return db.session.scalar(revisions)


def last_referral_of(invitation_id: int) -> Referral | None:
    """Return the last thing somebody told us about being the wrong person, or None."""
    referrals = select(Referral).where(Referral.invitation_id == invitation_id).order_by(Referral.id.desc())
    return db.session.scalar(referrals.limit(1))


def what_was_done_for(invitation: Invitation) -> str:
    """Return what was done after the last closed wave in which the same asker asked this account, or ""."""
    wave = invitation.wave
    told = (
        select(Wave.we_did)
        .join(wave_accounts, wave_accounts.c.wave_id == Wave.id)
        .where(
            Wave.owner_id == wave.owner_id,
            Wave.id != wave.id,
            Wave.state == WaveState.CLOSED,
            Wave.we_did != "",
            wave_accounts.c.account_id == invitation.account_id,
        )
        .order_by(Wave.closed_at.desc(), Wave.id.desc())
        .limit(1)
    )
    return db.session.scalar(told) or ""


def last_sent_number(response: Response) -> int:
    """Return the number of the last form that counts and was sent; 0 where all was saved in passing."""
    sent = select(func.max(ResponseRevision.number)).where(
        ResponseRevision.response_id == response.id,
        ResponseRevision.number <= response.revision,
        ResponseRevision.is_autosaved.is_(False),
    )
    return db.session.scalar(sent) or 0


def respondent_of(invitation: Invitation, definition: SurveyDefinition, *, language: str) -> Respondent:
    """Return who answers an invitation, as far as the survey has conditions on it or words for it."""
    facts = facts_asked_about(definition)
    contact, account = invitation.contact, invitation.account
    is_persona, is_tier = About.PERSONA in facts, About.TIER in facts and account.tier is not None
    return Respondent(
        personas=frozenset(persona.key for persona in contact.personas) if is_persona else frozenset(),
        tier=account.tier.name if is_tier and account.tier else "",
        product=account.product or "",
        language=language,
        previous=_previous_answers(invitation) if PREVIOUS in facts else {},
    )


def _previous_answers(invitation: Invitation) -> StoredAnswers:
    """Return what this person answered the last time they were asked the same survey."""
    before = (
        select(Response.answers)
        .join(Wave, Wave.id == Response.wave_id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .where(
            SurveyVersion.survey_id == invitation.wave.survey_version.survey_id,
            Response.contact_id == invitation.contact_id,
            Response.wave_id != invitation.wave_id,
            Response.answered_at < (invitation.wave.launched_at or invitation.created_at),
            Response.quarantine_reason.is_(None),
            openly_given(),
        )
        .order_by(Response.answered_at.desc(), Response.id.desc())
        .limit(1)
    )
    return db.session.scalar(before) or {}
