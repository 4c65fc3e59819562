"""What must not stand in a log, and what must."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from flask import Flask

from tests.conftest import CheckingClient
from vocapp.core.logs import DiscreetFormatter, discreet, hide_secrets, set_up_logs

TOKEN = "qTBXLezed8mBvZmPJd5aTGZPIduAhpFLrL8tb-ASPNQ"
CANARY = "canary.person@customer.example"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log of a long-running command; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    set_up_logs(stream=out)
    yield out
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_an_event_holds_no_token():
    event = hide_secrets(
        None, "", {"path": f"/s/{TOKEN}?score=9", "url": f"https://v.example/u/{TOKEN}", "n": 3}
    )
    assert event == {"path": "/s/…?score=9", "url": "https://v.example/u/…", "n": 3}
    assert discreet(f"GET /shared/{TOKEN}") == "GET /shared/…"


def test_what_a_library_logs_holds_no_token():
    try:
        raise ValueError(f"GET /s/{TOKEN}/thanks")
    except ValueError as problem:
        failed = (type(problem), problem, problem.__traceback__)
    record = logging.LogRecord("flask", logging.ERROR, "", 1, "Exception on /s/%s [POST]", (TOKEN,), failed)
    text = DiscreetFormatter("%(message)s").format(record)
    assert TOKEN not in text
    assert "Exception on /s/… [POST]" in text


def test_nobody_is_named_before_an_at_sign():
    assert discreet(f"550 no such user <{CANARY}>") == "550 no such user <…@customer.example>"
    assert discreet("postgresql://voc:secret@db.internal/voc") == "postgresql://…@db.internal/voc"
    assert discreet("a" * 50_000 + " b@") == "a" * 50_000 + " b@"


def test_one_line_of_json_for_every_event_ours_and_a_library_s(lines: io.StringIO):
    try:
        raise ValueError(f"cannot write to {CANARY} at /s/{TOKEN}")
    except ValueError:
        structlog.get_logger().exception("job_failed", to=CANARY, path=f"/s/{TOKEN}")
        logging.getLogger("library").exception("Exception for %s on /s/%s", CANARY, TOKEN)
    written = lines.getvalue()
    ours, theirs = [json.loads(line) for line in written.splitlines()]
    assert "canary" not in written
    assert TOKEN not in written
    assert (ours["event"], ours["level"], ours["path"]) == ("job_failed", "error", "/s/…")
    assert (theirs["logger"], theirs["level"]) == ("library", "error")
    assert "ValueError" in ours["exception"]
    assert "ValueError" in theirs["exception"]


def test_what_is_logged_for_a_request_has_its_number(
    app: Flask, client: CheckingClient, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
):
    def log_and_go() -> dict[str, str]:
        structlog.get_logger().warning("seen")
        return {}

    monkeypatch.setitem(app.view_functions, "health.healthz", log_and_go)
    answers = [client.get("/healthz", headers={"X-Request-ID": "forged"}) for _time in range(2)]
    numbers = [answer.headers["X-Request-ID"] for answer in answers]
    assert [json.loads(line)["request_id"] for line in lines.getvalue().splitlines()] == numbers
    assert len(set(numbers)) == 2
    assert "forged" not in numbers
    structlog.get_logger().warning("afterwards")
    assert "request_id" not in json.loads(lines.getvalue().splitlines()[-1])
