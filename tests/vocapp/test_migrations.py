"""Migrations: they make what the models say, and every one runs both ways on data."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text

from integrations.dns import FixedResolver
from surveys.parameters import DEFAULT_METHOD, MethodParameters
from tests.builders import a_user, an_account, save
from tests.conftest import settings_for
from tests.vocapp.results.builders import a_rich_version, a_rich_wave, accounts_of, confidential_answers
from tests.vocapp.sharing.builders import a_schedule
from vocapp.app import create_app
from vocapp.core.db import Base, db
from vocapp.core.gateways import make_gateways
from vocapp.demo.service import load_demo
from vocapp.sharing.models import ScheduleRun
from vocapp.worker import run_due_jobs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty_app(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without any table."""
    settings = settings_for(new_database(), tmp_path)
    app = create_app(gateways=make_gateways(settings, dns=FixedResolver()))
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


WITHOUT_TIME = "INSERT INTO contact_personas (contact_id, persona_id) VALUES (1, 1);\n"
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


MAIL_THAT_CAME_IN = """
INSERT INTO inbound_mails (id, key, raw, received_at, via, envelope_from, envelope_to, sender, subject, kind,
  reason, state, words, note)
  VALUES (1, 'k', NULL, :at, 'pipe', '', '', 'ann@customer.example', 'Hello', '', '', 'received', '', '')
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


@pytest.mark.usefixtures("empty_app")
def test_mails_that_came_in_stay_when_what_they_say_is_kept_and_forgotten() -> None:
    flask_migrate.upgrade(revision="0023")
    kept = "SELECT id, state, note, subject FROM inbound_mails"
    with db.engine.begin() as connection:
        connection.execute(text(MAIL_THAT_CAME_IN), {"at": datetime(2026, 3, 11, 10, tzinfo=UTC)})
    before = _rows(kept)
    flask_migrate.upgrade(revision="0024")
    assert _rows(kept) == before
    assert _rows(
        "SELECT recipient, replacement, language, return_date, done_at, done_by_id FROM inbound_mails"
    ) == [("", "", "", None, None, None)]
    flask_migrate.downgrade(revision="0023")
    assert _rows(kept) == before == [(1, "received", "", "Hello")]


@pytest.mark.usefixtures("empty_app")
def test_numbers_in_replies_count_in_scores_until_a_company_says_otherwise() -> None:
    flask_migrate.upgrade(revision="0024")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO company (id, name, domains, time_zone, is_demo, is_phone_scored,"
                " is_import_scored, mail_words, locked_words)"
                " VALUES (1, 'Vendor', '[]', 'UTC', false, false, true, '{}', '[]')"
            )
        )
    flask_migrate.upgrade(revision="0025")
    assert [bool(kept) for (kept,) in _rows("SELECT is_reply_scored FROM company")] == [True]
    flask_migrate.downgrade(revision="0024")
    assert [(name, bool(kept)) for name, kept in _rows("SELECT name, is_phone_scored FROM company")] == [
        ("Vendor", False)
    ]


@pytest.mark.usefixtures("empty_app")
def test_reports_look_as_they_did_until_a_company_chooses() -> None:
    flask_migrate.upgrade(revision="0031")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO company (id, name, domains, time_zone, is_demo, is_phone_scored,"
                " is_reply_scored, is_import_scored, mail_words, locked_words)"
                " VALUES (1, 'Vendor', '[]', 'UTC', false, true, true, true, '{}', '[]')"
            )
        )
    flask_migrate.upgrade(revision="0035")
    assert _rows("SELECT name, logo, accent FROM company") == [("Vendor", None, "#0f5261")]
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE company SET accent = '#aa0011', logo = :logo"), {"logo": b"PNG"})
    flask_migrate.downgrade(revision="0031")
    assert _rows("SELECT name FROM company") == [("Vendor",)]
    assert not {"logo", "accent"} & {column["name"] for column in inspect(db.engine).get_columns("company")}
    flask_migrate.upgrade(revision="0035")
    assert _rows("SELECT logo, accent FROM company") == [(None, "#0f5261")]


SCORES = """
INSERT INTO accounts (id, external_id, external_key, name, segment, industry, region, country, product,
  currency, lifecycle_stage, owner_email, status, is_demo, created_at, changed_at, growth_potential,
  coverage_model, search_text, time_zone)
  VALUES (1, 'A-1', 'A-1', 'Łódź Örn', '', '', '', '', '', '', '', '', 'active', false, :at, :at, '',
    'standard', '', '');
INSERT INTO account_scores (id, account_id, as_of, is_latest, strength, answers, status, confidence, measures,
  computed_at) VALUES (1, 1, '2026-03-01', true, 61.5, 4, 'amber', 'medium', '{}', :at);
"""


@pytest.mark.usefixtures("empty_app")
def test_scores_there_were_belong_to_the_first_version_of_the_method() -> None:
    flask_migrate.upgrade(revision="0025")
    _insert(SCORES)
    kept = "SELECT id, strength, status, is_latest FROM account_scores"
    before = _rows(kept)
    flask_migrate.upgrade(revision="0027")
    assert _rows("SELECT method_version FROM account_scores") == [(1,)]
    (first,) = _rows("SELECT number, state, in_force_from, parameters FROM method_versions")
    values = first[3] if isinstance(first[3], dict) else json.loads(first[3])
    assert (first[0], first[1], str(first[2])) == (1, "in_force", "2000-01-01")
    assert MethodParameters.from_document(values) == DEFAULT_METHOD
    assert values == DEFAULT_METHOD.as_document()
    flask_migrate.downgrade(revision="0025")
    assert _rows(kept) == before
    flask_migrate.upgrade(revision="0027")
    assert _rows("SELECT count(*) FROM method_versions") == [(1,)]


@pytest.mark.usefixtures("empty_app")
def test_comments_are_read_again_from_the_answers_after_an_upgrade() -> None:
    flask_migrate.upgrade()
    load_demo(now=datetime(2026, 3, 11, 10, tzinfo=UTC), accounts=3)
    comments = "SELECT response_id, question, text, themes, lot FROM comments ORDER BY response_id, question"
    before, answers = _rows(comments), _rows("SELECT id, rating, answers FROM responses ORDER BY id")
    flask_migrate.downgrade(revision="0030")
    assert not {"comments", "comment_labels"} & set(inspect(db.engine).get_table_names())
    assert _rows("SELECT id, rating, answers FROM responses ORDER BY id") == answers
    flask_migrate.upgrade()
    assert _rows(comments) == []
    while run_due_jobs():
        pass
    assert before
    assert _rows(comments) == before


@pytest.mark.usefixtures("empty_app")
def test_a_pilot_by_number_stays_a_pilot_and_a_mail_never_sent_is_planned_again() -> None:
    flask_migrate.upgrade(revision="0008")
    _insert(PEOPLE_AND_REFERRALS.replace(WITHOUT_TIME, "").replace("'referred'", "'planned'"))
    _insert("UPDATE waves SET state = 'closed', closed_at = :at")
    flask_migrate.upgrade(revision="0032")
    assert _rows("SELECT state, settled_at IS NULL FROM invitations") == [("too_late", False)]
    _insert("UPDATE waves SET pilot_people = 3, pilot_days = 2, pilot_stopped_at = :at")
    flask_migrate.downgrade(revision="0031")
    assert _rows("SELECT pilot_percent, pilot_days FROM waves") == [(1, None)]
    assert _rows("SELECT state, settled_at FROM invitations") == [("planned", None)]
    flask_migrate.upgrade(revision="0032")
    assert _rows("SELECT pilot_people, pilot_others, send_by FROM waves") == [(0, None, None)]


@pytest.mark.usefixtures("empty_app")
def test_a_schedule_before_a_review_goes_back_with_whom_it_went_to() -> None:
    flask_migrate.upgrade()
    owner, kept = a_user(), {}
    account = an_account(owner_id=owner.id)
    for rhythm in ("monthly", "before_review"):
        kept[rhythm] = a_schedule(account, owner, rhythm=rhythm).id
        save(ScheduleRun(schedule_id=kept[rhythm], due_on=date(2026, 3, 1)))
    db.session.remove()
    flask_migrate.downgrade(revision="0041")
    assert _rows("SELECT id FROM report_schedules") == [(kept["monthly"],)]
    for table in ("report_schedule_recipients", "report_schedule_runs"):
        assert _rows(f"SELECT schedule_id FROM {table}") == [(kept["monthly"],)]


@pytest.mark.usefixtures("empty_app")
def test_confidential_waves_that_closed_before_are_fixed_as_they_stand() -> None:
    flask_migrate.upgrade()
    version = a_rich_version(is_confidential=True)
    closed, still_open = (a_rich_wave(version, state=state) for state in ("closed", "open"))
    accounts = accounts_of(2)
    confidential_answers(closed, accounts, [9, 3])
    confidential_answers(closed, accounts, [0], quarantine_reason="trap_field")
    confidential_answers(still_open, accounts, [9, 3])
    wave_id, owner = closed.id, accounts[0].owner_id
    db.session.remove()
    answers = _rows("SELECT id, wave_id, rating FROM responses ORDER BY id")
    flask_migrate.downgrade(revision="0032")
    assert _rows("SELECT id, wave_id, rating FROM responses ORDER BY id") == answers
    flask_migrate.upgrade()
    kept = _rows("SELECT wave_id, response, owner, language FROM closed_answers ORDER BY response")
    assert kept == [(wave_id, answers[0][0], owner, "en"), (wave_id, answers[1][0], owner, "en")]
    assert _rows("SELECT count(*) FROM frozen_standings") == [(0,)]


def _insert(statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in filter(str.strip, statements.split(";\n")):
            connection.execute(text(statement), {"at": datetime(2026, 3, 1, tzinfo=UTC)})


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def _counts() -> dict[str, int]:
    names = sorted(set(inspect(db.engine).get_table_names()) - {"alembic_version"})
    with db.engine.connect() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}
