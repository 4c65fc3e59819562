"""Whether what this process stands on is there: database, tables, broker."""

import os.path
import time
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from integrations.broker import knock_at_broker
from integrations.errors import Retryable
from vocapp.core.db import reading
from vocapp.core.gateways import gateways
from vocapp.core.settings import PROJECT_ROOT
from vocapp.operations.queries import applied_revisions
from vocapp.operations.rules import NO_ANSWER, NOT_USED, OK, UNKNOWN, Readiness, judge_revision

EXTENSION_KEY = "vocapp.remembered"
READY_SECONDS = 1.0


class Remembered:
    """Answers that are good for a moment, so that whoever asks often costs little."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[str, tuple[float, Any]] = {}

    def get(self, name: str, ask: Callable[[], Any], *, seconds: float) -> Any:
        """Return the answer of a name, asked for anew when it is older than `seconds`."""
        with self._lock:
            good_until, answer = self._answers.get(name, (0.0, None))
            if time.monotonic() >= good_until:
                answer = ask()
                self._answers[name] = (time.monotonic() + seconds, answer)
            return answer


def remembered(app: Flask) -> Remembered:
    """Return what an app remembers for a moment."""
    found: Remembered = app.extensions.setdefault(EXTENSION_KEY, Remembered())
    return found


def readiness() -> Readiness:
    """Return whether everything is there, as it was within the last second."""
    found: Readiness = remembered(current_app).get("readiness", look, seconds=READY_SECONDS)
    return found


def look() -> Readiness:
    """Ask database and broker now."""
    return Readiness({**_database(), "broker": _broker()})


def _database() -> dict[str, str]:
    try:
        with reading():
            applied = applied_revisions()
    except ProgrammingError:
        applied = frozenset()  # PostgreSQL has no such table: nothing was set up here yet.
    except OperationalError as trouble:
        if "no such table" not in str(trouble.orig):
            return {"database": NO_ANSWER, "tables": UNKNOWN}
        applied = frozenset()
    except (SQLAlchemyError, OSError):
        return {"database": NO_ANSWER, "tables": UNKNOWN}
    newest, known = _revisions()
    return {"database": OK, "tables": judge_revision(applied, newest=newest, known=known)}


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    scripts = ScriptDirectory(os.path.join(PROJECT_ROOT, "migrations"))
    return frozenset(scripts.get_heads()), frozenset(one.revision for one in scripts.walk_revisions())


def _broker() -> str:
    url = gateways().settings.broker_url
    if url is None:
        return NOT_USED
    try:
        knock_at_broker(url)
    except Retryable:
        return NO_ANSWER
    return OK
