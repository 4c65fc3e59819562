"""The container file and the systemd units say what is true of this project."""

import configparser
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from tests.conftest import environment_for, make_schema, settings_for
from tests.vocapp.test_worker_processes import free_port, is_listening, wait_until
from vocapp.cli import vocapp
from vocapp.operations.engine import STOP_SECONDS

ROOT = Path(__file__).resolve().parent.parent
HOME = "/opt/vocapp"
PROGRAM = [f"{HOME}/.venv/bin/python", "-m", "vocapp.cli"]
UNITS = sorted((ROOT / "docs" / "systemd").glob("*.service"))


def container_lines() -> list[tuple[str, str]]:
    """Return instruction and arguments of every line of the container file, continued lines joined."""
    text = (ROOT / "docs" / "container" / "Containerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(instruction, rest) for instruction, rest in lines]


def the_only(instruction: str) -> str:
    (found,) = [rest for name, rest in container_lines() if name == instruction]
    return found


def health_command() -> list[str]:
    words = the_only("HEALTHCHECK").partition("CMD ")[2]
    command = json.loads(words)
    assert isinstance(command, list)
    return command


def is_left_out(path: str) -> bool:
    patterns = (ROOT / ".dockerignore").read_text().split()
    return path.split("/")[0] in patterns or path in patterns


def test_the_container_takes_what_it_runs_and_no_secret() -> None:
    copied = [rest.split() for name, rest in container_lines() if name == "COPY"]
    assert copied == [[".", "."]]
    for needed in (
        "voc",
        "requirements.txt",
        "package-lock.json",
        "wsgi.py",
        "vocapp",
        "templates",
        "migrations",
        "tests/requirements.txt",
        ".ci/node-requirements.txt",
    ):
        assert (ROOT / needed).exists()
        assert not is_left_out(needed)
    assert all(is_left_out(secret) for secret in (".env", "var", ".git", ".venv", "vocapp/static/vendor"))


def test_the_container_runs_as_a_user_of_its_own() -> None:
    names = [name for name, _ in container_lines()]
    made = re.search(r"useradd .*\s(\S+)\s*$", container_lines()[names.index("RUN")][1])
    assert made is not None
    assert the_only("USER") == made.group(1) == "vocapp"
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names[names.index("USER") :]
    assert the_only("WORKDIR") == HOME
    assert the_only("VOLUME") == f"{HOME}/var"
    assert "install -d -o vocapp -g vocapp var" in " ".join(rest for name, rest in container_lines())


def test_the_containers_command_serves_and_its_health_check_sees_that(tmp_path: Path) -> None:
    settings = settings_for(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    make_schema(settings.database_url)
    port = free_port()
    assert json.loads(the_only("ENTRYPOINT")) == PROGRAM
    assert the_only("EXPOSE") == "8000"
    program, *words = health_command()
    assert program == PROGRAM[0]
    ask = [sys.executable, *(word.replace(":8000/", f":{port}/") for word in words)]
    assert subprocess.run(ask, capture_output=True).returncode != 0
    command = [sys.executable, *PROGRAM[1:], *json.loads(the_only("CMD")), "--port", str(port)]
    server = subprocess.Popen(command, env=environment_for(settings), cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_listening(port), "the start of the pages", 100)
        assert subprocess.run(ask, capture_output=True).returncode == 0
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


def unit(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Return section → name → value of a unit."""
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(path.read_text())
    return parser


def is_understood(command: click.Command, words: list[str]) -> bool:
    """Whether a command line could be run."""
    if isinstance(command, click.Group):
        _name, inner, rest = command.resolve_command(click.Context(command), words)
        return inner is not None and is_understood(inner, rest)
    command.make_context(command.name, words)
    return True


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_is_there_as_a_user_of_its_own(path: Path) -> None:
    service = unit(path)["Service"]
    words = service["ExecStart"].split()
    assert words[:3] == PROGRAM
    assert is_understood(vocapp, words[3:])
    assert service["User"] == service["Group"] == "vocapp"
    assert service["WorkingDirectory"] == HOME
    assert service["Restart"] == "always"
    # Longer than a part takes to finish what it has begun.
    assert int(service["TimeoutStopSec"]) > STOP_SECONDS


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_a_unit(path: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    text = path.read_text().replace(PROGRAM[0], "/usr/bin/env")
    copy = tmp_path / path.name
    copy.write_text(text)
    if analyze is None:
        assert set(unit(path)) == {"DEFAULT", "Unit", "Service", "Install"}
        return
    said = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, timeout=100)
    assert said.stdout + said.stderr == ""
    assert said.returncode == 0


def test_every_unit_is_named_where_units_are_told_of() -> None:
    told = (ROOT / "docs" / "operate.md").read_text()
    assert [path.name for path in UNITS if f"systemd/{path.name}" not in told] == []
