"""Settings are typed, checked and named when they are wrong."""

from pathlib import Path

import pytest

from vocapp.core.errors import SettingsError
from vocapp.core.keys import kept_key
from vocapp.core.settings import DOCUMENTED, Settings, load_settings

GOOD = {
    "VOCAPP_SECRET_KEY": "x" * 40,
    "VOCAPP_DATABASE_URL": "sqlite:///somewhere.db",
    "VOCAPP_ENCRYPTION_KEYS": "00" * 32,
}


def test_the_defaults_need_nothing_but_a_place_and_a_key() -> None:
    settings = load_settings(GOOD)
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.broker_url is None
    assert settings.mail_url.startswith("mailbox://")


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(SettingsError, match="VOCAPP_MAIL_URI is not a setting"):
        load_settings({**GOOD, "VOCAPP_MAIL_URI": "smtp://localhost"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VOCAPP_DATABASE_URL", "mysql://host/db"),
        ("VOCAPP_DATABASE_URL", "not a url"),
        ("VOCAPP_DATABASE_URL", "sqlite://"),
        ("VOCAPP_SECRET_KEY", "short"),
        ("VOCAPP_BASE_URL", "voice.example.com"),
        ("VOCAPP_BASE_URL", "https://voice.example.com/?x=1"),
        ("VOCAPP_MAIL_URL", "http://mail.example.com"),
        ("VOCAPP_MAIL_URL", "smtp:///nohost"),
        ("VOCAPP_MAIL_FROM", "Ana <ana@example.com>"),
        ("VOCAPP_MAIL_FROM", "nobody"),
        ("VOCAPP_BROKER_URL", "kafka://host"),
    ],
)
def test_a_bad_value_stops_the_start_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({**GOOD, name: value})


def test_a_postgresql_address_gets_the_driver_we_ship() -> None:
    settings = load_settings({**GOOD, "VOCAPP_DATABASE_URL": "postgresql://voc:secret@db.example/voc"})
    assert settings.database_url == "postgresql+psycopg://voc:secret@db.example/voc"


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = Settings(
        database_url="postgresql+psycopg://voc:pa55word@db/voc",
        secret_key="the secret key",
        mail_url="smtp://user:pa55word@mail.example.com",
    )
    assert "pa55word" not in repr(settings)
    assert "the secret key" not in repr(settings)


def test_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    assert kept_key(path, lambda: "first") == "first"
    assert kept_key(path, lambda: "second") == "first"
    assert path.stat().st_mode & 0o077 == 0
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_every_setting_stands_in_the_readme(name: str) -> None:
    readme = Path(__file__).resolve().parents[3] / "README.md"
    assert f"`{name}`" in readme.read_text()
