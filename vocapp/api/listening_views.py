"""The API on listening and what came of it: surveys, waves, invitations, answers, outcomes, events."""

from typing import Any

from apiflask import APIBlueprint
from flask import abort

from vocapp.api.documents import list_of
from vocapp.api.guard import finish, needs
from vocapp.api.listening import (
    events_matching,
    invitations_matching,
    outcomes_matching,
    response_document,
    responses_matching,
    survey_documents,
    surveys_matching,
    wave_document,
    waves_matching,
)
from vocapp.api.listening_documents import (
    EventOut,
    EventQuery,
    InvitationOut,
    InvitationQuery,
    OutcomeOut,
    OutcomeQuery,
    ResponseOut,
    ResponseQuery,
    SurveyOut,
    SurveyQuery,
    WaveOut,
    WaveQuery,
)
from vocapp.api.paging import page_after, single
from vocapp.api.rules import Scope
from vocapp.campaigns.models import Invitation, Wave
from vocapp.identity.guards import current_person
from vocapp.questionnaires.models import Survey
from vocapp.renewals.models import RenewalOutcome
from vocapp.responses.models import Response
from vocapp.signals.models import AccountEvent

api_listening = APIBlueprint("api_listening", __name__, url_prefix="/api/v1", tag="Asking and answers")
api_listening.after_request(finish)


@api_listening.get("/surveys")
@needs(Scope.SURVEYS_READ)
@api_listening.input(SurveyQuery, location="query", arg_name="wanted")
@api_listening.output(list_of(SurveyOut))
def surveys(wanted: dict[str, Any]) -> dict[str, Any]:
    """List surveys that were published."""
    page = page_after(surveys_matching(wanted), Survey.id)
    return {**page, "items": survey_documents(page["items"])}


@api_listening.get("/surveys/<int:survey_id>")
@needs(Scope.SURVEYS_READ)
@api_listening.output(SurveyOut)
def survey(survey_id: int) -> Any:
    """Read a survey with what it asks."""
    return survey_documents([single(surveys_matching({}), Survey.id, survey_id) or abort(404)])[0]


@api_listening.get("/waves")
@needs(Scope.WAVES_READ)
@api_listening.input(WaveQuery, location="query", arg_name="wanted")
@api_listening.output(list_of(WaveOut))
def waves(wanted: dict[str, Any]) -> dict[str, Any]:
    """List waves."""
    page = page_after(waves_matching(current_person(), wanted), Wave.id)
    return {**page, "items": [wave_document(one) for one in page["items"]]}


@api_listening.get("/waves/<int:wave_id>")
@needs(Scope.WAVES_READ)
@api_listening.output(WaveOut)
def wave(wave_id: int) -> Any:
    """Read a wave."""
    return wave_document(single(waves_matching(current_person(), {}), Wave.id, wave_id) or abort(404))


@api_listening.get("/invitations")
@needs(Scope.INVITATIONS_READ)
@api_listening.input(InvitationQuery, location="query", arg_name="wanted")
@api_listening.output(list_of(InvitationOut))
def invitations(wanted: dict[str, Any]) -> dict[str, Any]:
    """List who was asked, and how far they got."""
    return page_after(invitations_matching(current_person(), wanted), Invitation.id)


@api_listening.get("/invitations/<int:invitation_id>")
@needs(Scope.INVITATIONS_READ)
@api_listening.output(InvitationOut)
def invitation(invitation_id: int) -> Any:
    """Read one person's part in a wave."""
    return single(invitations_matching(current_person(), {}), Invitation.id, invitation_id) or abort(404)


@api_listening.get("/responses")
@needs(Scope.RESPONSES_READ)
@api_listening.input(ResponseQuery, location="query", arg_name="wanted")
@api_listening.output(list_of(ResponseOut))
def responses(wanted: dict[str, Any]) -> dict[str, Any]:
    """List answers; those given in confidence are not among them."""
    page = page_after(responses_matching(current_person(), wanted), Response.id)
    return {**page, "items": [response_document(one) for one in page["items"]]}


@api_listening.get("/responses/<int:response_id>")
@needs(Scope.RESPONSES_READ)
@api_listening.output(ResponseOut)
def response(response_id: int) -> Any:
    """Read an answer."""
    return response_document(
        single(responses_matching(current_person(), {}), Response.id, response_id) or abort(404)
    )


@api_listening.get("/outcomes")
@needs(Scope.OUTCOMES_READ)
@api_listening.input(OutcomeQuery, location="query", arg_name="wanted")
@api_listening.output(list_of(OutcomeOut))
def outcomes(wanted: dict[str, Any]) -> dict[str, Any]:
    """List how renewals ended."""
    return page_after(outcomes_matching(current_person(), wanted), RenewalOutcome.id)


@api_listening.get("/outcomes/<int:outcome_id>")
@needs(Scope.OUTCOMES_READ)
@api_listening.output(OutcomeOut)
def outcome(outcome_id: int) -> Any:
    """Read how a renewal ended."""
    return single(outcomes_matching(current_person(), {}), RenewalOutcome.id, outcome_id) or abort(404)


@api_listening.get("/events")
@needs(Scope.EVENTS_READ)
@api_listening.input(EventQuery, location="query", arg_name="wanted")
@api_listening.output(list_of(EventOut))
def events(wanted: dict[str, Any]) -> dict[str, Any]:
    """List what other systems told of accounts."""
    return page_after(events_matching(current_person(), wanted), AccountEvent.id)


@api_listening.get("/events/<int:event_id>")
@needs(Scope.EVENTS_READ)
@api_listening.output(EventOut)
def event(event_id: int) -> Any:
    """Read an event."""
    return single(events_matching(current_person(), {}), AccountEvent.id, event_id) or abort(404)
