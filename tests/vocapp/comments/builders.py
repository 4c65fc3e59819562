"""People who wrote something, read as the worker reads it."""

from typing import Any

from tests.vocapp.results.builders import a_rich_version, a_rich_wave, an_answer
from vocapp.campaigns.models import Wave
from vocapp.core.db import db, transaction
from vocapp.questionnaires.models import Survey
from vocapp.responses.models import Response, WrittenComment
from vocapp.workflows.read_comments import read_comments


def a_listening_wave(**values: Any) -> Wave:
    known = db.session.query(Survey).filter_by(key="relations").first()
    version = known and db.session.query(Wave).first().survey_version
    return a_rich_wave(version or a_rich_version(), **values)


def a_comment(text: str, rating: int = 9, *, wave: Wave | None = None, **values: Any) -> Response:
    """Somebody's answer with words beside it."""
    said = {"why": text, **values.pop("said", {})}
    return an_answer(wave or a_listening_wave(), rating, said=said, **values)


def read_all() -> None:
    read_comments({})


def stored() -> list[WrittenComment]:
    return list(db.session.query(WrittenComment).order_by(WrittenComment.id))


def stored_of(response: Response) -> WrittenComment:
    found: WrittenComment = db.session.query(WrittenComment).filter_by(response_id=response.id).one()
    return found


def answered_again(response: Response, **said: Any) -> None:
    with transaction():
        response.answers = {**response.answers, **said}
