"""`vocapp mail dkim-key` and `vocapp mail dns`, as an operator runs them, asking a real name server."""

import json
from collections.abc import Callable
from pathlib import Path

import dkim
import pytest
from click.testing import CliRunner, Result

from integrations.mail.dkim import Signer, read_private_key
from tests.conftest import make_schema
from tests.name_server import a_name_server
from vocapp.cli import vocapp
from vocapp.core.errors import DomainError

KEY_NAME = "voice1._domainkey.vendor.example"


@pytest.fixture
def installation(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """An installation that sends through a relay; returns what sets further variables."""
    url = new_database()
    for name, value in {
        "VOCAPP_DATABASE_URL": url,
        "VOCAPP_SECRET_KEY": "a key for tests only, long enough to pass",
        "VOCAPP_BASE_URL": "https://voice.vendor.example",
        "VOCAPP_MAIL_URL": "smtp://relay.vendor.example?starttls=1",
        "VOCAPP_MAIL_FROM": "voice@vendor.example",
        "VOCAPP_BOUNCE_DOMAIN": "bounce.vendor.example",
    }.items():
        monkeypatch.setenv(name, value)
    make_schema(url)
    return monkeypatch


def run(*arguments: str) -> Result:
    return CliRunner().invoke(vocapp, ["mail", *arguments])


def make_key(installation: pytest.MonkeyPatch, path: Path) -> Signer:
    """Make a key by the command and let the installation sign with it."""
    result = run("dkim-key", "--out", str(path))
    assert result.exit_code == 0, result.output
    for line in result.stdout.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.startswith("VOCAPP_"):
            installation.setenv(name, value)
    return Signer("vendor.example", "voice1", read_private_key(path.read_bytes()))


def test_a_key_is_made_private_and_its_record_printed(
    installation: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "dkim.pem"
    result = run("dkim-key", "--out", str(path))
    assert path.stat().st_mode & 0o077 == 0
    signer = Signer("vendor.example", "voice1", read_private_key(path.read_bytes()))
    assert f"{KEY_NAME}. IN TXT " in result.stdout
    published = "".join(result.stdout.partition(" IN TXT ")[2].splitlines()[0].split('"')[1::2])
    assert published == signer.record
    raw = signer.sign(b"From: voice@vendor.example\r\nSubject: x\r\n\r\nhello\r\n")
    assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: published.encode())
    assert "PRIVATE KEY" not in result.stdout


def test_a_key_is_never_written_over_another_file(installation: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    path.write_text("in use")
    result = run("dkim-key", "--out", str(path))
    assert isinstance(result.exception, DomainError)
    assert "is there already" in str(result.exception)
    assert path.read_text() == "in use"
    missing = run("dkim-key", "--out", str(tmp_path / "nowhere" / "dkim.pem"))
    assert "cannot be written: No such file" in str(missing.exception)


def test_a_key_needs_somebody_who_signs(installation: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installation.setenv("VOCAPP_MAIL_FROM", "")
    result = run("dkim-key", "--out", str(tmp_path / "dkim.pem"))
    assert "--domain example.com" in str(result.exception)
    ours = ("--domain", "Other.Example", "--selector", "V2")
    named = run("dkim-key", "--out", str(tmp_path / "dkim.pem"), *ours)
    assert "v2._domainkey.other.example. IN TXT" in named.stdout


def test_the_mailbox_needs_no_records(installation: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installation.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path}")
    result = run("dns")
    assert isinstance(result.exception, DomainError)
    assert "set VOCAPP_MAIL_URL" in str(result.exception)


def test_every_record_is_printed_and_what_is_missing_ends_with_an_error(
    installation: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    signer = make_key(installation, tmp_path / "dkim.pem")
    with a_name_server({("vendor.example.", "A"): ["192.0.2.1"]}) as ((host, port), _):
        installation.setenv("VOCAPP_DNS_SERVER", f"{host}:{port}")
        said, shown = run("dns", "--json"), run("dns")
    document = json.loads(said.stdout)
    assert [(record["name"], record["kind"]) for record in document["records"]] == [
        ("bounce.vendor.example", "TXT"),
        (KEY_NAME, "TXT"),
        ("_dmarc.vendor.example", "TXT"),
        ("bounce.vendor.example", "MX"),
    ]
    assert document["records"][1]["value"] == signer.record
    severities = {finding["check"]: finding["severity"] for finding in document["findings"]}
    assert severities == {"signature": "stops", "policy": "stops", "return_path": "stops", "senders": "warns"}
    assert "3 things stop waves" in str(said.exception)
    for record in ('"v=DMARC1; p=none"', "bounce.vendor.example. IN MX 10 voice.vendor.example.", "STOPS"):
        assert record in shown.stdout


def test_once_everything_printed_is_published_all_is_good(
    installation: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_key(installation, tmp_path / "dkim.pem")
    with a_name_server({("vendor.example.", "A"): ["192.0.2.1"]}) as ((host, port), _):
        installation.setenv("VOCAPP_DNS_SERVER", f"{host}:{port}")
        lines = [line.strip() for line in run("dns").stdout.splitlines() if " IN " in line]
    zone: dict[tuple[str, str], list[str]] = {("relay.vendor.example.", "A"): ["192.0.2.7"]}
    for line in lines:
        name, _, kind, value = line.split(" ", 3)
        zone.setdefault((name, kind), []).append(value)
    with a_name_server(zone) as ((host, port), _):
        installation.setenv("VOCAPP_DNS_SERVER", f"{host}:{port}")
        result = run("dns", "--json")
    assert result.exit_code == 0, result.output
    left = {one["check"]: one["severity"] for one in json.loads(result.stdout)["findings"]}
    assert left == {
        "signature": "good",
        "policy": "good",
        "return_path": "good",
        "senders": "good",
        "names": "tells",
    }
