"""Two installations exchange files by command."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import app_on, settings_for
from tests.vocapp.benchmarks.builders import a_scored_account
from vocapp.app import create_app
from vocapp.cli import vocapp
from vocapp.core.db import db, reading
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.exchange import queries


@pytest.fixture
def installations(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Two of them with twelve customers each; calling it with a name goes there."""
    urls = {name: new_database() for name in ("ours", "theirs")}
    for name, url in urls.items():
        with app_on(url, tmp_path / name) as app, app.app_context():
            for step in range(12):
                a_scored_account(strength=30.0 + step + (40 if name == "theirs" else 0), region="EMEA")
            settings = gateways().settings
    monkeypatch.chdir(tmp_path)

    def go(name: str) -> None:
        for setting, value in {
            "VOCAPP_DATABASE_URL": urls[name],
            "VOCAPP_SECRET_KEY": settings.secret_key,
            "VOCAPP_ENCRYPTION_KEYS": settings.encryption_keys[0].hex(),
            "VOCAPP_MAIL_URL": settings_for(urls[name], tmp_path).mail_url,
        }.items():
            monkeypatch.setenv(setting, value)

    return go


def run(*arguments: str) -> Result:
    return CliRunner().invoke(vocapp, ["exchange", *arguments])


def done(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, DomainError), result.output
    return str(result.exception)


def test_a_file_travels_from_one_installation_to_another_and_out_again(
    installations: Callable[[str], None], tmp_path: Path
) -> None:
    installations("theirs")
    file = tmp_path / "figures.json"
    assert "figures of cohorts are in" in done(
        "export", str(file), "--source", "Harrier", "--first", "region"
    )
    assert list(tmp_path.glob("*.draft")) == []
    printed = re.search("fingerprint  (.*)", done("key"))
    assert printed
    fingerprint = printed.group(1)
    assert fingerprint.replace(" ", "") not in file.read_text()

    installations("ours")
    assert fingerprint in refused("import", str(file))
    assert "32 digits" in refused("trust", fingerprint[:-1])
    assert "Files of Harrier" in done("trust", fingerprint, "--name", "Harrier")
    assert "figures of Harrier came in" in done("import", str(file))
    assert "imported before" in refused("import", str(file))
    listed = done("list")
    assert f"trusted  {fingerprint}  Harrier" in listed
    number = re.search(r"import (\d+)", listed)
    assert number
    assert "is gone" in done("remove", number.group(1))
    assert "There is no import" in refused("remove", number.group(1))
    done("distrust", fingerprint)
    assert fingerprint in refused("import", str(file))
    assert "cannot be read" in refused("import", str(tmp_path / "missing.json"))
    (tmp_path / "large.json").write_bytes(b" " * 50_000_000)
    assert "larger than 2 MB" in refused("import", str(tmp_path / "large.json"))


def test_what_reached_no_file_was_not_told(installations: Callable[[str], None], tmp_path: Path) -> None:
    installations("ours")
    assert "cannot be written" in refused("export", str(tmp_path / "missing" / "figures.json"))
    with create_app().app_context():
        with reading():
            assert queries.exports() == []
        db.engine.dispose()
    assert "figures of cohorts" in done("export", str(tmp_path / "figures.json"))
