"""`vocapp salesforce`."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.builders import a_company
from tests.conftest import make_schema
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator
from vocapp.app import create_app
from vocapp.commands.salesforce import salesforce as command
from vocapp.core.db import db
from vocapp.core.errors import DomainError

Run = Callable[..., Result]


@pytest.fixture
def installation(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = new_database()
    for name, value in {
        "DATABASE_URL": url,
        "SECRET_KEY": "a key for tests only, long enough to pass",
        "ENCRYPTION_KEYS": "00" * 32,
        "MAIL_URL": f"mailbox://{tmp_path / 'mailbox'}",
    }.items():
        monkeypatch.setenv(f"VOCAPP_{name}", value)
    make_schema(url)
    with create_app().app_context():
        a_company()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def settled(
    installation: None, salesforce: SalesforceEmulator, monkeypatch: pytest.MonkeyPatch
) -> SalesforceEmulator:
    """An installation whose settings lead to the org."""
    for name, value in {
        "DOMAIN": "https://acme.my.salesforce.com/",
        "CONSUMER_KEY": CONSUMER_KEY,
        "CONSUMER_SECRET": CONSUMER_SECRET,
        "EMULATOR_URL": salesforce.url,
    }.items():
        monkeypatch.setenv(f"VOCAPP_SALESFORCE_{name}", value)
    return salesforce


def vocapp(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=True)


def test_without_any_connection_one_sentence_says_what_to_do(installation: None) -> None:
    result = vocapp("sync")
    assert isinstance(result.exception, DomainError)
    assert str(result.exception).startswith("There is no Salesforce connection; make one under Settings")


def test_a_sync_by_settings_prints_one_document(settled: SalesforceEmulator) -> None:
    acme = settled.insert("Account", Name="Acme")
    settled.insert("Contact", AccountId=acme, LastName="Mori", Email="ken@acme.example")
    settled.advance(180)
    report = json.loads(vocapp("sync", "--json").stdout)
    assert (report["read"]["Account"], report["read"]["Contact"]) == (1, 1)
    assert {"written", "skipped", "refused", "calls", "planned_calls"} <= report.keys()
    settled.advance(180)
    again = json.loads(vocapp("sync", "--json").stdout)
    settled.advance(180)
    assert (again["written"], json.loads(vocapp("push", "--json").stdout)["written"]) == ({}, {})


def test_a_dry_run_writes_nothing(settled: SalesforceEmulator) -> None:
    settled.insert("Account", Name="Acme")
    settled.advance(180)
    result = vocapp("sync", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Account: 1 would be created here or there" in result.stdout
    assert json.loads(vocapp("pull", "--dry-run", "--json").stdout)["created"] == {"Account": 1}


def test_the_check_names_each_step_and_fails_with_a_hint(settled: SalesforceEmulator) -> None:
    assert vocapp("check").exit_code == 0
    settled.set_access(consumer_secret="another")
    result = vocapp("check")
    assert isinstance(result.exception, DomainError)
    assert "FAIL" in result.stdout
    lines = json.loads(vocapp("check", "--json").stdout)
    assert lines[-1]["is_fine"] is False
    assert lines[-1]["hint"]


def test_wrong_credentials_end_in_one_sentence(settled: SalesforceEmulator) -> None:
    settled.set_access(consumer_secret="another")
    result = vocapp("sync")
    assert isinstance(result.exception, DomainError)
    assert "secret" in str(result.exception)


def test_the_package_is_written_as_a_file(installation: None, tmp_path: Path) -> None:
    out = tmp_path / "fields.zip"
    assert vocapp("package", "--out", str(out)).exit_code == 0
    assert "package.xml" in zipfile.ZipFile(out).namelist()
    assert vocapp("package", "--uninstall", "--out", str(out)).exit_code == 0
    assert "destructiveChanges.xml" in zipfile.ZipFile(out).namelist()
    nowhere = vocapp("package", "--out", str(tmp_path / "no" / "fields.zip"))
    assert isinstance(nowhere.exception, DomainError)


def test_a_command_that_only_guesses_our_address_does_not_rewrite_the_links_back(
    settled: SalesforceEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOCAPP_BASE_URL", "https://voice.vendor.example")
    assert vocapp("sync").exit_code == 0
    monkeypatch.delenv("VOCAPP_BASE_URL")
    result = vocapp("push")
    assert "set VOCAPP_BASE_URL=https://voice.vendor.example here too" in str(result.exception)


def test_a_connection_by_settings_says_when_they_are_missing(
    settled: SalesforceEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert vocapp("sync").exit_code == 0
    for name in ("DOMAIN", "CONSUMER_KEY", "CONSUMER_SECRET", "EMULATOR_URL"):
        monkeypatch.delenv(f"VOCAPP_SALESFORCE_{name}")
    assert "uses the server's settings, and they are not set here" in str(vocapp("sync").exception)
