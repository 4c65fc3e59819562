"""Writing that outlasts a database that goes away and comes back."""

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from vocapp.core.db import db, transaction

log = structlog.get_logger()

# What a statement, a commit or a wait for a connection raises while the database is away.
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
AWAY_SECONDS = 0.5


def write_when_back(change: Callable[[], object], *, patience: timedelta) -> None:
    """Commit a change; while the database is away, try again for as long as patience lasts.

    The change may have been committed all the same when the database went away, so it must be safe to make
    twice. What was read before in this session is read anew. Raises what the last try raised.
    """
    ends = time.monotonic() + patience.total_seconds()
    while True:
        try:
            db.session.rollback()
            with transaction():
                change()
            return
        except DATABASE_AWAY as trouble:
            if time.monotonic() > ends:
                raise
            log.warning("waiting_for_database", error=type(trouble).__name__)
            time.sleep(AWAY_SECONDS)
