"""What a table is made of once it is read, and how much of it is read at most."""

from dataclasses import dataclass

from integrations.errors import Rejected


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most a table may hold; beyond, it is refused. Bytes are counted before and after unpacking."""

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 250_000_000
    rows: int = 1_000_000
    columns: int = 200
    cell_characters: int = 100_000


@dataclass(frozen=True)
class Row:
    """One row with as many cells as the header; `line` counts from 1 as a person would, header included."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class RowProblem:
    """One row that could not be read: where, and why in one plain sentence. `column` is the header's name."""

    line: int
    column: str | None
    reason: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a record, at the cell of `index` (from 0) or as a whole."""

    index: int | None
    reason: str


@dataclass(frozen=True)
class Record:
    """One record as a file format gives it, before it is held against the header."""

    line: int
    cells: list[str]
    fault: Fault | None = None


class TableRefused(Rejected):
    """The file, or the rest of it, is not read. `reason` is one plain sentence that says what to do."""

    def __init__(self, reason: str, *, line: int | None = None, column: str | None = None) -> None:
        super().__init__(reason, code="table")
        self.line = line
        self.column = column
