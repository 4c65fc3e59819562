"""`vocapp secrets rotate`, as an operator runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import make_schema
from vocapp.cli import vocapp
from vocapp.core.crypto import Keyring

KEY = b"k" * 32


@pytest.fixture
def empty_installation(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation with a key and nothing sealed."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "a key for tests only, long enough to pass")
    monkeypatch.setenv("VOCAPP_ENCRYPTION_KEYS", KEY.hex())
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    monkeypatch.chdir(tmp_path)
    make_schema(url)


@pytest.mark.usefixtures("empty_installation")
def test_the_command_says_in_json_what_it_did() -> None:
    result = CliRunner().invoke(vocapp, ["secrets", "rotate", "--json"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["key"], said["resealed"], said["unreadable"]) == (Keyring([KEY]).newest_id, 0, 0)


@pytest.mark.usefixtures("empty_installation")
def test_the_command_says_in_words_what_it_did() -> None:
    result = CliRunner().invoke(vocapp, ["secrets", "rotate"])
    assert result.stdout.startswith("0 secrets were sealed again")
