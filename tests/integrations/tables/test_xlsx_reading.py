"""Reading workbooks, honest and hostile."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path
from time import process_time
from zipfile import ZIP_LZMA, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.tables.reading import open_table
from integrations.tables.rows import Limits, TableRefused
from integrations.tables.writing import write_xlsx
from tests.integrations.tables.builders import (
    HEADER_ROW,
    SHEET,
    cells,
    problems,
    sheet_xml,
    workbook,
    workbook_of,
    workbook_parts,
    xlsx_table,
)

FORMATS = (
    '<numFmts><numFmt numFmtId="164" formatCode="00000000"/>'
    '<numFmt numFmtId="165" formatCode="[$-409]d\\-mmm\\-yyyy;@"/>'
    '<numFmt numFmtId="166" formatCode="[h]:mm"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="22"/><xf numFmtId="166"/><xf numFmtId="20"/></cellXfs>'
)


def first_cell(cell: str, **more: str) -> str:
    return cells(xlsx_table(workbook_of(f'{HEADER_ROW}<row r="2">{cell}</row>', **more)))[0][0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12", "12"),
        ("12.0", "12"),
        ("0.30000000000000004", "0.3"),
        ("1.2E+3", "1200"),
        ("-0.0", "0"),
        ("-12.5", "-12.5"),
        ("1.23456789012345E+20", "123456789012345000000"),
        ("1E-7", "0.0000001"),
        ("1E+999", "1E+999"),
        ("nonsense", "nonsense"),
    ],
)
def test_numbers_are_read_as_a_person_sees_them(written: str, read: str) -> None:
    assert first_cell(f'<c r="A2"><v>{written}</v></c>') == read


@pytest.mark.parametrize(
    ("style", "serial", "read"),
    [
        ("1", "46023", "2026-01-01"),
        ("3", "46023", "2026-01-01"),
        ("4", "46023.5", "2026-01-01T12:00:00"),
        ("4", "46023.999999999", "2026-01-02"),
        ("6", "0.5", "12:00:00"),
        ("5", "1.5", "1.5"),
        ("1", "1E+300", "1E+300"),
        ("0", "46023", "46023"),
        ("99", "46023", "46023"),
    ],
)
def test_dates_are_read_in_iso_form(style: str, serial: str, read: str) -> None:
    assert first_cell(f'<c r="A2" s="{style}"><v>{serial}</v></c>', styles=FORMATS) == read


def test_dates_of_a_workbook_that_counts_from_1904_are_right() -> None:
    parts = workbook_parts(f'{HEADER_ROW}<row r="2"><c r="A2" s="1"><v>44561</v></c></row>', styles=FORMATS)
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        "<sheets>", '<workbookPr date1904="1"/><sheets>'
    )
    assert cells(xlsx_table(workbook(parts))) == [["2026-01-01"]]


def test_a_number_shown_with_leading_zeros_keeps_them() -> None:
    assert first_cell('<c r="A2" s="2"><v>12345</v></c>', styles=FORMATS) == "00012345"


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('<c r="A2" t="s"><v>0</v></c>', "00012345"),
        ('<c r="A2" t="s"><v>1</v></c>', "Müller & Söhne"),
        ('<c r="A2" t="str"><f>A1</f><v>result</v></c>', "result"),
        ('<c r="A2" t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r></is></c>', "rich"),
        ('<c r="A2" t="inlineStr"><is><t>東京</t><rPh><t>とうきょう</t></rPh></is></c>', "東京"),
        ('<c r="A2" t="inlineStr"><is><t>a_x000A_b_x005F_x</t></is></c>', "a\nb_x"),
        ('<c r="A2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A2" t="d"><v>2026-01-01T00:00:00</v></c>', "2026-01-01"),
        ("<c><v>7</v></c>", "7"),
    ],
)
def test_every_kind_of_cell_becomes_text(cell: str, read: str) -> None:
    strings = "<si><t>00012345</t></si><si><r><t>Müller &amp; </t></r><r><t>Söhne</t></r></si>"
    assert first_cell(cell, strings=strings) == read


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A2" t="e"><v>#N/A</v></c>',
        '<c r="A2"><f>HYPERLINK("http://x.example")</f></c>',
        '<c r="A2" t="inlineStr"><is><t>a_x0000_b</t></is></c>',
        f'<c r="A2" t="inlineStr"><is><t>{"x" * 100_001}</t></is></c>',
    ],
)
def test_a_cell_without_a_usable_value_is_reported(cell: str) -> None:
    assert problems(xlsx_table(workbook_of(f'{HEADER_ROW}<row r="2">{cell}</row>'))) == [(2, "name")]


def test_missing_cells_are_empty_and_missing_rows_are_passed_over() -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c><c r="C1"><v>3</v></c></row>'
        '<row r="5"><c r="B5"><v>7</v></c></row><row r="6"><c r="A6" s="1"/></row>'
    )
    table = list(xlsx_table(workbook_of(rows)))
    assert [(row.line, getattr(row, "cells", None)) for row in table] == [(5, ["", "7", ""])]


def test_a_value_beyond_the_header_is_reported() -> None:
    rows = HEADER_ROW + '<row r="2"><c r="C2"><v>1</v></c></row>'
    assert problems(xlsx_table(workbook_of(rows))) == [(2, None)]


def test_an_element_prefix_makes_no_difference() -> None:
    parts = workbook_parts()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts[SHEET] = (
        f'<x:worksheet xmlns:x="{main}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    assert xlsx_table(workbook(parts)).header == ["1"]


def test_only_the_first_visible_sheet_is_read_and_the_note_says_so() -> None:
    parts = workbook_parts()
    sheets = (
        '<sheet name="Lists" sheetId="3" state="hidden" r:id="rId9"/>'
        '<sheet name="People" sheetId="1" r:id="rId1"/>'
        '<sheet name="More" sheetId="2" r:id="rId1"/></sheets>'
    )
    before = parts["xl/workbook.xml"].partition("<sheet ")[0]
    parts["xl/workbook.xml"] = before + sheets + "</workbook>"
    table = xlsx_table(workbook(parts))
    assert (table.header, table.notes) == (["name"], ["Only the first sheet, 'People', was read."])


def entity_in(name: str) -> bytes:
    parts = workbook_parts()
    parts[name] = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + parts[name]
    return workbook(parts)


@pytest.mark.parametrize("name", sorted(workbook_parts()))
def test_a_document_type_in_any_part_is_refused(name: str) -> None:
    with pytest.raises(TableRefused, match="entities"):
        list(xlsx_table(entity_in(name)))


@pytest.mark.parametrize("name", sorted(workbook_parts()))
def test_a_workbook_without_one_of_its_parts_is_refused(name: str) -> None:
    parts = workbook_parts()
    del parts[name]
    with pytest.raises(TableRefused):
        list(xlsx_table(workbook(parts)))


@pytest.mark.parametrize("name", ["../evil", "/evil", "xl\\evil", "C:/evil", "xl/../../evil"])
def test_an_entry_that_leaves_the_archive_is_refused(name: str) -> None:
    with pytest.raises(TableRefused, match="no spreadsheet"):
        xlsx_table(workbook({**workbook_parts(), name: "x"}))


def test_two_entries_of_one_name_are_refused() -> None:
    file = BytesIO(workbook(workbook_parts()))
    with ZipFile(file, "a") as archive:
        archive.writestr("XL/workbook.xml", "<other/>")
    with pytest.raises(TableRefused, match="no spreadsheet"):
        xlsx_table(file.getvalue())


def test_an_unusual_compression_is_refused() -> None:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_LZMA) as archive:
        for name, content in workbook_parts().items():
            archive.writestr(name, content)
    with pytest.raises(TableRefused, match="no spreadsheet"):
        xlsx_table(file.getvalue())


def test_a_protected_workbook_is_refused() -> None:
    raw = bytearray(workbook(workbook_parts()))
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(TableRefused, match="password"):
        xlsx_table(bytes(raw))


def test_an_old_or_foreign_workbook_is_refused() -> None:
    with pytest.raises(TableRefused, match=r"no \.xlsx workbook"):
        open_table(BytesIO(b"\xd0\xcf\x11\xe0" + b"\0" * 500), "people.xls")
    with pytest.raises(TableRefused, match=r"no \.xlsx workbook"):
        open_table(BytesIO(b"<html>"), "people.xlsx")


def test_a_workbook_under_a_csv_name_is_still_read() -> None:
    assert open_table(BytesIO(workbook_of(HEADER_ROW)), "people.csv").header == ["name"]


def test_a_zip_file_that_is_no_workbook_is_refused() -> None:
    with pytest.raises(TableRefused):
        xlsx_table(workbook({"notes.txt": "hello"}))


@settings(deadline=None)
@given(st.data())
def test_a_workbook_cut_short_or_flipped_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(workbook_of(HEADER_ROW + '<row r="2"><c r="A2"><v>1</v></c></row>', styles=FORMATS))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(3, len(raw) - 1)) :]
    else:
        for place in data.draw(st.lists(st.integers(4, len(raw) - 1), min_size=1, max_size=5)):
            raw[place] ^= data.draw(st.integers(1, 255))
    with suppress(TableRefused), xlsx_table(bytes(raw)) as table:
        assert all(row.line for row in table)


def many_entries() -> bytes:
    return workbook({**workbook_parts(), **{f"media/{n}": "" for n in range(20_000)}})


BOMBS: dict[str, Callable[[], bytes]] = {
    "a row of a million empty cells": lambda: workbook_of(HEADER_ROW + "<row>" + '<c s="12"/>' * 900_000),
    "an element of a million attributes": lambda: workbook_of(
        "<row " + " ".join(f'a{n}=""' for n in range(500_000)) + "/>"
    ),
    "a comment of many megabytes": lambda: workbook_of(f"<!--{'x' * 4_500_000}-->"),
    "spaces without end": lambda: workbook_of(" " * 60_000_000),
    "elements inside each other": lambda: workbook_of("".join(f"<a{n}>" for n in range(400_000))),
    "more text than the limit": lambda: workbook_of("x" * 251_000_000),
    "shared strings without end": lambda: workbook_of(HEADER_ROW, strings="<si/>" * 3_000_000),
    "styles without end": lambda: workbook_of(HEADER_ROW, styles="<cellXfs>" + "<xf/>" * 2_000_000),
    "twenty thousand entries": many_entries,
    "a column far away": lambda: workbook_of(HEADER_ROW + '<row><c r="XFD2"><v>1</v></c></row>'),
    "a column that does not exist": lambda: workbook_of(HEADER_ROW + '<row><c r="ZZZ2"><v>1</v></c></row>'),
    "a row that does not exist": lambda: workbook_of(HEADER_ROW + '<row r="99999999"/>'),
    "rows that go back": lambda: workbook_of(HEADER_ROW + HEADER_ROW),
    "a string that is not there": lambda: workbook_of(HEADER_ROW + '<row><c t="s"><v>99</v></c></row>'),
    "an encoding nobody uses": lambda: workbook(
        {**workbook_parts(), SHEET: '<?xml version="1.0" encoding="shift_jis"?>' + sheet_xml(HEADER_ROW)}
    ),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_refused_fast_and_in_little_memory(name: str) -> None:
    raw = BOMBS[name]()
    started = process_time()
    with pytest.raises(TableRefused):
        list(xlsx_table(raw))
    assert process_time() - started < 1
    tracemalloc.start()
    try:
        with pytest.raises(TableRefused):
            list(xlsx_table(raw))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


def test_more_columns_than_the_limit_are_refused() -> None:
    row = "".join(f"<c><v>{n}</v></c>" for n in range(11))
    with pytest.raises(TableRefused, match="more than 10 columns"):
        xlsx_table(workbook_of(f"<row>{row}</row>"), limits=Limits(columns=10))


def test_many_rows_take_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    rows = "".join(f'<row><c><v>{n}</v></c><c t="s"><v>{n}</v></c></row>' for n in range(30_000))
    header = '<row><c t="inlineStr"><is><t>id</t></is></c><c t="inlineStr"><is><t>mail</t></is></c></row>'
    strings = "".join(f"<si><t>person{n}@customer.example</t></si>" for n in range(30_000))
    path.write_bytes(workbook_of(header + rows, strings=strings))
    tracemalloc.start()
    try:
        with open_table(path, path.name) as table:
            count = sum(1 for _ in table)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 30_000
    assert peak < 5_000_000


TEXT = st.text(st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Zs"]), max_size=20)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT).filter(any), max_size=8))
def test_what_was_written_is_read_again(rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if not any(cell.startswith("'") for cell in row)]
    file = BytesIO()
    write_xlsx(file, ["a", "b"], rows)
    assert cells(open_table(file, "x.xlsx")) == [list(row) for row in rows]


def test_a_date_and_a_number_written_are_read_again() -> None:
    file = BytesIO()
    write_xlsx(file, ["on", "amount"], [[date(2026, 1, 1), -12.5]])
    assert cells(open_table(file, "x.xlsx")) == [["2026-01-01", "-12.5"]]
