"""`vocapp import` and `vocapp export`."""

import csv
import json
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from tests.conftest import make_schema
from vocapp.accounts.profiles import ensure_defaults
from vocapp.app import create_app
from vocapp.commands.imports import export_group, import_group
from vocapp.commands.responses import export_responses
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.identity.service import add_user

ACCOUNTS = "external_id,name,tier,arr,parent_external_id\nA-1,=Acme,Tier 1,100.50,A-2\nA-2,Beta,,,\n"
CONTACTS = (
    "account_external_id,email,external_id,first_name,personas,phone,verified_on\n"
    "A-1,ana@c.example,C-1,Ana,Champion;Admin,+49 1,2026-01-05\nA-2,ben@c.example,,Ben,,,\n"
)

Run = Callable[..., Result]


@pytest.fixture
def run(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command line on a database of its own, in a folder with accounts.csv and contacts.csv."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "a key for tests only, long enough to pass")
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    monkeypatch.chdir(tmp_path)
    make_schema(url)
    with create_app().app_context():
        with transaction():
            ensure_defaults()
        db.session.remove()
        db.engine.dispose()
    Path("accounts.csv").write_text(ACCOUNTS)
    Path("contacts.csv").write_text(CONTACTS)

    def invoke(*arguments: str) -> Result:
        group = {"import": import_group, "export": export_group}[arguments[0]]
        return CliRunner().invoke(group, arguments[1:], catch_exceptions=False)

    return invoke


def imported(run: Run) -> Run:
    run("import", "accounts", "accounts.csv")
    run("import", "contacts", "contacts.csv")
    return run


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.lstrip("\ufeff"))))


def test_json_is_one_document_with_the_promised_names(run: Run) -> None:
    document = json.loads(run("import", "accounts", "accounts.csv", "--json").stdout)

    assert document == {
        "rows": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "duplicates": 0,
        "errors": [],
        "warnings": [],
    }


def test_a_second_import_changes_nothing(run: Run) -> None:
    imported(run)

    assert json.loads(run("import", "contacts", "contacts.csv", "--json").stdout)["unchanged"] == 2


def test_a_dry_run_writes_nothing(run: Run) -> None:
    run("import", "accounts", "accounts.csv", "--dry-run")

    assert json.loads(run("import", "accounts", "accounts.csv", "--json").stdout)["created"] == 2


def test_without_json_the_outcome_is_one_sentence(run: Run) -> None:
    out = run("import", "accounts", "accounts.csv").stdout

    assert out == "2 accounts: 2 created, 0 updated, 0 unchanged; 0 duplicate rows, 0 errors.\n"


def test_rows_that_were_refused_are_printed_and_end_the_command_in_failure(run: Run) -> None:
    Path("bad.csv").write_text("external_id,name,arr\nA-1,Acme,-1\n")

    with pytest.raises(DomainError, match="1 row was not imported"):
        run("import", "accounts", "bad.csv")


def test_a_refused_row_still_gives_one_json_document(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.csv").write_text("external_id,name,arr\nA-1,Acme,-1\n")

    result = CliRunner().invoke(import_group, ["accounts", "bad.csv", "--json"])

    assert json.loads(result.stdout)["errors"] == [
        {"line": 2, "column": "arr", "reason": "The amount is negative; write 0 or more."}
    ]


def test_columns_are_mapped_by_option(run: Run) -> None:
    Path("odd.csv").write_text("Nr=;name\nA-1;Acme\n")

    assert run("import", "accounts", "odd.csv", "--map", "Nr==external_id").exit_code == 0


def test_a_map_without_two_names_is_refused(run: Run) -> None:
    with pytest.raises(DomainError, match="THEIRS=OURS"):
        run("import", "accounts", "accounts.csv", "--map", "external_id")


def test_contacts_make_their_accounts_by_option(run: Run) -> None:
    Path("both.csv").write_text("account_id,account_name,email\nA-9,New,ana@c.example\n")

    assert run("import", "contacts", "both.csv", "--create-accounts").exit_code == 0


def test_no_progress_bar_is_drawn_away_from_a_terminal(run: Run) -> None:
    assert run("import", "accounts", "accounts.csv").stderr == ""


@pytest.mark.parametrize("command", ["import", "export"])
@pytest.mark.parametrize("kind", ["accounts", "contacts"])
def test_help_shows_an_example(run: Run, command: str, kind: str) -> None:
    assert f"Example: vocapp {command} {kind}" in run(command, kind, "--help").stdout


@pytest.mark.parametrize("kind", ["accounts", "contacts"])
def test_an_export_is_imported_again_without_a_change(run: Run, kind: str) -> None:
    imported(run)
    run("export", kind, "--out", "out.csv")

    document = json.loads(run("import", kind, "out.csv", "--json").stdout)

    assert (document["unchanged"], document["rows"], document["errors"]) == (2, 2, [])


@pytest.mark.parametrize("kind", ["accounts", "contacts"])
def test_a_workbook_is_imported_again_without_a_change(run: Run, kind: str) -> None:
    imported(run)
    run("export", kind, "--format", "xlsx", "--out", "out.xlsx")

    document = json.loads(run("import", kind, "out.xlsx", "--json").stdout)

    assert (document["unchanged"], document["errors"]) == (2, [])


def test_exported_names_cannot_be_run_by_a_spreadsheet(run: Run) -> None:
    imported(run)
    run("export", "accounts", "--format", "xlsx", "--out", "out.xlsx")

    sheet: Sequence[Sequence[object]] = list(load_workbook("out.xlsx").active.values)
    assert (sheet[1][1], rows(run("export", "accounts").stdout)[0]["name"]) == ("'=Acme", "'=Acme")


def test_json_exports_keep_names_as_they_are(run: Run) -> None:
    imported(run)

    (acme, _beta) = json.loads(run("export", "accounts", "--format", "json").stdout)

    assert (acme["name"], acme["parent_external_id"], acme["tier"]) == ("=Acme", "A-2", "Tier 1")


def test_an_empty_export_is_a_header_or_an_empty_list(run: Run) -> None:
    assert rows(run("export", "contacts").stdout) == []
    assert json.loads(run("export", "contacts", "--format", "json").stdout) == []


def test_a_file_that_cannot_be_written_is_said(run: Run) -> None:
    with pytest.raises(DomainError, match="cannot be written"):
        run("export", "accounts", "--out", "nowhere/out.csv")


def test_a_file_that_is_not_there_is_said(run: Run) -> None:
    with pytest.raises(DomainError, match="There is no file"):
        run("import", "accounts", "nowhere.csv")


def test_events_come_in_by_command_and_say_what_became_of_each_row(run: Run) -> None:
    imported(run)
    Path("events.csv").write_text(
        "kind,external_id,account_external_id,contact_email,occurred_at,title\n"
        "onboarding,O-1,A-1,ana@c.example,2026-01-05,Done\ncase_closed,O-2,A-1,,2026-01-05,\n"
    )
    rehearsed = run("import", "events", "events.csv", "--dry-run", "--json")
    document = json.loads(run("import", "events", "events.csv", "--json").stdout)
    assert json.loads(rehearsed.stdout) == document
    assert (document["created"], document["errors"], document["warnings"]) == (2, [], [])


def test_answers_of_another_tool_come_in_by_command_and_go_out_again(run: Run) -> None:
    imported(run)
    with create_app().app_context():
        with transaction():
            add_user("ina@vendor.example", role=RoleName.ADMIN, name="Ina")
        db.session.remove()
        db.engine.dispose()
    Path("history.csv").write_text("Type,Email,Date,Grade\nNPS,ana@c.example,2025-03-31,9\n")
    options = ("import", "responses", "history.csv", "--map", "Grade=rating", "--json")

    dry, real, again = (json.loads(run(*options, *more).stdout) for more in (("--dry-run",), (), ()))
    exported = CliRunner().invoke(export_responses, [], catch_exceptions=False).stdout

    assert dry == real
    assert (real["rows"], real["created"], real["errors"]) == (1, 1, [])
    assert (again["created"], again["unchanged"]) == (0, 1)
    (row,) = rows(exported)
    assert (row["source"], row["survey_version"], row["wave"]) == ("import", "1", "2025-03")
    assert row["question"].startswith("How likely")
    Path("exported.csv").write_text(exported)
    back = json.loads(run("import", "responses", "exported.csv", "--json").stdout)
    assert (back["created"], back["updated"], back["unchanged"]) == (0, 0, 1)
