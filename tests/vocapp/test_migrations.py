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


PEOPLE_AND_REFERRALS = """
INSERT INTO users (id, email, name, title, active, fs_uniquifier, time_zone, is_demo, created_at)
  VALUES (1, 'csm@vendor.example', '', '', true, 'u', 'UTC', false, :at);
INSERT INTO personas (id, key, name, weight, description, position)
  VALUES (1, 'champion', 'Champion', 2.0, '', 0);
INSERT INTO accounts (id, external_id, external_key, name, segment, industry, region, country, product,
  currency, lifecycle_stage, owner_email, status, is_demo, created_at)
  VALUES (1, 'A-1', 'A-1', 'Łódź Örn', '', '', '', '', '', '', '', '', 'active', false, :at);
INSERT INTO contacts (id, external_id, account_id, first_name, last_name, email, email_key, title, language,
  time_zone, phone, status, is_role_address, is_demo, created_at)
  VALUES (1, '', 1, 'José', 'Núñez', 'jn@a.example', 'jn@a.example', 'CFO', '', '', '', 'active',
    false, false, :at);
INSERT INTO contact_personas (contact_id, persona_id) VALUES (1, 1);
INSERT INTO surveys (id, key, name, created_at) VALUES (1, 'nps', 'NPS', :at);
INSERT INTO survey_versions (id, survey_id, number, definition, is_standard, published_at)
  VALUES (1, 1, 1, '{}', true, :at);
INSERT INTO waves (id, name, survey_version_id, owner_id, state, personal_note, is_demo, created_at)
  VALUES (1, 'W', 1, 1, 'open', '', false, :at);
INSERT INTO invitations (id, wave_id, account_id, contact_id, nonce, token_hash, state, language, created_at)
  VALUES (1, 1, 1, 1, 'n', 'h', 'referred', 'en', :at);
INSERT INTO referrals (id, invitation_id, account_id, reason, named_person, named_email, created_at)
  VALUES (1, 1, 1, 'somebody_else', 'Ana Maria Ruiz', 'ana@a.example', :at);
INSERT INTO referrals (id, invitation_id, account_id, reason, named_person, named_email, created_at,
  decision, decided_at) VALUES (2, 1, 1, 'left_company', '', '', :at, 'accepted', :at);
INSERT INTO referrals (id, invitation_id, account_id, reason, named_person, named_email, created_at)
  VALUES (3, 1, 1, 'wrong_person', '', '', :at);
"""


@pytest.mark.usefixtures("empty_app")
def test_referrals_become_suggestions_and_go_back_with_their_decisions() -> None:
    flask_migrate.upgrade(revision="0008")
    with db.engine.begin() as connection:
        for statement in PEOPLE_AND_REFERRALS.split(";\n"):
            if statement.strip():
                values = {"at": datetime(2026, 3, 11, 10, tzinfo=UTC)}
                connection.execute(text(statement), values if ":at" in statement else {})
    flask_migrate.upgrade()
    asked = "SELECT kind, contact_id, named_by_id, decision FROM suggestions ORDER BY source_id"
    assert _rows(asked) == [
        ("new_person", None, 1, None),
        ("left", 1, None, "accepted"),
        ("correction", 1, None, None),
    ]
    assert "Ana Maria" in str(_rows('SELECT "values" FROM suggestions WHERE source_id = 1'))
    assert _rows("SELECT search_text FROM contacts") == [("nunez jose jn@a.example cfo",)]
    assert _rows("SELECT search_text FROM accounts") == [("lodz orn a-1",)]
    assert _rows("SELECT persona_id, weight FROM persona_weights") == [(1, 2.0)]
    assert _rows("SELECT kind, state FROM jobs") == [("rescore_accounts", "queued")]
    flask_migrate.downgrade(revision="0008")
    assert _rows("SELECT id, decision FROM referrals ORDER BY id") == [(1, None), (2, "accepted"), (3, None)]
    assert _rows("SELECT count(*) FROM suggestions") == [(0,)]


ACCOUNT_AND_RENEWAL = """
INSERT INTO accounts (id, external_id, external_key, name, segment, industry, region, country, product,
  currency, lifecycle_stage, growth_potential, coverage_model, is_coverage_by_rule, owner_email, status,
  search_text, is_demo, created_at)
  VALUES (1, 'A-1', 'A-1', 'Acme', '', '', '', '', '', '', '', '', 'standard', false, '', 'active', 'acme',
    false, :at);
INSERT INTO contacts (id, external_id, account_id, first_name, last_name, email, email_key, title, language,
  time_zone, phone, status, is_role_address, influence, search_text, is_demo, created_at)
  VALUES (1, '', 1, 'Ana', '', 'ana@a.example', 'ana@a.example', '', '', '', '', 'active', false, '', 'ana',
    false, :at);
INSERT INTO renewal_outcomes (id, account_id, renewal_date, outcome) VALUES (1, 1, '2026-03-01', 'renewed');
"""


@pytest.mark.usefixtures("empty_app")
def test_rows_changed_when_they_were_made_and_known_outcomes_were_imported() -> None:
    flask_migrate.upgrade(revision="0010")
    with db.engine.begin() as connection:
        for statement in ACCOUNT_AND_RENEWAL.split(";\n"):
            if statement.strip():
                values = {"at": datetime(2026, 3, 11, 10, tzinfo=UTC)}
                connection.execute(text(statement), values if ":at" in statement else {})
    flask_migrate.upgrade()
    for table in ("accounts", "contacts"):
        assert _rows(f"SELECT count(*) FROM {table} WHERE changed_at = created_at") == [(1,)]
    assert _rows("SELECT source FROM renewal_outcomes") == [("import",)]
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE accounts SET status = 'merged'"))
    flask_migrate.downgrade(revision="0010")
    assert _rows("SELECT status FROM accounts") == [("churned",)]
    assert _rows("SELECT outcome FROM renewal_outcomes") == [("renewed",)]
    assert _rows("SELECT first_name FROM contacts") == [("Ana",)]


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def _counts() -> dict[str, int]:
    names = sorted(set(inspect(db.engine).get_table_names()) - {"alembic_version"})
    with db.engine.connect() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}
