"""`vocapp score`."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from tests.builders import NOW, an_account
from tests.conftest import make_schema
from tests.vocapp.relationship.builders import a_closed_wave, asked, people
from vocapp.app import create_app
from vocapp.commands.scores import score
from vocapp.core.db import db
from vocapp.core.errors import DomainError


@pytest.fixture
def runner(new_database, tmp_path, monkeypatch):
    """A command line whose settings name a database of its own, with two accounts in it."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "a key for tests only, long enough to pass")
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    make_schema(url)
    with create_app().app_context():
        quiet = an_account(external_id="Q-1", external_key="Q-1")
        an_account(external_id="N-1", external_key="N-1")
        asked(*people(quiet, "champion"), a_closed_wave(NOW - timedelta(days=60)))
        db.session.remove()
        db.engine.dispose()
    return CliRunner()


def test_all_scores_are_one_json_document(runner):
    result = runner.invoke(score, ["--json"], catch_exceptions=False)
    document = {row["account"]: row for row in json.loads(result.stdout)}
    assert set(document["Q-1"]) == {
        "account",
        "footprint",
        "engagement",
        "sentiment",
        "strength",
        "status",
        "confidence",
    }
    assert document["Q-1"]["engagement"]["value"] == 0.0
    assert document["N-1"]["engagement"] == {
        "value": None,
        "n": 0,
        "n_eff": None,
        "ci": None,
        "state": "not_measured",
        "reason": "nobody has been asked in a closed wave yet",
    }


def test_one_account_is_named_by_its_external_id(runner):
    result = runner.invoke(score, ["--account", "N-1", "--json"], catch_exceptions=False)
    assert [row["account"] for row in json.loads(result.stdout)] == ["N-1"]


def test_an_unknown_account_is_refused_in_one_sentence(runner):
    with pytest.raises(
        DomainError, match=r"^There is no account X-9; vocapp export accounts lists them all\.$"
    ):
        runner.invoke(score, ["--account", "X-9"], catch_exceptions=False)


def test_people_read_a_table_with_the_reason(runner):
    result = runner.invoke(score, [], catch_exceptions=False)
    assert "The one person asked is silent." in result.stdout
