"""Writing tables that are safe to open."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.tables.formulas import guard, unguard
from integrations.tables.writing import Cell, csv_chunks, write_csv, write_xlsx

DANGEROUS = ["=1+1", "+49 30", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=cmd|"/C calc"!A0']


def written_csv(*rows: list[Cell], has_byte_order_mark: bool = False) -> str:
    file = BytesIO()
    write_csv(file, ["a", "b"], rows, has_byte_order_mark=has_byte_order_mark)
    return file.getvalue().decode()


def written_xlsx(*rows: list[Cell]) -> openpyxl.Workbook:
    file = BytesIO()
    write_xlsx(file, ["a", "b"], rows)
    return openpyxl.load_workbook(file)


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_in_csv(text: str) -> None:
    row = list(csv.reader(StringIO(written_csv([text, "x"]), newline="")))[1]
    assert row == [f"'{text}", "x"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_in_xlsx(text: str) -> None:
    cell = written_xlsx([text, "x"]).worksheets[0]["A2"]
    assert (cell.data_type, str(cell.value)[:2]) == ("s", f"'{text[0]}")


def test_a_dangerous_column_name_is_guarded_too() -> None:
    assert b"".join(csv_chunks(["=1+1"], [])) == b"'=1+1\r\n"


@pytest.mark.parametrize("number", [-5, -2.5, Decimal("-7.10")])
def test_negative_numbers_stay_numbers(number: int | float | Decimal) -> None:
    assert written_csv([number, "x"]).splitlines()[1] == f"{number},x"
    assert written_xlsx([number, "x"]).worksheets[0]["A2"].data_type == "n"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (float("nan"), ""),
        (date(2026, 1, 1), "2026-01-01"),
        (datetime(2026, 1, 1, 12, tzinfo=UTC), "2026-01-01T12:00:00+00:00"),
    ],
)
def test_every_kind_of_cell_has_a_text(cell: Cell, text: str) -> None:
    assert written_csv([cell, "x"]).splitlines()[1] == f"{text},x"


def test_the_byte_order_mark_comes_first_when_asked_for() -> None:
    assert written_csv(has_byte_order_mark=True).startswith("\ufeffa,b")


def test_rows_are_written_as_they_come() -> None:
    drawn = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal drawn
        for drawn in range(100_000):
            yield ["x" * 100, drawn]

    next(csv_chunks(["a", "b"], rows()))
    assert drawn < 2_000


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    assert written_xlsx(["a\x00b\x1f\ud800", "x"]).worksheets[0]["A2"].value == "a\ufffdb\ufffd\ufffd"


@pytest.mark.parametrize("title", ["a/b:c*d", "x" * 50, ""])
def test_any_title_makes_a_sheet(title: str) -> None:
    file = BytesIO()
    write_xlsx(file, ["a"], [], title=title)
    assert len(openpyxl.load_workbook(file).sheetnames[0]) <= 31


@settings(deadline=None)
@given(st.text())
def test_guarding_can_be_undone(text: str) -> None:
    assert unguard(guard(text)) == text or text.startswith("'")
