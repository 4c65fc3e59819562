"""`vocapp export responses`."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from tests.builders import a_response
from tests.conftest import SECRET_KEY, make_schema
from tests.vocapp.responses.builders import a_link
from vocapp.app import create_app
from vocapp.cli import vocapp
from vocapp.core.db import db


@pytest.fixture
def export(new_database, tmp_path, monkeypatch):
    """`vocapp export responses` over one answer that counts and one in quarantine."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    monkeypatch.chdir(tmp_path)
    make_schema(url)
    with create_app().app_context():
        a_response(a_link()[0], rating=9, comment="=SUM(A1:A9) 👍", may_contact=True)
        a_response(a_link()[0], rating=0, comment="Trapped", quarantine_reason="trap_field")
        db.session.remove()
        db.engine.dispose()
    return lambda *arguments: CliRunner().invoke(vocapp, ["export", "responses", *arguments])


def test_answers_go_to_standard_output_as_csv(export):
    result = export()
    assert result.exit_code == 0
    (row,) = csv.DictReader(StringIO(result.stdout.removeprefix("\ufeff")))
    assert (row["survey_type"], row["rating"], row["comment"]) == ("nps", "9", "'=SUM(A1:A9) 👍")
    assert row["responded_at"].startswith("2026-03-11T10:00:00")


def test_json_keeps_a_comment_as_it_is(export):
    (row,) = json.loads(export("--format", "json").stdout)
    assert (row["rating"], row["comment"], row["may_contact"]) == (9, "=SUM(A1:A9) 👍", True)


def test_a_workbook_goes_to_a_file(export):
    assert export("--format", "xlsx", "--out", "answers.xlsx").exit_code == 0
    header, row = list(load_workbook(Path("answers.xlsx")).active.iter_rows(values_only=True))
    assert dict(zip(header, row, strict=True))["comment"] == "'=SUM(A1:A9) 👍"


def test_a_folder_that_is_not_there_is_named_in_one_sentence(export):
    result = export("--out", "nowhere/answers.csv")
    assert result.exit_code != 0
    assert "nowhere/answers.csv cannot be written" in str(result.exception)
