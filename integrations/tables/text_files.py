"""Delimited text: which encoding, which delimiter, and the records."""

import codecs
import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO

from integrations.tables.rows import Fault, Limits, Record, TableRefused

_CHUNK = 1 << 16
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SEP_LINE = re.compile(r'"?sep=(.)"?\n?', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_LONGEST_LINE = 1_000_000
# A quoted cell may hold line breaks. One that goes on for longer was left open by mistake.
_LONGEST_RECORD_LINES = 500
_MOST_OPEN_QUOTES = 20
# Blank lines and line breaks within cells, on average.
_LINES_PER_ROW = 3
_OPEN_QUOTE = "A quotation mark is opened in this row and not closed properly."


class TextTable:
    """The records of a delimited text file, read as they are asked for; `notes` says how it was taken."""

    is_padded = False

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        """Raises TableRefused for an encoding that cannot be told."""
        self._file = file
        self._limits = limits
        encoding, encoding_note = _detect_encoding(file)
        self._size = file.seek(0, 2)
        file.seek(0)
        self._text = TextIOWrapper(file, encoding, newline=None)
        self._lines = _Lines(self._text, most=limits.rows * _LINES_PER_ROW)
        self.delimiter, delimiter_note = self._detect_delimiter()
        self.notes = [note for note in (encoding_note, delimiter_note) if note]

    @property
    def fraction(self) -> float:
        """How much of the file has been read, 0–1."""
        return self._file.tell() / self._size

    def close(self) -> None:
        """Leave the file as it is, open, for whoever opened it."""
        self._text.detach()

    def records(self) -> Iterator[Record]:
        """Yield every record that is not empty. Raises TableRefused when the rest cannot be made sense of."""
        lines = self._lines
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        open_quotes = 0
        width: int | None = None
        while True:
            lines.begin_record()
            fault: str | None = None
            cells: list[str] = []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _RecordTooLong:
                fault = _OPEN_QUOTE
            except csv.Error as error:
                fault = _explain(error, lines.record_length)
            line = lines.record_start
            if lines.record_length > 1 and (fault or self._swallowed_rows(cells, width)):
                open_quotes += 1
                if open_quotes > _MOST_OPEN_QUOTES:
                    raise TableRefused("Too many quotation marks are opened and not closed.", line=line)
                lines.step_back()
                fault = _OPEN_QUOTE
            if fault:
                yield Record(line, [], Fault(None, fault))
            elif any(cells):
                if width is None:
                    width = len(cells)
                yield Record(line, cells, self._fault(cells))

    def _swallowed_rows(self, cells: list[str], width: int | None) -> bool:
        """Whether two rows that each left a quotation mark open became one, the rows between inside."""
        if width is None or len(cells) == width:
            return False
        return any(line.count(self.delimiter) >= max(width - 1, 1) for line in self._lines.record_rest)

    def _fault(self, cells: list[str]) -> Fault | None:
        for index, cell in enumerate(cells):
            if "\0" in cell:
                return Fault(index, "The cell holds a NUL character.")
            if len(cell) > self._limits.cell_characters:
                return Fault(index, f"The cell is longer than {self._limits.cell_characters:,} characters.")
        return None

    def _detect_delimiter(self) -> tuple[str, str | None]:
        self._lines.begin_record()
        first = next(self._lines, "")
        stated = _SEP_LINE.fullmatch(first)
        if stated and stated[1] not in _DELIMITERS:
            reason = f"The first line names the delimiter {stated[1]!r}; use a comma, semicolon, tab or bar."
            raise TableRefused(reason, line=1)
        if stated:
            return stated[1], f"The first line names the delimiter {stated[1]!r}."
        while first and not first.strip():
            self._lines.begin_record()
            first = next(self._lines, "")
        self._lines.step_back(whole_record=True)
        bare = _QUOTED.sub("", first)
        delimiter = max(_DELIMITERS, key=bare.count)
        if delimiter == "," or not bare.count(delimiter):
            return ",", None
        return delimiter, f"The cells are separated by {_DELIMITERS[delimiter]}."


class _RecordTooLong(Exception):
    """A quoted cell has gone on for more lines than anybody writes into one."""


class _Lines:
    """The lines of a text, which can be given back to be read again from the start of a record."""

    def __init__(self, text: TextIOWrapper, *, most: int) -> None:
        self._text = text
        self._most = most
        self._again: list[str] = []
        self._record: list[str] = []
        self._number = 0
        self.record_start = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._record) >= _LONGEST_RECORD_LINES:
            raise _RecordTooLong
        if self._again:
            line = self._again.pop()
        else:
            line = self._text.readline(_LONGEST_LINE)
            if len(line) >= _LONGEST_LINE:
                raise TableRefused("A line is too long to be part of a table.", line=self._number + 1)
        if not line:
            raise StopIteration
        self._number += 1
        if self._number > self._most:
            raise TableRefused("The file has too many lines; split it.", line=self._number)
        self._record.append(line)
        return line

    @property
    def record_length(self) -> int:
        return len(self._record)

    @property
    def record_rest(self) -> list[str]:
        """The lines of this record after its first."""
        return self._record[1:]

    def begin_record(self) -> None:
        self._record = []
        self.record_start = self._number + 1

    def step_back(self, *, whole_record: bool = False) -> None:
        """Give back the lines of this record, but for the first unless told."""
        kept = 0 if whole_record else 1
        self._again.extend(reversed(self._record[kept:]))
        self._number -= len(self._record) - kept
        self._record = []


def _explain(error: csv.Error, lines: int) -> str:
    if "field limit" in str(error):
        return "A cell of this row is too long."
    if "unexpected end" in str(error) or lines > 1:
        return _OPEN_QUOTE
    return "A quoted cell goes on after its closing quotation mark; double the marks inside a cell."


def _detect_encoding(file: BinaryIO) -> tuple[str, str | None]:
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise TableRefused("The file is in UTF-32; save it as UTF-8.")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if _is_decodable(file, "utf-16"):
            return "utf-16", "The file is in UTF-16."
        raise TableRefused("The file starts like UTF-16 but is damaged; save it as UTF-8.")
    if _is_decodable(file, "utf-8"):
        has_mark = start.startswith(codecs.BOM_UTF8)
        return "utf-8-sig", "The file is in UTF-8 with a byte order mark." if has_mark else None
    if _is_decodable(file, "cp1252"):
        return "cp1252", "The file is not UTF-8 and was read as Windows-1252; check names with accents."
    raise TableRefused("The file is neither UTF-8 nor Windows-1252 text; save it as UTF-8.")


def _is_decodable(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
