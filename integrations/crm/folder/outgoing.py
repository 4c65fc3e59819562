"""The file we write for others to fetch: what goes in, every row we ever wrote, replaced as a whole."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from integrations.crm.base import TooBusy
from integrations.crm.folder.columns import ID, LONGEST_CELL, LONGEST_ID
from integrations.crm.folder.files import OUT, moment_of, opened, replacing
from integrations.crm.folder.reading import Line
from integrations.crm.records import Batch, FieldInfo, Operation, Refusal, Value, Write, Written
from integrations.errors import Rejected
from integrations.tables.reading import open_table
from integrations.tables.rows import Row, TableRefused
from integrations.tables.writing import write_csv

Rows = dict[str, dict[str, str]]


class Outgoing:
    """The rows written for one kind of record, by external id."""

    def __init__(self, root: Path, object_name: str) -> None:
        self.path = root / OUT / f"{object_name}-scores.csv"

    def read(self) -> Rows:
        """Return external id → column → text. Raises Rejected when somebody made the file unreadable."""
        if self.path.parent.is_symlink():
            raise Rejected(f"The folder {OUT} is a link; put a real folder in its place.", code="link")
        try:
            with opened(self.path) as file, open_table(file, self.path.name) as table:
                header = table.header
                rows = [row for row in table if isinstance(row, Row)]
        except FileNotFoundError:
            return {}
        except (TableRefused, OSError) as error:
            raise Rejected(
                f"{OUT}/{self.path.name} cannot be read; move it away, and it is written anew.", code="table"
            ) from error
        if ID not in header:
            raise Rejected(
                f"{OUT}/{self.path.name} has lost its column {ID}; move it away, and it is written anew.",
                code="table",
            )
        place = header.index(ID)
        return {row.cells[place]: dict(zip(header, row.cells, strict=True)) for row in rows}

    def written_at(self) -> datetime:
        """Return when the file was written last; now when it is not there."""
        try:
            return moment_of(self.path.stat(follow_symlinks=False).st_ctime_ns)
        except OSError:
            return datetime.now(UTC)

    def replace(self, rows: Rows, order: Sequence[str]) -> None:
        """Write the whole file anew, columns in a given order first. Raises `TooBusy` when that fails."""
        try:
            os.makedirs(self.path.parent, exist_ok=True)
        except OSError as error:
            raise TooBusy(
                f"The folder {OUT} cannot be made in the drop folder; look at its rights."
            ) from error
        if self.path.parent.is_symlink():
            raise Rejected(f"The folder {OUT} is a link; put a real folder in its place.", code="link")
        used = {name for row in rows.values() for name in row}
        header = [ID, *(name for name in order if name in used and name != ID)]
        header += sorted(used - set(header))
        with replacing(self.path) as file:
            write_csv(file, header, ([row.get(name, "") for name in header] for row in rows.values()))


def take_in(
    batch: Batch, write: Write, fields: Mapping[str, FieldInfo], lines: Mapping[str, Line], rows: Rows
) -> Written:
    """Put one write into `rows` and return what became of it; nothing changes when it is refused."""
    if batch.operation is Operation.INSERT:
        return _refused(write, "NO_ID", f"A new record needs an {ID}; write it as an upsert.", (ID,))
    key = (write.id if batch.operation is Operation.UPDATE else write.external_id) or ""
    line = lines.get(key)
    if not 0 < len(key) <= LONGEST_ID or key != key.strip() or "\0" in key:
        return _refused(write, "INVALID_ID", f"An {ID} has 1 to {LONGEST_ID} characters.", (ID,))
    if line is not None and line.is_deleted:
        return _refused(write, "ENTITY_IS_DELETED", "The record is marked as deleted in the newest file.")
    if batch.operation is Operation.UPDATE and line is None and key not in rows:
        return _refused(write, "NOT_FOUND", "There is no such record in any file.")
    cells: dict[str, str] = {}
    for name, value in write.values.items():
        field = fields.get(name)
        cells[name] = cell_of(value)
        if field is None:
            return _refused(write, "INVALID_FIELD", f"There is no column {name!r}.", (name,))
        if line is not None and not field.is_updateable and name != ID:
            words = f"The column {name!r} belongs to whoever drops the files; map one of ours."
            return _refused(write, "READ_ONLY", words, (name,))
        if len(cells[name]) > LONGEST_CELL or "\0" in cells[name]:
            words = f"A cell holds at most {LONGEST_CELL:,} characters, and no NUL."
            return _refused(write, "STRING_TOO_LONG", words, (name,))
    is_new = line is None and key not in rows
    rows.setdefault(key, {ID: key}).update({**cells, ID: key})
    return Written(write.key, id=key, is_created=is_new)


def cell_of(value: Value) -> str:
    """Return a value as the text of a cell; nothing is an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)


def _refused(write: Write, code: str, message: str, fields: tuple[str, ...] = ()) -> Written:
    return Written(write.key, id=write.id, refusal=Refusal(code, message, fields=fields))
