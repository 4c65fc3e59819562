"""Reading delimited text."""

import tracemalloc
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.tables.reading import open_table
from integrations.tables.rows import Limits, Row, TableRefused
from integrations.tables.writing import write_csv
from tests.integrations.tables.builders import cells, csv_table, problems

PEOPLE = "name,city\nJosé,Genève\n"


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    table = csv_table(PEOPLE.encode("utf-8-sig"))
    assert table.header == ["name", "city"]
    assert "byte order mark" in table.notes[0]


def test_plain_utf8_with_commas_needs_no_note() -> None:
    assert csv_table(PEOPLE).notes == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_accents_survive_every_encoding(encoding: str) -> None:
    assert cells(csv_table(PEOPLE.encode(encoding))) == [["José", "Genève"]]


def test_windows_1252_late_in_the_file_is_read_with_a_note() -> None:
    table = csv_table(b"name\n" + b"Ann\n" * 50_000 + "Zoë\n".encode("cp1252"))
    assert "Windows-1252" in table.notes[0]
    assert cells(table)[-1] == ["Zoë"]


@pytest.mark.parametrize(
    "raw", [PEOPLE.encode("utf-32"), b"\xff\xfea", b"name\n\x81\x8d\n", PEOPLE.encode("utf-16-le")]
)
def test_an_encoding_that_cannot_be_told_is_refused(raw: bytes) -> None:
    with pytest.raises(TableRefused):
        csv_table(raw)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    table = csv_table(f'name{delimiter}"a;b,c|d\te"\nAnn{delimiter}x\n')
    assert (table.header[0], cells(table)) == ("name", [["Ann", "x"]])


def test_a_single_column_has_no_delimiter() -> None:
    assert cells(csv_table("name\nAnn\n")) == [["Ann"]]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_line_that_names_the_delimiter_is_obeyed(first: str) -> None:
    assert cells(csv_table(f"{first}\r\na,b;c\r\n1;2\r\n")) == [["1", "2"]]


def test_a_delimiter_that_nobody_uses_is_refused() -> None:
    with pytest.raises(TableRefused, match="names the delimiter"):
        csv_table('sep="\na,b\n')


def test_lines_are_counted_as_a_person_counts_them() -> None:
    table = csv_table('\nname,note\n\nAnn,"two\nlines"\n\nBen,x\n')
    assert [row.line for row in table] == [4, 7]
    assert table.header_line == 2


def test_rows_without_any_value_are_passed_over() -> None:
    assert cells(csv_table("a,b\n,\n1,2\n,,,\n")) == [["1", "2"]]


def test_empty_cells_beyond_the_header_are_no_problem() -> None:
    assert cells(csv_table("a,b,\n1,2,,,\n")) == [["1", "2"]]


def test_a_short_row_names_the_first_missing_column() -> None:
    assert problems(csv_table("a,b,c\n1\n1,2,3\n")) == [(2, "b")]


def test_a_nul_names_its_column() -> None:
    assert problems(csv_table("a,b\n1,x\0y\n")) == [(2, "b")]


def test_a_nul_in_the_header_refuses_the_file() -> None:
    with pytest.raises(TableRefused, match="NUL"):
        csv_table("a,b\0\n1,2\n")


def test_a_column_that_stands_twice_refuses_the_file() -> None:
    with pytest.raises(TableRefused, match="stands twice"):
        csv_table("Email,name,email\n")


@pytest.mark.parametrize("content", ["", "\n\n", " \n", ",,\n,,\n"])
def test_a_file_without_values_is_refused(content: str) -> None:
    with pytest.raises(TableRefused):
        csv_table(content)


def test_an_open_quote_is_reported_and_the_rows_after_it_are_read() -> None:
    rows = list(csv_table('a,b\n1,2\n3,"4\n5,6\n7,8\n'))
    assert problems(rows) == [(3, None)]
    assert cells(rows) == [["1", "2"], ["5", "6"], ["7", "8"]]


def test_rows_between_two_open_quotes_are_not_swallowed() -> None:
    rows = list(csv_table('a,b,c\n1,"2,3\n4,5,6\n7,8",9,9\n10,11,12\n'))
    assert [line for line, _ in problems(rows)] == [2, 4]
    assert cells(rows) == [["4", "5", "6"], ["10", "11", "12"]]


def test_an_open_quote_in_a_large_file_costs_one_row() -> None:
    rows = list(csv_table('a,b\n1,"2\n' + "3,4\n" * 2_000))
    assert problems(rows) == [(2, None)]
    assert len(cells(rows)) == 2_000


def test_very_many_open_quotes_end_the_reading() -> None:
    with pytest.raises(TableRefused, match="quotation marks"):
        list(csv_table('a,b\n1,"2"x\n' + '3,"4\n5,6\n' * 100))


def test_text_after_a_closing_quote_is_reported() -> None:
    assert problems(csv_table('a,b\n1,"2"x\n3,4\n')) == [(2, None)]


def test_a_short_row_with_a_line_break_is_one_problem() -> None:
    assert problems(csv_table('a,b,c\n1,"2\n3"\n4,5,6\n')) == [(2, "c")]


def test_a_header_may_hold_line_breaks_and_commas() -> None:
    assert csv_table('"e-mail\naddress, work",name\n').header == ["e-mail address, work", "name"]


def test_a_cell_beyond_the_limit_is_reported() -> None:
    content = f"a,b\n1,{'x' * 11}\n2,y\n"
    assert problems(csv_table(content, limits=Limits(cell_characters=10))) == [(2, "b")]


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(TableRefused, match="too long"):
        list(csv_table("a\n" + "x" * 1_000_001))


def test_more_rows_than_the_limit_end_the_reading() -> None:
    with pytest.raises(TableRefused, match="more than 2 rows"):
        list(csv_table("a\n1\n2\n3\n", limits=Limits(rows=2)))


def test_blank_lines_without_end_are_refused() -> None:
    with pytest.raises(TableRefused, match="too many lines"):
        list(csv_table("a\n" + "\n" * 100, limits=Limits(rows=10)))


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TableRefused, match="larger than"):
        csv_table(PEOPLE, limits=Limits(file_bytes=10))


def test_a_guarded_cell_is_read_without_its_apostrophe() -> None:
    assert cells(csv_table("a,b\n'+49 30,O'Neil\n")) == [["+49 30", "O'Neil"]]


def test_a_file_that_was_passed_in_stays_open() -> None:
    file = BytesIO(PEOPLE.encode())
    with open_table(file, "x.csv") as table:
        list(table)
    assert file.read() == b""


def test_an_upload_in_a_spooled_file_is_read() -> None:
    with SpooledTemporaryFile(max_size=4) as file:
        file.write(PEOPLE.encode())
        with open_table(file, "x.csv") as table:
            assert cells(table) == [["José", "Genève"]]


def test_a_refused_path_leaves_no_open_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a@b.example\n")
    with pytest.raises(TableRefused):
        open_table(tmp_path / "x.csv", "x.csv")


def test_the_fraction_read_ends_at_one() -> None:
    table = csv_table("a\n" + "1\n" * 100_000)
    rows = iter(table)
    next(rows)
    assert table.fraction < 0.5
    assert sum(1 for _ in rows) == 99_999
    assert table.fraction == 1


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT).filter(any), max_size=10))
def test_what_was_written_is_read_again(rows: list[tuple[str, str, str]]) -> None:
    # An apostrophe before a sign cannot be told from our own.
    rows = [row for row in rows if not any(cell.startswith("'") for cell in row)]
    file = BytesIO()
    write_csv(file, ["a", "b", "c"], rows)
    expected = [[one_kind_of_line_end(cell) for cell in row] for row in rows]
    assert cells(open_table(file, "x.csv")) == expected


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_reported_or_refused(raw: bytes) -> None:
    with suppress(TableRefused):
        assert all(isinstance(row, Row) or row.reason for row in csv_table(raw))


@pytest.mark.parametrize("piece", ['"', '",', '"\n', 'a,"b\n', "\r", "sep=", "'", ",", '""', "\t|;"])
def test_hostile_repetition_is_read_in_no_time(piece: str) -> None:
    started = process_time()
    with suppress(TableRefused):
        list(csv_table("a,b\n" + piece * (50_000 // len(piece))))
    assert process_time() - started < 1


def test_a_hundred_thousand_rows_take_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,name,city\n" + "".join(f"{n},José Müller,Genève\n" for n in range(100_000)))
    tracemalloc.start()
    try:
        with open_table(path, path.name) as table:
            count = sum(1 for _ in table)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert peak < 2_000_000
