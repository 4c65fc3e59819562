"""Migrations: they make what the models say, and every one runs both ways on data."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text

from tests.conftest import settings_for
from vocapp.app import create_app
from vocapp.core.db import Base, db
from vocapp.core.gateways import make_gateways
from vocapp.demo.service import load_demo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty_app(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without any table."""
    app = create_app(gateways=make_gateways(settings_for(new_database(), tmp_path)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def differences() -> list[Any]:
    with db.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)


@pytest.mark.usefixtures("empty_app")
def test_migrations_make_exactly_what_the_models_say() -> None:
    flask_migrate.upgrade()
    assert differences() == []


@pytest.mark.usefixtures("empty_app")
def test_a_second_upgrade_changes_nothing() -> None:
    flask_migrate.upgrade()
    flask_migrate.upgrade()
    assert differences() == []


@pytest.mark.usefixtures("empty_app")
def test_going_all_the_way_back_leaves_no_table() -> None:
    flask_migrate.upgrade()
    load_demo(now=datetime(2026, 3, 11, 10, tzinfo=UTC), accounts=5)
    flask_migrate.downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}


@pytest.mark.usefixtures("empty_app")
def test_each_step_back_and_forth_keeps_the_data_of_the_others() -> None:
    flask_migrate.upgrade()
    load_demo(now=datetime(2026, 3, 11, 10, tzinfo=UTC), accounts=5)
    revisions = [script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()]
    before = _counts()
    flask_migrate.downgrade(revision="-1")
    kept = _counts()
    flask_migrate.upgrade()
    assert len(revisions) >= 2
    assert kept.items() <= before.items()
    assert kept["accounts"] == 5
    assert differences() == []


def _counts() -> dict[str, int]:
    names = sorted(set(inspect(db.engine).get_table_names()) - {"alembic_version"})
    with db.engine.connect() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}
