"""What a request to a respondent's page tells of the visitor: the link it opens, the doubt about its form."""

from datetime import datetime

from flask import Response, after_this_request, request

from vocapp.campaigns.models import Invitation
from vocapp.campaigns.queries import sent_or_tried_at
from vocapp.campaigns.rules import SETTLED
from vocapp.core.clock import utcnow
from vocapp.core.db import noting
from vocapp.core.machines import Doubt
from vocapp.outbox.link_pages import (
    LANGUAGE_FIELD,
    doubt_about_form,
    form_opened_at,
    is_opened_by_visitor,
    signals_of_visit,
)
from vocapp.responses.click_queries import clicks_of, last_opened_at
from vocapp.responses.click_rules import OPT_OUT, form_signals, is_same_visit, score_target
from vocapp.responses.clicks import note_click
from vocapp.responses.rules import is_open


def note_score_link(invitation: Invitation, score: int | None) -> None:
    """Note that the link of a number was opened, once its page is made; nothing for None."""
    target = score_target(score)
    if target is not None:
        _note(invitation, target)


def note_opt_out_link(invitation: Invitation) -> None:
    """Note that the opt-out link of a mail was opened, once its page is made."""
    # Our own pages link there too, and say in which language.
    if LANGUAGE_FIELD not in request.args:
        _note(invitation, OPT_OUT)


def doubt_about_answer(invitation: Invitation, now: datetime) -> Doubt | None:
    """Return why the form of this request, sent through an invitation's link, may be a machine's."""
    heard = form_signals(clicks_of(invitation.id), opened_at=form_opened_at(), now=now)
    return doubt_about_form(sent_or_tried_at(invitation), now, heard=heard)


def _note(invitation: Invitation, target: str) -> None:
    now, wave, invitation_id = utcnow(), invitation.wave, invitation.id
    is_waiting = invitation.state not in SETTLED and is_open(wave.state, wave.closes_at, now=now)
    if not is_opened_by_visitor() or not is_waiting:
        return
    if is_same_visit(last_opened_at(invitation_id, target), at=now):
        return
    signals = signals_of_visit(sent_or_tried_at(invitation), now)

    @after_this_request
    def note(response: Response) -> Response:
        with noting():
            note_click(invitation_id, target, at=now, signals=signals)
        return response
