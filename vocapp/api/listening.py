"""Surveys, waves, invitations, answers and outcomes as programs read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, load_only

from vocapp.accounts.models import Persona
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import listed_waves
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import definition_of
from vocapp.renewals.models import RenewalOutcome
from vocapp.responses.listing import ResponseFilter, listed_responses
from vocapp.responses.models import Response
from vocapp.signals.models import AccountEvent


def surveys_matching(wanted: Mapping[str, Any]) -> Select[Any]:
    """Return the surveys that somebody published, as asked for, in no order yet."""
    surveys = select(Survey).where(Survey.id.in_(select(SurveyVersion.survey_id)))
    return surveys.where(Survey.key == wanted["key"]) if "key" in wanted else surveys


def survey_documents(surveys: Sequence[Survey]) -> list[dict[str, Any]]:
    """Return what is told of surveys, with the newest version of each; takes one statement."""
    versions = (
        select(SurveyVersion)
        .where(SurveyVersion.survey_id.in_([survey.id for survey in surveys]))
        .order_by(SurveyVersion.number)
    )
    newest = {version.survey_id: version for version in db.session.scalars(versions)}
    return [_survey_document(survey, newest[survey.id]) for survey in surveys]


def _survey_document(survey: Survey, version: SurveyVersion) -> dict[str, Any]:
    return {
        "id": survey.id,
        "key": survey.key,
        "name": survey.name,
        "is_confidential": survey.is_confidential,
        "is_archived": survey.archived_at is not None,
        "version": version.number,
        "published_at": version.published_at,
        "rating_kind": definition_of(version).kind.value,
        "definition": version.definition,
    }


def waves_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return the waves a user may see, as asked for, in no order yet."""
    waves = listed_waves(user, state=wanted.get("state", ""))
    if "survey" in wanted:
        waves = waves.where(Wave.survey_version.has(SurveyVersion.survey.has(Survey.key == wanted["survey"])))
    return waves


def wave_document(wave: Wave) -> dict[str, Any]:
    """Return what is told of a wave."""
    told = ("id", "name", "state", "launch_at", "launched_at", "closes_at", "closed_at", "is_imported")
    return {name: getattr(wave, name) for name in told} | {
        "survey": wave.survey_version.survey.key,
        "survey_version": wave.survey_version.number,
        "is_confidential": wave.survey_version.survey.is_confidential,
        "owner_email": wave.owner.email,
    }


def invitations_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return who was asked at accounts a user may see, as asked for, in no order yet.

    That somebody took part is told of confidential surveys, too. The secret of a link is not even loaded.
    """
    told = load_only(
        Invitation.id,
        Invitation.wave_id,
        Invitation.account_id,
        Invitation.contact_id,
        Invitation.state,
        Invitation.language,
        Invitation.sent_at,
        Invitation.delivered_at,
        Invitation.settled_at,
        Invitation.reminders_sent,
        raiseload=True,
    )
    persona = joinedload(Invitation.persona).load_only(Persona.key)
    visible = Invitation.account_id.in_(visible_account_ids(user))
    return _narrowed(select(Invitation).where(visible).options(told, persona), Invitation, wanted)


def responses_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return the answers a user may see, as asked for, in no order yet.

    As on the page of responses: no doubtful forms, and nothing that was said in confidence.
    """
    ours = ResponseFilter(wave_id=wanted.get("wave_id"), account_id=wanted.get("account_id"))
    responses = listed_responses(user, ours)
    if "contact_id" in wanted:
        responses = responses.where(Response.contact_id == wanted["contact_id"])
    if "updated_since" in wanted:
        responses = responses.where(Response.changed_at >= wanted["updated_since"])
    return responses


def response_document(response: Response) -> dict[str, Any]:
    """Return what is told of an answer; the people and the questions are told elsewhere."""
    told = (
        "id", "invitation_id", "wave_id", "account_id", "contact_id", "rating", "comment", "may_contact",
        "answers", "language", "state", "source", "answered_at",
    )  # fmt: skip
    version = response.invitation.wave.survey_version
    return {name: getattr(response, name) for name in told} | {
        "survey": version.survey.key,
        "survey_version": version.number,
        "rating_kind": definition_of(version).kind.value,
        "updated_at": response.changed_at,
    }


def outcomes_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return how renewals at accounts a user may see ended, as asked for, in no order yet."""
    visible = RenewalOutcome.account_id.in_(visible_account_ids(user))
    return _narrowed(select(RenewalOutcome).where(visible), RenewalOutcome, wanted)


def events_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return what other systems told of accounts a user may see, as asked for, in no order yet."""
    visible = AccountEvent.account_id.in_(visible_account_ids(user))
    events = select(AccountEvent).where(visible, AccountEvent.is_deleted.is_(False))
    return _narrowed(events, AccountEvent, wanted)


def _narrowed(statement: Select[Any], table: Any, wanted: Mapping[str, Any]) -> Select[Any]:
    for name in ("account_id", "contact_id", "wave_id", "state", "outcome", "kind"):
        if name in wanted:
            statement = statement.where(getattr(table, name) == wanted[name])
    return statement
