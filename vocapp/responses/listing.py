"""The lists of responses and doubtful forms: what can be filtered, searched and sorted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from surveys.questions import QuestionKind
from surveys.scoring import RatingClass
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import contains_text, db
from vocapp.core.machines import Decision
from vocapp.identity.models import User
from vocapp.questionnaires.models import SurveyVersion
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.queries import openly_given
from vocapp.responses.scales import rated_as

RESPONSE_ORDERS: Mapping[str, Any] = {
    "answered": Response.changed_at,
    "rating": Response.rating,
    "person": Contact.last_name,
    "account": Account.name,
}

RATINGS = {
    RatingClass.PROMOTER: (9, 10),
    RatingClass.PASSIVE: (7, 8),
    RatingClass.DETRACTOR: (0, 6),
}


@dataclass(frozen=True, slots=True)
class ResponseFilter:
    """Which responses to list; empty fields do not filter."""

    text: str = ""
    rating_class: str = ""
    wave_id: int | None = None
    account_id: int | None = None
    source: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered at all."""
        return self != ResponseFilter()


def listed_responses(user: User, wanted: ResponseFilter) -> Select[Any]:
    """Return a select of the counted answers a user may see and asked for, in no order yet.

    Answers given in confidence are not among them.
    """
    listed: Select[Any] = _matching(select(Response), user, wanted).options(
        contains_eager(Response.account),
        contains_eager(Response.contact),
        _wave_and_persona(),
        joinedload(Response.entered_by).lazyload(User.roles),
    )
    return listed


def class_counts(user: User, wanted: ResponseFilter) -> dict[RatingClass, int]:
    """Return how many of the listed answers are of each class of NPS; other ratings are of none."""
    statement = _matching(select(Response.rating, func.count()), user, wanted)
    statement = statement.where(rated_as(QuestionKind.NPS)).group_by(Response.rating)
    counted = db.session.execute(statement).all()
    return {
        kind: sum(count for rating, count in counted if rating is not None and low <= rating <= high)
        for kind, (low, high) in RATINGS.items()
    }


def _matching(responses: Any, user: User, wanted: ResponseFilter) -> Any:
    responses = (
        responses.join(Response.account)
        .join(Response.contact)
        .where(
            Response.quarantine_reason.is_(None),
            openly_given(),
            Response.account_id.in_(visible_account_ids(user)),
            # The lesser of two answers one person gave in one wave.
            Contact.merged_into_id.is_(None),
        )
    )
    if wanted.text:
        name = Contact.first_name + " " + Contact.last_name
        searched = (Response.comment, name, Contact.email, Account.name)
        responses = responses.where(or_(*(contains_text(column, wanted.text) for column in searched)))
    if wanted.rating_class:
        of_class = Response.rating.between(*RATINGS[RatingClass(wanted.rating_class)])
        responses = responses.where(of_class, rated_as(QuestionKind.NPS))
    if wanted.wave_id is not None:
        responses = responses.where(Response.wave_id == wanted.wave_id)
    if wanted.account_id is not None:
        responses = responses.where(Response.account_id == wanted.account_id)
    if wanted.source:
        responses = responses.where(Response.source == wanted.source)
    return responses


def answered_waves(user: User) -> Sequence[tuple[int, str]]:
    """Return id and name of the waves with answers a user may see, newest first."""
    answered = select(Response.wave_id).where(
        Response.account_id.in_(visible_account_ids(user)), openly_given()
    )
    waves = select(Wave.id, Wave.name).where(Wave.id.in_(answered)).order_by(Wave.created_at.desc(), Wave.id)
    return [(wave_id, name) for wave_id, name in db.session.execute(waves)]


def doubtful_forms(user: User, *, is_kept_out: bool = False) -> Select[Any]:
    """Return a select of the forms in quarantine, newest first: those to decide on, or those kept out."""
    decision = ResponseRevision.decision
    return (
        select(ResponseRevision)
        .join(ResponseRevision.response)
        .where(
            ResponseRevision.quarantine_reason.is_not(None),
            decision == Decision.KEPT_OUT if is_kept_out else decision.is_(None),
            Response.account_id.in_(visible_account_ids(user)),
        )
        .options(
            contains_eager(ResponseRevision.response).options(
                joinedload(Response.account), joinedload(Response.contact), _wave_and_persona()
            )
        )
        .order_by(ResponseRevision.at.desc(), ResponseRevision.id.desc())
    )


def count_of(statement: Select[Any]) -> int:
    """Return how many rows a select gives."""
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return db.session.scalar(counted) or 0


def doubtful_form(user: User, revision_id: int) -> ResponseRevision | None:
    """Return one form in quarantine that a user may decide on, held until the end of the transaction.

    Its invitation is held as well, which is what a form of the respondent waits for.
    """
    form = (
        select(ResponseRevision)
        .join(ResponseRevision.response)
        .join(Response.invitation)
        .where(
            ResponseRevision.id == revision_id,
            ResponseRevision.quarantine_reason.is_not(None),
            Response.account_id.in_(visible_account_ids(user)),
        )
        .with_for_update(of=(ResponseRevision, Invitation))
    )
    return db.session.scalar(form)


def _wave_and_persona() -> Any:
    invitation = joinedload(Response.invitation)
    wave = joinedload(Invitation.wave).joinedload(Wave.survey_version).joinedload(SurveyVersion.survey)
    return invitation.options(wave, joinedload(Invitation.persona))
