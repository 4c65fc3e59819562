"""LimeSurvey's tab-separated structure files: a row per setting, group, question, subquestion and answer."""

import csv
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from integrations.limesurvey.assembly import (
    PASSAGES,
    Assembly,
    GrowingGroup,
    GrowingPart,
    GrowingQuestion,
    short_code,
    whole_number,
)
from integrations.limesurvey.limits import (
    LONGEST_TEXT,
    MOST_CHARACTERS,
    MOST_ROWS,
    TEXT_TOO_LONG,
    TOO_MUCH_TEXT,
    Allowance,
)
from integrations.limesurvey.records import LimeSurveyFile, LimeSurveyRefused

_NEEDED = ("class", "type/scale", "name", "text")
_FIELDS = {*_NEEDED, "id", "related_id", "relevance", "help", "language", "validation", "mandatory", "other"}
_FIELDS |= {"default", "same_default", "same_script", "encrypted", "assessment_value", "random_group"}
_MOST_COLUMNS = 500
# Blank lines and line breaks within quoted cells, on average.
_LINES_PER_ROW = 3
_EXTRAS = {"QTA": "quotas", "AS": "assessments"}

Row = dict[str, str]


def is_header(line: str) -> bool:
    """Whether a first line names the columns of a structure file, by whatever separator."""
    return {"class", "type/scale", "name"} <= set(_names(line, "\t")) or any(
        {"class", "name"} <= set(_names(line, mark)) for mark in ",;"
    )


def read_structure(file: TextIO, notes: list[str]) -> LimeSurveyFile:
    """Return the survey of a structure file opened with `newline=""`. Raises LimeSurveyRefused."""
    allowance = Allowance()
    reader = _RowReader(Assembly(allowance))
    for row, settings in _rows(file, allowance):
        reader.take(row, settings, allowance)
    return reader.assembly.finish(notes)


def _names(line: str, mark: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in line.rstrip("\r\n").split(mark)]


def _rows(file: TextIO, allowance: Allowance) -> Iterator[tuple[Row, Row]]:
    """Yield the fields of every row, and apart from them the settings, which only questions have."""
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter="\t", strict=True)
    fields: list[tuple[int, str]] = []
    settings: list[tuple[int, str]] = []
    while True:
        start = lines.number + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise LimeSurveyRefused(_explain(error, start)) from error
        if cells is None:
            return
        if not any(cells):
            continue
        if not fields:
            header = [name.strip().lower() for name in cells]
            _check_header(header)
            fields = [(place, name) for place, name in enumerate(header) if name in _FIELDS]
            settings = [(place, name) for place, name in enumerate(header) if name and name not in _FIELDS]
            continue
        allowance.take_row()
        row = _picked(cells, fields)
        yield row, _picked(cells, settings) if row.get("class", "").upper() == "Q" else {}


def _picked(cells: list[str], columns: list[tuple[int, str]]) -> Row:
    """Return the cells of some columns that hold something, without the mark that keeps off formulas."""
    width = len(cells)
    held = ((name, cells[place].strip()) for place, name in columns if place < width and cells[place])
    return {name: cell[1:] if cell.startswith("'=") else cell for name, cell in held if cell}


def _check_header(header: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in header]
    if missing and len(header) == 1:
        raise LimeSurveyRefused("The columns must be separated by tabs; save the file as tab-separated text.")
    if missing:
        raise LimeSurveyRefused(f'The first line must name the columns; "{missing[0]}" is missing.')
    if len(header) > _MOST_COLUMNS:
        raise LimeSurveyRefused(f"The file has more than {_MOST_COLUMNS} columns.")


def _explain(error: csv.Error, line: int) -> str:
    if "field limit" in str(error):
        return TEXT_TOO_LONG
    return f"In the row that starts in line {line} a quotation mark is opened and not closed properly."


class _Lines:
    """The lines of a file, each of bounded length, and not more than a survey needs."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.number = 0
        self._characters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(10 * LONGEST_TEXT)
        if not line:
            raise StopIteration
        self.number += 1
        self._characters += len(line)
        if len(line) >= 10 * LONGEST_TEXT:
            raise LimeSurveyRefused(TEXT_TOO_LONG)
        if self._characters > MOST_CHARACTERS:
            raise LimeSurveyRefused(TOO_MUCH_TEXT)
        if "\0" in line:
            raise LimeSurveyRefused(f"Line {self.number} holds a character that is no text; export it again.")
        if self.number > _LINES_PER_ROW * MOST_ROWS:
            raise LimeSurveyRefused("The file has far more lines than a survey; export the structure alone.")
        return line


class _RowReader:
    """Takes rows one after the other; each belongs to the group and question above it.

    A translation repeats groups in the same order and questions under the same code.
    """

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._groups_seen: Counter[str] = Counter()
        self._codes_seen: Counter[tuple[str, str]] = Counter()
        self._questions: dict[tuple[str, int], GrowingQuestion] = {}
        self._group: GrowingGroup | None = None
        self._question: GrowingQuestion | None = None

    def take(self, row: Row, settings: Row, allowance: Allowance) -> None:
        """One row of any class; classes that say nothing about questions are passed over."""
        kind = row.get("class", "").upper()
        if kind == "S":
            self._take_setting(row)
        elif kind == "SL":
            self._take_passage(row)
        elif kind == "G":
            self._take_group(row)
        elif kind == "Q":
            self._take_question(row)
            self._take_settings(settings, allowance)
        elif kind in ("SQ", "A"):
            self._take_part(row, is_answer=kind == "A")
        elif kind == "C" and self._question:
            self._question.has_conditions = True
        elif kind in _EXTRAS:
            self.assembly.add_extra(_EXTRAS[kind])

    def _take_setting(self, row: Row) -> None:
        if row.get("name") == "language":
            self.assembly.default_language = row.get("text", "")
        elif row.get("name") == "additional_languages":
            self.assembly.add_languages(row.get("text", "").split())

    def _take_passage(self, row: Row) -> None:
        name = row.get("name", "")
        if name == "surveyls_title":
            self.assembly.title(row.get("language", ""), row.get("text", ""))
        elif name in PASSAGES and row.get("text"):
            self.assembly.add_extra(PASSAGES[name])

    def _take_group(self, row: Row) -> None:
        language = row.get("language", "")
        self._groups_seen[language] += 1
        key = str(self._groups_seen[language])
        if key not in self.assembly.groups:
            self.assembly.groups[key] = GrowingGroup(
                order=self._groups_seen[language],
                relevance=row.get("relevance", ""),
                is_shuffled=bool(row.get("random_group")),
            )
        self._group, self._question = self.assembly.groups[key], None
        self.assembly.word(self._group.names, language, row.get("name", ""))
        self.assembly.word(self._group.descriptions, language, row.get("text", ""))

    def _take_question(self, row: Row) -> None:
        language, code = row.get("language", ""), short_code(row.get("name", ""))
        if self._group is None:
            self._group = self.assembly.group("0")
        self._codes_seen[language, code] += 1
        key = (code, self._codes_seen[language, code])
        if key not in self._questions:
            self._questions[key] = GrowingQuestion(
                identifier=short_code(row.get("id", "")),
                code=code,
                kind=row.get("type/scale", "")[:1],
                order=len(self._questions),
                mandatory=row.get("mandatory", "")[:1],
                has_other=row.get("other") == "Y",
                relevance=row.get("relevance", ""),
                pattern=row.get("validation", ""),
            )
            self._group.questions.append(self._questions[key])
        self._question = question = self._questions[key]
        self.assembly.word(question.texts, language, row.get("text", ""))
        self.assembly.word(question.helps, language, row.get("help", ""))

    def _take_settings(self, settings: Row, allowance: Allowance) -> None:
        for name, value in settings.items():
            if self._question and name not in self._question.attributes:
                allowance.take_text(value)
                self._question.attributes[name] = value

    def _take_part(self, row: Row, *, is_answer: bool) -> None:
        if self._question is None:
            return
        parts = self._question.answers if is_answer else self._question.subquestions
        scale, code = whole_number(row.get("type/scale", "")), short_code(row.get("name", ""))
        part = parts.setdefault(f"{scale} {code}", GrowingPart(code, scale, len(parts)))
        self.assembly.word(part.texts, row.get("language", ""), row.get("text", ""))
