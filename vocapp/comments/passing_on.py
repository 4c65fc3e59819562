"""Comments as a table for others: nobody's name, address or number in it."""

from collections.abc import Iterator, Sequence

from integrations.tables.writing import Cell
from surveys.redaction import redact
from vocapp.accounts.exporting import ExportTable
from vocapp.comments.queries import comment_ids, detailed_comments
from vocapp.comments.rules import CommentFilter
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.responses.models import WrittenComment
from vocapp.responses.rules import themes_of
from vocapp.results.dictionary import active_themes
from vocapp.results.queries import names_at

ROWS_AT_ONCE = 500
COLUMNS = ("answered_on", "account", "persona", "rating", "scale", "themes", "language", "words")


def table_to_pass_on(user: User, wanted: CommentFilter) -> ExportTable:
    """Return the comments asked for, oldest first, read step by step, with people taken out of the words."""
    return ExportTable("comments", COLUMNS, _rows(user, wanted))


def _rows(user: User, wanted: CommentFilter) -> Iterator[Sequence[Cell]]:
    names = {theme.key: theme.name_in("en") for theme in active_themes()}
    chosen = comment_ids(user, wanted).order_by(WrittenComment.id).limit(ROWS_AT_ONCE)
    last = 0
    while ids := db.session.scalars(chosen.where(WrittenComment.id > last)).all():
        some = db.session.execute(detailed_comments(ids).order_by(WrittenComment.id)).all()
        people = names_at({row.account_id for row in some})
        for row in some:
            found = themes_of(row.themes)
            themes = (
                "not analysed" if found is None else ", ".join(names[key] for key in found if key in names)
            )
            who = [row.said_at.date(), row.account_name, row.persona or "", row.rating, row.kind]
            yield [*who, themes, row.language, redact(row.text, people[row.account_id])]
        last = ids[-1]
