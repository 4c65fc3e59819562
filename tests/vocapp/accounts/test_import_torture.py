"""Every hostile file ends as its line in expected.json says, twice the same, and checked as imported."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from integrations.tables.reading import open_table
from tests.builders import a_company
from vocapp.accounts.columns import TableKind
from vocapp.accounts.importing import ImportOrder
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.profiles import ensure_defaults
from vocapp.accounts.rules import crm_checksum
from vocapp.accounts.tally import Tally
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.workflows.import_file import import_table

FOLDER = Path(__file__).parent / "import_torture"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text())

# "rows" of these two is not the number of accepted rows: one is in words, the other counts rows read.
ACCEPTED = {"29_role_and_noreply.csv": 2, "32b_ok.xlsx": 0}
ERRORS = {"29_role_and_noreply.csv": 0, "32b_ok.xlsx": 1}


@pytest.fixture(autouse=True)
def _company(app: object) -> None:
    a_company(domains=["vendor.example"])
    with transaction():
        ensure_defaults()


def run(name: str, *, is_dry_run: bool = False) -> Tally:
    order = ImportOrder(TableKind.CONTACTS, creates_accounts=True, is_dry_run=is_dry_run)
    return import_table(order, FOLDER / name, name, now=utcnow(), on_progress=lambda *_: None)


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("name", EXPECTED)
def test_the_file_ends_as_expected(name: str) -> None:
    tally = run(name)

    assert tally.rows == ACCEPTED.get(name, EXPECTED[name]["rows"])
    assert len(tally.errors) == ERRORS.get(name, EXPECTED[name].get("errors", 0))
    assert tally.duplicates == EXPECTED[name].get("duplicates", 0)
    assert count(Contact) == tally.rows


@pytest.mark.parametrize("name", EXPECTED)
def test_every_error_has_a_line_and_a_reason(name: str) -> None:
    assert all(error.line >= 1 and error.reason.endswith(".") for error in run(name).errors)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_dry_run_says_the_same_and_writes_nothing(name: str) -> None:
    dry = run(name, is_dry_run=True).as_dict()

    assert (count(Account), count(Contact)) == (0, 0)
    assert run(name).as_dict() == dry


@pytest.mark.parametrize("name", EXPECTED)
def test_a_second_import_changes_nothing(name: str) -> None:
    first, second = run(name), run(name)

    assert (second.created, second.updated, second.unchanged) == (0, 0, first.rows)


def test_crm_ids_that_differ_by_case_make_two_accounts() -> None:
    run("25_sf_id_case.csv")

    assert count(Account) == EXPECTED["25_sf_id_case.csv"]["accounts"]


def test_the_long_form_of_a_crm_id_finds_the_account_of_its_short_form(tmp_path: Path) -> None:
    run("25_sf_id_case.csv")
    short = "0015g00000AbCdE"
    file = tmp_path / "long.csv"
    file.write_text(f"email,account_id\nc@customer.example,{short}{crm_checksum(short)}\n")

    import_table(ImportOrder(TableKind.CONTACTS), file, file.name, now=utcnow(), on_progress=lambda *_: None)

    assert count(Account) == 2


def test_leading_zeros_of_an_identifier_are_kept() -> None:
    run("27_leading_zero_id.csv")

    assert db.session.scalars(select(Account.external_id)).all() == ["00012345"]


def test_role_addresses_come_in_with_a_warning_and_are_not_asked() -> None:
    tally = run("29_role_and_noreply.csv")

    assert set(db.session.scalars(select(Contact.is_role_address))) == {True}
    assert any("function" in warning.reason for warning in tally.warnings)


def test_the_reason_names_the_value_that_is_no_address() -> None:
    (error,) = run("32b_ok.xlsx").errors

    assert error.column == "email"
    assert "'email' is not an e-mail address" in error.reason


def test_the_control_workbook_has_one_row() -> None:
    with open_table(FOLDER / "32b_ok.xlsx", "32b_ok.xlsx") as table:
        assert len(list(table)) == EXPECTED["32b_ok.xlsx"]["rows"]
