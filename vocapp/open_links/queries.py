"""Open links and what came in through them, read only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import joinedload

from surveys.conditions import StoredAnswers
from surveys.definition import SurveyDefinition
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token, hash_token
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.open_links.rules import OpenLinkKind, speaks_by_name, without_names
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import ListedSurvey, definition_of, listed_surveys
from vocapp.responses.rules import ResponseState

PURPOSE = "open"
# How long a visitor can go back to what they answered: at an event, the next one may hold the same device.
VISIT_STAYS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """How many answers came in through a link: complete ones, begun ones, and doubtful forms kept apart."""

    complete: int = 0
    partial: int = 0
    doubtful: int = 0


def open_link_by_token(token: str, kind: OpenLinkKind) -> OpenLink | None:
    """Return the link of a kind with this token, or None; one look-up by hash, whichever it is."""
    links = (
        select(OpenLink)
        .where(OpenLink.token_hash == hash_token(token), OpenLink.kind == kind)
        .options(joinedload(OpenLink.survey_version).joinedload(SurveyVersion.survey))
    )
    return db.session.scalar(links)


def token_of(link: OpenLink) -> str:
    """Return the token of a link's address, derived from what is stored."""
    return derive_token(gateways().settings.secret_key, PURPOSE, link.nonce)


def answers_of_visit(link: OpenLink, visit: str) -> StoredAnswers:
    """Return what a visit has answered so far; nothing for one that is over for longer than `VISIT_STAYS`."""
    mine = (OpenResponse.open_link_id == link.id, OpenResponse.visit_hash == hash_token(visit))
    since = utcnow() - VISIT_STAYS
    return (
        db.session.scalar(select(OpenResponse.answers).where(*mine, OpenResponse.answered_at > since)) or {}
    )


def asked_by(link: OpenLink) -> SurveyDefinition:
    """Return what a link asks: its survey without the questions that need a name."""
    return without_names(definition_of(link.survey_version))


def listed_links() -> Sequence[OpenLink]:
    """Return every open link, newest first."""
    links = select(OpenLink).options(joinedload(OpenLink.survey_version).joinedload(SurveyVersion.survey))
    return db.session.scalars(links.order_by(OpenLink.created_at.desc(), OpenLink.id.desc())).all()


def counts_of_links(link_ids: Collection[int]) -> Mapping[int, OpenCounts]:
    """Return the counts of some links by their id; links without an answer are left out."""
    is_counted = OpenResponse.quarantine_reason.is_(None)
    is_complete = OpenResponse.state == ResponseState.COMPLETE
    is_undecided = OpenResponse.quarantine_reason.is_not(None) & OpenResponse.decision.is_(None)
    rows = db.session.execute(
        select(
            OpenResponse.open_link_id,
            func.sum(case((is_counted & is_complete, 1), else_=0)),
            func.sum(case((is_counted & ~is_complete, 1), else_=0)),
            func.sum(case((is_undecided, 1), else_=0)),
        )
        .where(OpenResponse.open_link_id.in_(link_ids))
        .group_by(OpenResponse.open_link_id)
    )
    return {link_id: OpenCounts(*(int(count) for count in counts)) for link_id, *counts in rows}


LATEST = 25


def latest_answers(link: OpenLink) -> Sequence[OpenResponse]:
    """Return the answers through a link that count, the newest ones first."""
    return db.session.scalars(
        select(OpenResponse)
        .where(OpenResponse.open_link_id == link.id, OpenResponse.quarantine_reason.is_(None))
        .order_by(OpenResponse.answered_at.desc(), OpenResponse.id.desc())
        .limit(LATEST)
    ).all()


def doubtful_answers(link: OpenLink) -> Select[Any]:
    """Return a select of a link's forms that may not come from a person, undecided ones first."""
    return (
        select(OpenResponse)
        .where(OpenResponse.open_link_id == link.id, OpenResponse.quarantine_reason.is_not(None))
        .order_by(OpenResponse.decision.is_not(None), OpenResponse.answered_at.desc(), OpenResponse.id.desc())
    )


def doubtful_answer(link: OpenLink, answer_id: int) -> OpenResponse | None:
    """Return one doubtful form of a link, held until the end of the transaction, or None."""
    statement = doubtful_answers(link).where(OpenResponse.id == answer_id).with_for_update()
    found: OpenResponse | None = db.session.scalar(statement)
    return found


def surveys_for_anybody() -> list[ListedSurvey]:
    """Return the surveys that may be asked of people we do not know: not in confidence, and by no name."""
    return [
        survey
        for survey in listed_surveys()
        if not survey.definition.is_confidential and not speaks_by_name(without_names(survey.definition))
    ]
