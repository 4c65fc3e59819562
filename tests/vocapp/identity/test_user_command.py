"""`vocapp user add`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import make_schema
from vocapp.commands.users import user

PASSWORD = "five words make a password"
Add = Callable[..., str]


@pytest.fixture
def add(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """What `vocapp user add` says, on a database of its own."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "a key for tests only, long enough to pass")
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    monkeypatch.chdir(tmp_path)
    make_schema(url)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(user, ["add", *arguments, "--password", PASSWORD])
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_first_user_who_is_no_administrator_comes_with_a_word_about_it(add: Add) -> None:
    assert "Nobody is administrator yet" in add("ana@example.com", "--role", "csm")


def test_beside_an_administrator_nothing_is_said(add: Add) -> None:
    assert "Nobody is administrator yet" not in add("bo@example.com", "--role", "admin")
    assert "Nobody is administrator yet" not in add("ana@example.com", "--role", "csm")
