"""Excel workbooks: the first visible sheet as records of text.

The sheet is read by an event parser of our own: openpyxl keeps a whole row, and every shared string, as
objects, so that a file of two megabytes took 1.7 GB and 18 seconds.
"""

import posixpath
from array import array
from collections.abc import Iterator
from typing import BinaryIO
from xml.sax.xmlreader import AttributesImpl

from integrations.tables.cells import CellStyles, cell_text, column_index, unescape
from integrations.tables.packages import DAMAGED, TOO_LARGE, Package, XmlEvents
from integrations.tables.rows import Fault, Limits, Record, TableRefused

_SMALL_PART = 5_000_000
_MOST_STRINGS = 3_000_000
_SHEET_ROWS = 1_048_576
_SHEET_COLUMNS = 16_384
_NO_SHEET = "The workbook has no sheet to read."


class XlsxTable:
    """The records of a workbook's first visible sheet, read as they are asked for."""

    # A cell without a value is simply not there.
    is_padded = True

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        """Raises TableRefused for a package that is hostile, damaged or no workbook."""
        self.fraction = 0.0
        self._limits = limits
        self._package = Package(file, limits)
        try:
            self._find_parts()
        except BaseException:
            self._package.close()
            raise

    def _find_parts(self) -> None:
        roots = self._relations("")
        workbook_path = next((path for kind, path in roots.values() if kind == "officeDocument"), None)
        if workbook_path is None:
            raise TableRefused("The file is a zip archive but no Excel workbook.")
        workbook = _WorkbookEvents()
        self._package.parse(workbook_path, workbook, at_most=_SMALL_PART)
        relations = self._relations(workbook_path)
        kinds = dict(relations.values())
        sheets = [
            (name, relations[key][1])
            for name, key in workbook.visible_sheets
            if relations.get(key, ("", ""))[0] == "worksheet"
        ]
        if not sheets:
            raise TableRefused(_NO_SHEET)
        name, self._sheet_path = sheets[0]
        if self._sheet_path not in self._package:
            raise TableRefused(DAMAGED)
        self.notes = [f"Only the first sheet, {name[:40]!r}, was read."] if len(sheets) > 1 else []
        self._strings = _StringsEvents(self._limits)
        if "sharedStrings" in kinds:
            self._package.parse(kinds["sharedStrings"], self._strings, at_most=self._limits.unpacked_bytes)
        self._styles = CellStyles(is_1904=workbook.is_1904)
        if "styles" in kinds:
            styles = _StylesEvents(self._styles)
            self._package.parse(kinds["styles"], styles, at_most=_SMALL_PART)

    def _relations(self, path: str) -> dict[str, tuple[str, str]]:
        """Return relation id → (kind, path of the part) of a part, or of the package for an empty `path`."""
        folder, name = posixpath.split(path)
        events = _RelationsEvents(folder)
        self._package.parse(posixpath.join(folder, "_rels", f"{name}.rels"), events, at_most=_SMALL_PART)
        return events.relations

    def close(self) -> None:
        """Let go of the package; the file stays open."""
        self._package.close()

    def records(self) -> Iterator[Record]:
        """Yield every row with a value in it. Raises TableRefused when the rest cannot be made sense of."""
        events = _SheetEvents(self._strings, self._styles, self._limits)
        size = max(self._package.size(self._sheet_path), 1)
        for fed in self._package.parse_stepwise(self._sheet_path, events):
            self.fraction = fed / size
            yield from events.take()
        yield from events.take()


class _RelationsEvents(XmlEvents):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self.relations: dict[str, tuple[str, str]] = {}

    def opened(self, kind: str, attributes: AttributesImpl) -> None:
        if kind == "Relationship" and attributes.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", ""))).lstrip(
                "/"
            )
            self.relations[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], path)


class _WorkbookEvents(XmlEvents):
    def __init__(self) -> None:
        super().__init__()
        self.visible_sheets: list[tuple[str, str]] = []
        self.is_1904 = False

    def opened(self, kind: str, attributes: AttributesImpl) -> None:
        if kind == "sheet" and attributes.get("state", "visible") == "visible":
            key = next((value for label, value in attributes.items() if label.endswith(":id")), "")
            self.visible_sheets.append((attributes.get("name", ""), key))
        elif kind == "workbookPr":
            self.is_1904 = attributes.get("date1904", "0") in ("1", "true")


class _StylesEvents(XmlEvents):
    def __init__(self, styles: CellStyles) -> None:
        super().__init__()
        self._styles = styles
        self._is_in_cell_formats = False

    def opened(self, kind: str, attributes: AttributesImpl) -> None:
        if kind == "cellXfs":
            self._is_in_cell_formats = True
        elif kind == "numFmt":
            self._styles.define(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
        elif kind == "xf" and self._is_in_cell_formats:
            self._styles.add(attributes.get("numFmtId", "0"))

    def closed(self, kind: str) -> None:
        if kind == "cellXfs":
            self._is_in_cell_formats = False


class _StringsEvents(XmlEvents):
    """The shared strings, packed into one run of bytes; a Python string each takes four times the memory."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._octets = bytearray()
        self._ends = array("Q")
        self._pieces: list[str] = []
        self._is_text = False
        self._is_phonetic = False

    def __getitem__(self, index: int) -> str | None:
        if not 0 <= index < len(self._ends):
            return None
        start = self._ends[index - 1] if index else 0
        return self._octets[start : self._ends[index]].decode()

    def opened(self, kind: str, _attributes: AttributesImpl) -> None:
        if kind == "rPh":
            self._is_phonetic = True
        self._is_text = kind == "t" and not self._is_phonetic

    def closed(self, kind: str) -> None:
        self._is_text = False
        if kind == "rPh":
            self._is_phonetic = False
        elif kind == "si":
            if len(self._ends) >= _MOST_STRINGS:
                raise TableRefused(TOO_LARGE)
            # One character more than allowed is kept, so that the cell using it is reported.
            text = unescape("".join(self._pieces))[: self._limits.cell_characters + 1]
            self._octets += text.encode("utf-8", "replace")
            self._ends.append(len(self._octets))
            self._pieces.clear()

    def characters(self, content: str) -> None:
        if self._is_text:
            self._pieces.append(content)


class _SheetEvents(XmlEvents):
    def __init__(self, strings: _StringsEvents, styles: CellStyles, limits: Limits) -> None:
        super().__init__()
        self._strings, self._styles, self._limits = strings, styles, limits
        self._finished: list[Record] = []
        self._line = 0
        self._cells: list[str] = []
        self._fault: Fault | None = None
        self._elements = 0
        self._column = -1
        self._kind = "n"
        self._style = "0"
        self._has_formula = False
        self._is_phonetic = False
        self._pieces: list[str] | None = None
        self._value: list[str] = []

    def take(self) -> list[Record]:
        """Return the records finished since the last call."""
        finished, self._finished = self._finished, []
        return finished

    def opened(self, kind: str, attributes: AttributesImpl) -> None:
        if kind == "c":
            self._start_cell(attributes)
        elif kind == "v" or (kind == "t" and not self._is_phonetic):
            self._pieces = self._value
        elif kind == "f":
            self._has_formula = True
        elif kind == "row":
            self._start_row(attributes)
        elif kind == "rPh":
            self._is_phonetic = True

    def characters(self, content: str) -> None:
        if self._pieces is not None:
            self._pieces.append(content)

    def closed(self, kind: str) -> None:
        if kind == "c":
            self._end_cell()
        elif kind in ("v", "t"):
            self._pieces = None
        elif kind == "row":
            if self._fault or any(self._cells):
                self._finished.append(Record(self._line, self._cells, self._fault))
        elif kind == "rPh":
            self._is_phonetic = False

    def _start_row(self, attributes: AttributesImpl) -> None:
        number = attributes.get("r", "")
        line = int(number) if number.isdecimal() and len(number) < 9 else self._line + 1
        if not self._line < line <= _SHEET_ROWS:
            raise TableRefused(DAMAGED, line=self._line)
        self._line, self._cells, self._fault = line, [], None
        self._column, self._elements = -1, 0

    def _start_cell(self, attributes: AttributesImpl) -> None:
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else column_index(reference)
        self._elements += 1
        if column is None or column >= _SHEET_COLUMNS or self._elements > _SHEET_COLUMNS:
            raise TableRefused(DAMAGED, line=self._line)
        self._column = column
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "0")
        self._has_formula = False
        self._value.clear()

    def _end_cell(self) -> None:
        written = "".join(self._value)
        if not written:
            if self._has_formula:
                self._report("The cell holds a formula without its result; paste values instead.")
            return
        text: str | None = written
        if self._kind == "s":
            text = self._strings[int(written)] if written.isdecimal() and len(written) < 9 else None
        elif self._kind == "n":
            text = cell_text(written, self._styles, self._style)
        elif self._kind == "b":
            text = "TRUE" if written == "1" else "FALSE"
        elif self._kind == "d":
            text = written.removesuffix("T00:00:00")
        elif self._kind == "e":
            self._report(f"The cell holds the error {written[:20]}.")
        else:
            text = unescape(written)
        if text is None:
            raise TableRefused(DAMAGED, line=self._line)
        if text:
            self._place(text)

    def _place(self, text: str) -> None:
        if self._column >= self._limits.columns:
            reason = f"The sheet has more than {self._limits.columns} columns; keep only the ones needed."
            raise TableRefused(reason, line=self._line)
        if len(text) > self._limits.cell_characters:
            self._report(f"The cell is longer than {self._limits.cell_characters:,} characters.")
            return
        if "\0" in text:
            self._report("The cell holds a NUL character.")
        self._cells.extend([""] * (self._column + 1 - len(self._cells)))
        self._cells[self._column] = text

    def _report(self, reason: str) -> None:
        if self._fault is None:
            self._fault = Fault(self._column, reason)
