"""What tests of several features share."""

import time
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from tests.builders import (
    a_company,
)
from tests.vocapp.meetings import BREATH_SECONDS
from vocapp.core.db import db


@pytest.fixture
def slow_app(separate_app: Flask) -> Iterator[Flask]:
    """An application whose statements are followed by a breath, long enough for others to come between."""
    with separate_app.app_context():
        engine = db.engine
        a_company()
        db.session.remove()

    def breathe(*_args: object) -> None:
        time.sleep(BREATH_SECONDS)

    event.listen(engine, "after_cursor_execute", breathe)
    yield separate_app
    event.remove(engine, "after_cursor_execute", breathe)
