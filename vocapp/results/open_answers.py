"""What came in through an open link, as a table: one row per answer and question, and nobody's name."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from integrations.tables.writing import Cell
from vocapp.accounts.exporting import ExportTable
from vocapp.core.db import db
from vocapp.identity.queries import company
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.open_links.queries import asked_by
from vocapp.results.exporting import ROWS_AT_ONCE, said_in, speaking_in

OPEN_COLUMNS = (
    "survey",
    "version",
    "link",
    "visit",
    "question_key",
    "question",
    "answer",
    "raw_answer",
    "language",
    "source",
    "answered_at",
    "state",
)


def open_link_by_id(link_id: int) -> OpenLink | None:
    """Return an open link, or None."""
    return db.session.get(OpenLink, link_id)


def open_answer_table(link: OpenLink) -> ExportTable:
    """Return every counted answer of a link, oldest first, step by step; `visit` tells visitors apart."""
    return ExportTable(f"open-answers-{link.id}", OPEN_COLUMNS, _rows(link))


def _rows(link: OpenLink) -> Iterator[Sequence[Cell]]:
    definition, version = asked_by(link), link.survey_version
    ours = company()
    names = {"company": ours.name if ours else ""}
    answers = (
        select(OpenResponse)
        .where(OpenResponse.open_link_id == link.id, OpenResponse.quarantine_reason.is_(None))
        .order_by(OpenResponse.id)
        .limit(ROWS_AT_ONCE)
    )
    last = 0
    while some := db.session.scalars(answers.where(OpenResponse.id > last)).all():
        for answer in some:
            spoken = speaking_in(answer.language, definition, names)
            about: list[Cell] = [version.survey.key, version.number, link.name, answer.id]
            after: list[Cell] = [answer.language, link.kind, answer.answered_at, answer.state]
            yield from ([*about, *said, *after] for said in said_in(definition, answer.answers, spoken))
        last = some[-1].id
