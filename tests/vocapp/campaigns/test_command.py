"""`vocapp wave launch`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_tier, a_user, a_wave, an_account, an_invitation, save
from tests.conftest import make_schema
from vocapp.accounts.models import Contact
from vocapp.app import create_app
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import WaveState
from vocapp.commands.waves import wave
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.rosters.models import RosterConfirmation, RosterLine

Launch = Callable[..., Result]


@contextmanager
def an_app() -> Iterator[None]:
    """The application of the environment, as a command sees it; its connections are closed again."""
    with create_app().app_context():
        yield
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def launch(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Launch:
    """A command line on a database of its own: Ana's account with two people, and one of Ben's."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "a key for tests only, long enough to pass")
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    make_schema(url)
    with an_app():
        ana = a_user(email="ana@vendor.example", time_zone="Asia/Kolkata")
        ben = a_user(email="ben@vendor.example")
        a_user(RoleName.LEADER, email="lee@vendor.example")
        a_user(RoleName.EXECUTIVE, email="eve@vendor.example")
        tier = a_tier("Tier 1")
        first = an_account(
            external_id="A-1", external_key="A-1", owner_id=ana.id, tier_id=tier.id, region="EMEA"
        )
        second = an_account(external_id="B-1", external_key="B-1", owner_id=ben.id, region="APAC")
        a_contact(first, email="ken@customer.example")
        a_contact(first, email="info@customer.example", is_role_address=True)
        a_contact(second, email="mia@customer.example")

    def run(*arguments: str) -> Result:
        with time_machine.travel(NOW, tick=False):
            return CliRunner().invoke(wave, ["launch", "--survey", "nps", *arguments], catch_exceptions=False)

    return run


def test_a_query_launches_and_prints_one_json_document(launch: Launch) -> None:
    document = json.loads(launch("--accounts", "tier=tier 1,region=EMEA", "--json").stdout)
    assert document == {
        "wave": document["wave"],
        "planned": 1,
        "excluded": [{"contact": "info@customer.example", "reason": "role_address"}],
    }


def test_a_file_lists_external_ids(launch: Launch, tmp_path: Path) -> None:
    listed = tmp_path / "accounts.txt"
    listed.write_text("\ufeffA-1\r\n\r\nB-1\r\n", encoding="utf-8")
    document = json.loads(
        launch("--accounts", str(listed), "--sender", "lee@vendor.example", "--json").stdout
    )
    assert document["planned"] == 2


def test_without_json_a_person_reads_the_same(launch: Launch) -> None:
    printed = launch("--accounts", "region=EMEA", "--name", "Spring").stdout
    assert "1 asked, 1 not." in printed
    assert printed.startswith("Spring (wave ")
    assert "role_address: 1" in printed


def test_a_time_without_a_zone_is_the_senders(launch: Launch) -> None:
    launch("--accounts", "region=EMEA", "--at", "2026-03-12T09:30")
    with an_app():
        launched = db.session.scalars(select(Wave)).one()
        assert launched.state == WaveState.SCHEDULED
        assert launched.launch_at == NOW + timedelta(hours=18)


def test_a_pilot_and_a_last_day_for_first_mails(launch: Launch, tmp_path: Path) -> None:
    listed = tmp_path / "accounts.txt"
    listed.write_text("A-1\nB-1\n", encoding="utf-8")
    pilot = ("--pilot", "50%", "--pilot-days", "2", "--first-mails-until", "2026-03-20")
    printed = launch("--accounts", str(listed), "--sender", "lee@vendor.example", *pilot).stdout
    assert "1 of them first, by lot" in printed
    with an_app():
        launched = db.session.scalars(select(Wave)).one()
        assert (launched.pilot_percent, launched.pilot_people, launched.pilot_days) == (50, 0, 2)
        assert launched.send_by is not None
        assert launched.send_by.date().isoformat() == "2026-03-20"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--accounts", "all"), "These accounts do not have one owner; say who asks with --sender EMAIL."),
        (("--accounts", "region=Mars"), "No account matches"),
        (("--accounts", "color=red"), "Cannot read 'color=red'; write all, or FIELD=VALUE with FIELD one of"),
        (("--accounts", "missing.txt"), "Cannot read 'missing.txt'; write all, or FIELD=VALUE"),
        (("--accounts", "region=EMEA", "--sender", "nobody@vendor.example"), "There is no user nobody@"),
        (("--accounts", "all", "--sender", "ana@vendor.example"), "ana@vendor.example does not own Account"),
        (("--accounts", "all", "--sender", "eve@vendor.example"), "eve@vendor.example may not ask anybody"),
        (("--accounts", "region=EMEA", "--reminders", "often"), "Cannot read the days 'often'"),
        (("--accounts", "region=EMEA", "--reminders", "0"), "Remind people on a working day from 1 to 60."),
        (("--accounts", "region=EMEA", "--pilot", "some"), "Cannot read the pilot 'some'; write a number"),
        (("--accounts", "region=EMEA", "--pilot", "60%"), "Ask 1 to 50 percent first"),
        (("--accounts", "region=EMEA", "--pilot", "5"), "This pilot would ask everybody: 1 in all."),
        (("--accounts", "region=EMEA", "--pilot-days", "3"), "Say with --pilot how many are asked first"),
        (
            ("--accounts", "region=EMEA", "--first-mails-until", "2026-03-01"),
            "The last day for first mails is over already",
        ),
        (("--accounts", "region=EMEA", "--at", "soon"), "Cannot read the time 'soon'"),
        (("--accounts", "region=EMEA", "--at", "2020-01-01T00:00"), "The launch time lies in the past"),
        (("--accounts", "region=EMEA", "--survey", "nqs"), "There is no survey 'nqs'"),
    ],
)
def test_what_cannot_be_launched_is_said_in_one_sentence_and_leaves_nothing(
    launch: Launch, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        launch(*arguments)
    assert str(refusal.value).startswith(sentence)
    assert "\n" not in str(refusal.value)
    with an_app():
        assert db.session.scalars(select(Wave)).all() == []


def test_unknown_ids_are_named(launch: Launch, tmp_path: Path) -> None:
    listed = tmp_path / "accounts.txt"
    listed.write_text("A-1\nX-1\nX-2\nX-3\nX-4\n", encoding="utf-8")
    with pytest.raises(DomainError, match=r"There is no account X-1, X-2, X-3 and 1 more; correct the list"):
        launch("--accounts", str(listed))


def test_an_empty_file_is_refused(launch: Launch, tmp_path: Path) -> None:
    listed = tmp_path / "accounts.txt"
    listed.write_text("\n\n", encoding="utf-8")
    with pytest.raises(DomainError, match="is empty; write one external_id per line"):
        launch("--accounts", str(listed))


def test_a_file_that_is_no_text_is_refused(launch: Launch, tmp_path: Path) -> None:
    listed = tmp_path / "accounts.xlsx"
    listed.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(DomainError, match="give a text file with one external_id per line"):
        launch("--accounts", str(listed))


def test_the_document_says_why_somebody_is_off_the_roster(launch: Launch) -> None:
    with an_app():
        ken = db.session.scalars(select(Contact).where(Contact.email_key == "ken@customer.example")).one()
        a_contact(ken.account, email="kim@customer.example")
        confirmation = save(RosterConfirmation(account_id=ken.account_id, by_id=ken.account.owner_id, at=NOW))
        line = {"confirmation_id": confirmation.id, "contact_id": ken.id, "decision": "remove"}
        save(RosterLine(**line, reason="bad_moment", note="On leave"))
    document = json.loads(launch("--accounts", "region=EMEA", "--json").stdout)
    assert {"contact": "ken@customer.example", "reason": "off_roster", "note": "bad_moment: On leave"} in (
        document["excluded"]
    )
    assert {"contact": "info@customer.example", "reason": "role_address"} in document["excluded"]


def test_mails_can_be_chosen_and_the_hour_is_told(launch: Launch) -> None:
    with an_app():
        for contact in db.session.scalars(select(Contact)):
            with transaction():
                contact.time_zone = "Pacific/Auckland"
    printed = launch("--accounts", "region=EMEA", "--reminders", "5", "--announce", "--tell-champions").stdout
    assert "The first mails leave at 2026-03-11 20:00 UTC." in printed
    with an_app():
        launched = db.session.scalars(select(Wave)).one()
        assert (launched.reminder_days, launched.has_prenotice, launched.is_any_hour) == ([5], True, False)
        assert launched.has_heads_up


def test_any_hour_sends_at_once(launch: Launch) -> None:
    with an_app():
        for contact in db.session.scalars(select(Contact)):
            with transaction():
                contact.time_zone = "Pacific/Auckland"
    printed = launch("--accounts", "region=EMEA", "--reminders", "", "--any-hour").stdout
    assert "The first mails" not in printed
    with an_app():
        launched = db.session.scalars(select(Wave)).one()
        assert (launched.reminder_days, launched.is_any_hour) == ([], True)


def test_the_document_says_until_when_somebody_waits(launch: Launch) -> None:
    with an_app():
        ken = db.session.scalars(select(Contact).where(Contact.email_key == "ken@customer.example")).one()
        a_contact(ken.account, email="kim@customer.example")
        an_invitation(a_wave(), ken, sent_at=NOW - timedelta(days=75))
    document = json.loads(launch("--accounts", "region=EMEA", "--json").stdout)
    assert {
        "contact": "ken@customer.example",
        "reason": "asked_recently",
        "until": "2026-03-16T10:00:00+00:00",
        "asked_at": "2026-03-16T10:00:00+00:00",
    } in document["excluded"]
