"""Writing tables row by row: CSV and XLSX that no spreadsheet takes for programs."""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import BinaryIO

from openpyxl import Workbook

from integrations.errors import Rejected
from integrations.tables.formulas import guard

Cell = str | int | float | Decimal | bool | date | datetime | None

_CHUNK_CHARACTERS = 1 << 16
_SHEET_ROWS = 1_048_576
_LONGEST_SHEET_CELL = 32_767
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Text that looks like an escaped character has its first underscore escaped.
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\]")


def csv_chunks(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, has_byte_order_mark: bool = False
) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8 piece by piece; Excel needs the byte order mark to read it as UTF-8.

    Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers; None is empty.
    """
    buffer = StringIO()
    if has_byte_order_mark:
        buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow([guard(name) for name in header])
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        if buffer.tell() >= _CHUNK_CHARACTERS:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def write_csv(
    file: BinaryIO,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    has_byte_order_mark: bool = False,
) -> None:
    """Write what `csv_chunks` yields to an open binary file."""
    for chunk in csv_chunks(header, rows, has_byte_order_mark=has_byte_order_mark):
        file.write(chunk)


def write_xlsx(
    file: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "Sheet1"
) -> None:
    """Write a workbook of one sheet to an open binary file, as `write_workbook` does."""
    write_workbook(file, [(title, header, rows)])


def write_workbook(
    file: BinaryIO, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]
) -> None:
    """Write a workbook of (title, header, rows) to an open binary file, in flat memory.

    Cells are guarded like those of `csv_chunks`; characters that XML cannot hold become U+FFFD. Raises
    Rejected for more rows than a sheet holds.
    """
    with closing(Workbook(write_only=True)) as book:
        for title, header, rows in sheets:
            sheet = book.create_sheet(_NOT_IN_TITLE.sub(" ", title)[:31] or "Sheet1")
            sheet.append([_sheet_cell(name) for name in header])
            for number, row in enumerate(rows, start=2):
                if number > _SHEET_ROWS:
                    raise Rejected(
                        f"A sheet holds at most {_SHEET_ROWS:,} rows; write CSV instead.", code="table"
                    )
                sheet.append([_sheet_cell(cell) for cell in row])
        book.save(file)


def _csv_cell(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, str):
        return guard(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return _utc_text(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _sheet_cell(cell: Cell) -> str | int | float | Decimal | bool | date | None:
    if isinstance(cell, str):
        text = guard(_NOT_IN_XML.sub("\ufffd", cell))[:_LONGEST_SHEET_CELL]
        return _LOOKS_ESCAPED.sub("_x005F_", text)
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    return _utc_text(cell) if isinstance(cell, datetime) else cell


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment.tzinfo else moment.isoformat()
