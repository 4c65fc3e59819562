"""Responses as a table, in the columns an import of history reads, and a few more for people."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select

from integrations.tables.writing import Cell
from vocapp.accounts.exporting import ExportTable
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response

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
}


def response_table(response_ids: Select[Any] | None = None) -> ExportTable:
    """Return the counted answers whose ids a select gives (None: all), oldest first."""
    return ExportTable("responses", tuple(RESPONSE_COLUMNS), _rows(response_ids))


def _rows(response_ids: Select[Any] | None) -> Iterator[Sequence[Cell]]:
    statement = (
        select(Response.id, *RESPONSE_COLUMNS.values())
        .join(Response.account)
        .join(Response.contact)
        .join(Response.invitation)
        .join(Invitation.wave)
        .join(Wave.survey_version)
        .join(SurveyVersion.survey)
        .outerjoin(Invitation.persona)
        .where(Response.quarantine_reason.is_(None), Contact.merged_into_id.is_(None))
        .order_by(Response.id)
    )
    if response_ids is not None:
        statement = statement.where(Response.id.in_(response_ids))
    last = 0
    while some := db.session.execute(statement.where(Response.id > last).limit(ROWS_AT_ONCE)).all():
        yield from (cells for _id, *cells in some)
        last = some[-1][0]
