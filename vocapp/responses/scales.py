"""On which scale an answer's rating stands: only like is judged with like."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import and_, case, or_, select
from sqlalchemy.sql.elements import ColumnElement

from surveys.bands import SCALES_OF_KINDS
from surveys.questions import QuestionKind
from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import rating_kind
from vocapp.responses.models import Response


def rated_as(kind: QuestionKind, response: Any = Response) -> ColumnElement[bool]:
    """Whether the rating of an answer is of a kind. `response` is the table, or an alias of it."""
    # Read once: a version's document is large, and many waves share it.
    versions = select(SurveyVersion.id).where(rating_kind() == kind.value)
    waves = select(Wave.id).where(Wave.survey_version_id.in_(versions))
    condition: ColumnElement[bool] = response.wave_id.in_(waves)
    return condition


def kind_of(response: Any = Response) -> ColumnElement[str]:
    """Return the kind of an answer's rating."""
    others = (kind for kind in SCALES_OF_KINDS if kind is not QuestionKind.NPS)
    return case(*((rated_as(kind, response), kind.value) for kind in others), else_=QuestionKind.NPS.value)


def is_unhappy(response: Any = Response) -> ColumnElement[bool]:
    """Whether a rating is of the lowest class of its own scale."""
    return or_(
        *(
            and_(rated_as(kind, response), response.rating <= scale.bad_to)
            for kind, scale in SCALES_OF_KINDS.items()
        )
    )


def is_on_one_scale(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether the ratings of two answers are of the same kind."""
    return or_(*(and_(rated_as(kind, one), rated_as(kind, other)) for kind in SCALES_OF_KINDS))


def kinds_of_waves(wave_ids: Collection[int]) -> Mapping[int, QuestionKind]:
    """Return wave id → the kind of rating it asks for, in one statement."""
    asked = (
        select(Wave.id, rating_kind())
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .where(Wave.id.in_(wave_ids))
    )
    return {wave_id: QuestionKind(kind) for wave_id, kind in db.session.execute(asked)}
