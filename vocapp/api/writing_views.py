"""The API for what programs tell us."""

from typing import Any

from apiflask import APIBlueprint
from flask import url_for

from vocapp.api.guard import current_bearer, finish, needs
from vocapp.api.listening_documents import EventOut, OutcomeOut
from vocapp.api.remembering import once_per_key
from vocapp.api.rules import Scope
from vocapp.api.writing import event_told, outcome_said
from vocapp.api.writing_documents import EventIn, OutcomeIn
from vocapp.core.clock import utcnow
from vocapp.identity.guards import current_person

api_writing = APIBlueprint("api_writing", __name__, url_prefix="/api/v1", tag="Telling us")
api_writing.after_request(finish)


@api_writing.post("/outcomes")
@needs(Scope.OUTCOMES_WRITE)
@once_per_key
@api_writing.input(OutcomeIn, arg_name="body")
@api_writing.output(OutcomeOut, status_code=201)
def say_outcome(body: dict[str, Any]) -> Any:
    """Say how a renewal ended; 201 when it is new, 200 when it corrects."""
    outcome, is_new = outcome_said(body, current_person(), token_id=current_bearer().token_id, now=utcnow())
    location = url_for("api_listening.outcome", outcome_id=outcome.id)
    return outcome, 201 if is_new else 200, {"Location": location}


@api_writing.post("/events")
@needs(Scope.EVENTS_WRITE)
@once_per_key
@api_writing.input(EventIn, arg_name="body")
@api_writing.output(EventOut, status_code=201)
def tell_event(body: dict[str, Any]) -> Any:
    """Tell what happened; triggers may ask people about it. 201 when it is new, 200 when it corrects."""
    event, is_new = event_told(body, current_person(), token_id=current_bearer().token_id, now=utcnow())
    location = url_for("api_listening.event", event_id=event.id)
    return event, 201 if is_new else 200, {"Location": location}
