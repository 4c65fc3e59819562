"""Responses as a table, in the columns an import of history reads, and a few more for people."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select

from integrations.tables.writing import Cell
from surveys.questions import Question
from vocapp.accounts.exporting import ExportTable
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given

ROWS_AT_ONCE = 1000

RESPONSE_COLUMNS = {
    "survey_type": Survey.key,
    "account_external_id": Account.external_id,
    "contact_email": Contact.email,
    "responded_at": Response.answered_at,
    "rating": Response.rating,
    "comment": Response.comment,
    "wave": Wave.name,
    "account_name": Account.name,
    "first_name": Contact.first_name,
    "last_name": Contact.last_name,
    "persona": Persona.name,
    "may_contact": Response.may_contact,
    "language": Response.language,
    "changed_at": Response.changed_at,
    "source": Response.source,
    "survey_version": SurveyVersion.number,
}

LANGUAGE_AT = tuple(RESPONSE_COLUMNS).index("language")


def response_table(response_ids: Select[Any] | None = None) -> ExportTable:
    """Return the counted answers whose ids a select gives (None: all), oldest first.

    Not those given in confidence, whoever asks.
    """
    return ExportTable("responses", (*RESPONSE_COLUMNS, "question"), _rows(response_ids))


def _rows(response_ids: Select[Any] | None) -> Iterator[Sequence[Cell]]:
    statement = (
        select(Response.id, SurveyVersion.id, *RESPONSE_COLUMNS.values())
        .join(Response.account)
        .join(Response.contact)
        .join(Response.invitation)
        .join(Invitation.wave)
        .join(Wave.survey_version)
        .join(SurveyVersion.survey)
        .outerjoin(Invitation.persona)
        .where(Response.quarantine_reason.is_(None), openly_given(), Contact.merged_into_id.is_(None))
        .order_by(Response.id)
    )
    if response_ids is not None:
        statement = statement.where(Response.id.in_(response_ids))
    asked = _Questions()
    last = 0
    while some := db.session.execute(statement.where(Response.id > last).limit(ROWS_AT_ONCE)).all():
        yield from ((*cells, asked.words(version_id, cells[LANGUAGE_AT])) for _id, version_id, *cells in some)
        last = some[-1][0]


class _Questions:
    """What the rating of each version asks, read once per version."""

    def __init__(self) -> None:
        self._known: dict[int, Question] = {}

    def words(self, version_id: int, language: str) -> str:
        """Return the words somebody read, with their merge fields as they stand in the survey."""
        if version_id not in self._known:
            version = db.session.get_one(SurveyVersion, version_id)
            self._known[version_id] = definition_of(version).rating_question
        texts = self._known[version_id].texts
        return texts[language].prompt if language in texts else next(iter(texts.values())).prompt
