"""Every hostile import file, as far as reading it goes; what its values mean is the importer's business."""

from pathlib import Path

import pytest

from integrations.tables.reading import open_table
from integrations.tables.rows import Row, TableRefused

FOLDER = Path(__file__).parent.parent / "import_torture"
# File → rows read, rows reported, or the word of its refusal.
OUTCOMES: dict[str, tuple[int, int] | str] = {
    "01_ok_utf8.csv": (1, 0),
    "03_utf16le_bom.csv": (1, 0),
    "05_sep_line.csv": (1, 0),
    "07_cr_only.csv": (1, 0),
    "09_newline_in_quotes.csv": (1, 0),
    "11_nul_byte.csv": (0, 1),
    "13_empty.csv": "empty",
    "15_no_header.csv": "column names",
    "17_short_and_long_rows.csv": (0, 2),
    "19_5000_columns.csv": "5,000 columns",
    "21_case_variant_duplicates.csv": (2, 0),
    "23_bidi_zero_width.csv": (1, 0),
    "25_sf_id_case.csv": (2, 0),
    "27_leading_zero_id.csv": (1, 0),
    "29_role_and_noreply.csv": (2, 0),
    "31_csm_is_contact.csv": (1, 0),
    "32b_ok.xlsx": (1, 0),
    "34_xxe.xlsx": "entities",
}


def test_every_file_of_the_folder_has_an_outcome_here() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix in (".csv", ".xlsx")}
    assert files == OUTCOMES.keys()


@pytest.mark.parametrize(
    "name", sorted(name for name, outcome in OUTCOMES.items() if isinstance(outcome, tuple))
)
def test_each_row_is_read_or_reported(name: str) -> None:
    with open_table(FOLDER / name, name) as table:
        rows = list(table)
    read = sum(isinstance(row, Row) for row in rows)
    assert (read, len(rows) - read) == OUTCOMES[name]


@pytest.mark.parametrize(
    "name", sorted(name for name, outcome in OUTCOMES.items() if isinstance(outcome, str))
)
def test_a_file_that_is_no_table_is_refused_once(name: str) -> None:
    with pytest.raises(TableRefused, match=str(OUTCOMES[name])):
        open_table(FOLDER / name, name)


def test_a_leading_zero_is_kept() -> None:
    with open_table(FOLDER / "27_leading_zero_id.csv", "x.csv") as table:
        row = next(iter(table))
    assert isinstance(row, Row)
    assert row.cells[table.header.index("account_id")] == "00012345"


def test_utf16_is_read_with_a_note() -> None:
    with open_table(FOLDER / "03_utf16le_bom.csv", "x.csv") as table:
        assert table.notes == ["The file is in UTF-16."]
