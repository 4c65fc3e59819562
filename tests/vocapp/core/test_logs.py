"""What must not stand in a log."""

import logging

from vocapp.core.logs import DiscreetFormatter, hide_secrets

TOKEN = "qTBXLezed8mBvZmPJd5aTGZPIduAhpFLrL8tb-ASPNQ"


def test_an_event_holds_no_token():
    event = hide_secrets(
        None, "", {"path": f"/s/{TOKEN}?score=9", "url": f"https://v.example/u/{TOKEN}", "n": 3}
    )
    assert event == {"path": "/s/…?score=9", "url": "https://v.example/u/…", "n": 3}


def test_what_a_library_logs_holds_no_token():
    try:
        raise ValueError(f"GET /s/{TOKEN}/thanks")
    except ValueError as problem:
        failed = (type(problem), problem, problem.__traceback__)
    record = logging.LogRecord("flask", logging.ERROR, "", 1, "Exception on /s/%s [POST]", (TOKEN,), failed)
    text = DiscreetFormatter("%(message)s").format(record)
    assert TOKEN not in text
    assert "Exception on /s/… [POST]" in text
