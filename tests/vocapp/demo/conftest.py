"""The demo company, loaded once for all tests that only look at it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests.conftest import app_on, rolled_back
from vocapp.demo.service import load_demo

NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo_app(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on a database of its own with the demo company in it."""
    with app_on(new_database(), tmp_path_factory.mktemp("demo")) as app:
        with app.app_context():
            load_demo(now=NOW)
        yield app


@pytest.fixture
def demo(demo_app: Flask) -> Iterator[Flask]:
    """The demo company inside one transaction that is rolled back; the application's context is pushed."""
    with rolled_back(demo_app) as app:
        yield app
