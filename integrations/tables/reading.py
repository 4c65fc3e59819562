"""Reading a table from a file somebody uploads: CSV or XLSX, row by row, in flat memory."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from integrations.tables.formulas import unguard
from integrations.tables.rows import Limits, Record, Row, RowProblem, TableRefused
from integrations.tables.text_files import TextTable
from integrations.tables.xlsx import XlsxTable

_ZIP_MARK = b"PK"
_OLD_EXCEL_MARK = b"\xd0\xcf\x11\xe0"


class Table:
    """A header and the rows below it. Iterate once; use it as a context manager, or call `close`."""

    def __init__(self, source: TextTable | XlsxTable, limits: Limits, closing: ExitStack) -> None:
        self._source = source
        self._limits = limits
        self._closing = closing
        self._records = source.records()
        self.header, self.header_line = self._read_header()

    @property
    def notes(self) -> list[str]:
        """How the file was taken, one sentence each: encoding, delimiter, which sheet."""
        return self._source.notes

    @property
    def fraction(self) -> float:
        """How much of the file has been read, 0–1."""
        return self._source.fraction

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; one that was passed in open stays open."""
        self._closing.close()

    def __iter__(self) -> Iterator[Row | RowProblem]:
        """Yield each row that is not empty, or what is wrong with it.

        Raises TableRefused at the row where the rest of the file cannot be made sense of.
        """
        for number, record in enumerate(self._records, start=1):
            if number > self._limits.rows:
                reason = f"The file has more than {self._limits.rows:,} rows; split it."
                raise TableRefused(reason, line=record.line)
            yield self._judge(record)

    def _judge(self, record: Record) -> Row | RowProblem:
        if record.fault is not None:
            index = record.fault.index
            is_named = index is not None and index < len(self.header)
            return RowProblem(record.line, self.header[index or 0] if is_named else None, record.fault.reason)
        cells, width = record.cells, len(self.header)
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        if len(cells) < width and self._source.is_padded:
            cells = cells + [""] * (width - len(cells))
        if len(cells) < width:
            reason = f"The row ends after {len(cells)} of {width} cells."
            return RowProblem(record.line, self.header[len(cells)], reason)
        if len(cells) > width:
            return RowProblem(record.line, None, f"The row has {len(cells)} cells, the header {width}.")
        return Row(record.line, [unguard(cell) if cell[:1] == "'" else cell for cell in cells])

    def _read_header(self) -> tuple[list[str], int]:
        record = next(self._records, None)
        if record is None:
            raise TableRefused("The file is empty.", line=1)
        if record.fault is not None:
            raise TableRefused(f"The header cannot be read. {record.fault.reason}", line=record.line)
        header = [" ".join(cell.split()) for cell in record.cells]
        while not header[-1]:
            header.pop()
        if len(header) > self._limits.columns:
            reason = f"The file has {len(header):,} columns; at most {self._limits.columns} are read."
            raise TableRefused(reason, line=record.line)
        with_address = next((cell for cell in header if "@" in cell), None)
        if with_address is not None:
            reason = "The first row holds an e-mail address; put a row with the column names above it."
            raise TableRefused(reason, line=record.line)
        seen: set[str] = set()
        for name in header:
            if name and name.casefold() in seen:
                reason = f"The column {name[:60]!r} stands twice; remove or rename one."
                raise TableRefused(reason, line=record.line, column=name)
            seen.add(name.casefold())
        return header, record.line


def open_table(source: Path | BinaryIO, filename: str, *, limits: Limits | None = None) -> Table:
    """Return the table in a file or an open, seekable binary file; `filename` only explains refusals.

    Raises TableRefused, within a second and without much memory, for what is too large, damaged, hostile or
    has no header.
    """
    limits = limits or Limits()
    closing = ExitStack()
    try:
        file = closing.enter_context(source.open("rb")) if isinstance(source, Path) else source
        records = _open_records(file, filename, limits)
        closing.callback(records.close)
        return Table(records, limits, closing)
    except BaseException:
        closing.close()
        raise


def _open_records(file: BinaryIO, filename: str, limits: Limits) -> TextTable | XlsxTable:
    size = file.seek(0, 2)
    if not size:
        raise TableRefused("The file is empty.", line=1)
    if size > limits.file_bytes:
        raise TableRefused(f"The file is larger than {limits.file_bytes // 1_000_000} MB; split it.")
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start.startswith(_ZIP_MARK):
        return XlsxTable(file, limits)
    if start == _OLD_EXCEL_MARK or filename.lower().endswith((".xlsx", ".xls", ".xlsm", ".ods")):
        raise TableRefused("The file is no .xlsx workbook; save it as .xlsx or CSV.")
    return TextTable(file, limits)
