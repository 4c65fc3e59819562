"""Tables and workbooks, honest and hostile, for the table tests."""

from collections.abc import Iterable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from integrations.tables.reading import Table, open_table
from integrations.tables.rows import Limits, Row, RowProblem

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"
HEADER_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>'


def csv_table(content: bytes | str, *, limits: Limits | None = None) -> Table:
    raw = content.encode() if isinstance(content, str) else content
    return open_table(BytesIO(raw), "people.csv", limits=limits)


def xlsx_table(content: bytes, *, limits: Limits | None = None) -> Table:
    return open_table(BytesIO(content), "people.xlsx", limits=limits)


def cells(table: Iterable[Row | RowProblem]) -> list[list[str]]:
    return [row.cells for row in table if isinstance(row, Row)]


def problems(table: Iterable[Row | RowProblem]) -> list[tuple[int, str | None]]:
    return [(row.line, row.column) for row in table if isinstance(row, RowProblem)]


def relations(*entries: tuple[str, str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, kind, target in entries
    )
    return f'<Relationships xmlns="{_PACKAGE}">{inner}</Relationships>'


def sheet_xml(rows: str) -> str:
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def workbook_parts(rows: str = HEADER_ROW, *, strings: str = "", styles: str = "") -> dict[str, str]:
    """Return the parts of a small workbook; `rows` is the inside of its sheet."""
    return {
        "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "sharedStrings", "sharedStrings.xml"),
            ("rId3", "styles", "styles.xml"),
        ),
        SHEET: sheet_xml(rows),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
    }


def workbook(parts: dict[str, str] | dict[str, str | bytes]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def workbook_of(rows: str, **more: str) -> bytes:
    return workbook(workbook_parts(rows, **more))
