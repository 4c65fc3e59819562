"""How the people of the demo company answered: page by page, a few by phone, and some only chose a number."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from surveys.branching import way_through
from surveys.catalog import load_survey
from surveys.definition import SurveyDefinition
from surveys.questions import CHOICES, Question, QuestionKind
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.responses.click_rules import score_target
from vocapp.responses.models import LinkClick, Response, ResponseRevision
from vocapp.responses.rules import ResponseSource

# Shares of those who answered: going on to the extra page, answering on the phone.
GOES_ON = 0.6
ON_THE_PHONE = 0.02
# Share of those with an unanswered mail who chose a number in it.
ONLY_CLICKED = 0.08
CHUNK = 1000


def answer_in_detail(*, draw: random.Random) -> None:
    """Give the demo's answers their pages, drivers, times and sources, and its open wave some clicks."""
    definition = load_survey("nps")
    answers = (
        select(Response.id, Response.answers, Response.answered_at)
        .join(Wave, Wave.id == Response.wave_id)
        .where(Wave.is_demo)
        .order_by(Response.id)
    )
    details = [_details(definition, row, draw) for row in db.session.execute(answers).all()]
    for start in range(0, len(details), CHUNK):
        some = details[start : start + CHUNK]
        db.session.execute(update(Response), some)
        _keep_forms(some)
    _click(draw)


def _details(definition: SurveyDefinition, row: Row[Any], draw: random.Random) -> dict[str, Any]:
    answers = {key: value for key, value in row.answers.items() if value != ""}
    way = way_through(definition, answers)
    seconds, last_page = draw.randint(14, 70), way.steps[0].page.key
    if draw.random() < GOES_ON:
        for step in way.steps[1:]:
            last_page, seconds = step.page.key, seconds + draw.randint(8, 35)
            chosen = (question for question in step.questions if question.kind in CHOICES)
            answers |= {question.key: _chosen(question, draw) for question in chosen}
    is_phoned = draw.random() < ON_THE_PHONE
    return {
        "id": row.id,
        "answers": answers,
        "source": ResponseSource.PHONE if is_phoned else ResponseSource.LINK,
        "last_page": last_page,
        "started_at": None if is_phoned else row.answered_at - timedelta(seconds=seconds),
        "completed_at": row.answered_at,
    }


def _keep_forms(details: Sequence[dict[str, Any]]) -> None:
    """Let the forms the answers were read from say the same."""
    by_response = {row["id"]: row for row in details}
    forms = select(ResponseRevision.id, ResponseRevision.response_id).where(
        ResponseRevision.response_id.in_(by_response)
    )
    db.session.execute(
        update(ResponseRevision),
        [
            {
                "id": form_id,
                "answers": by_response[response_id]["answers"],
                "page": by_response[response_id]["last_page"],
                "source": by_response[response_id]["source"],
            }
            for form_id, response_id in db.session.execute(forms).all()
        ],
    )


def _chosen(question: Question, draw: random.Random) -> list[str] | str:
    # What stands first in the list is named more often, so that something stands out.
    keys = [option.key for option in question.options]
    weights = [1 / (place + 1) for place in range(len(keys))]
    picked = draw.choices(keys, weights, k=draw.randint(1, 3))
    is_multiple = question.kind is QuestionKind.MULTIPLE_CHOICE
    return [key for key in keys if key in picked] if is_multiple else picked[0]


def _click(draw: random.Random) -> None:
    waiting = (
        select(Invitation.id, Invitation.sent_at)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(Wave.is_demo, Wave.state == WaveState.OPEN, Invitation.state == InvitationState.DELIVERED)
        .order_by(Invitation.id)
    )
    clicks = [
        _click_of(invitation_id, sent_at, draw)
        for invitation_id, sent_at in db.session.execute(waiting).all()
        if sent_at is not None and draw.random() < ONLY_CLICKED
    ]
    if clicks:
        db.session.execute(insert(LinkClick), clicks)


def _click_of(invitation_id: int, sent_at: datetime, draw: random.Random) -> dict[str, Any]:
    at = sent_at + timedelta(hours=draw.randint(1, 40))
    target = score_target(draw.choice((5, 7, 8, 9)))
    return {"invitation_id": invitation_id, "target": target, "first_at": at, "last_at": at}
