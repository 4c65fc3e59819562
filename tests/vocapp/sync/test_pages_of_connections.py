"""The pages of connections: list, guide, access, runs and reports, options."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.builders import NOW, a_company, a_user
from tests.conftest import CheckingClient
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import change, connection_of, run
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.core.jobs import Job
from vocapp.identity.rules import RoleName
from vocapp.sync.connecting import secrets_of
from vocapp.sync.models import CrmConnection, CrmField, CrmRun
from vocapp.sync.rules import Owner, RunKind
from vocapp.sync.running import begin_run
from vocapp.sync.service import connect

HOME = "/settings/connections"
ACCESS = {
    "name": "Acme",
    "flow": "client_credentials",
    "domain": "https://acme.lightning.force.com/lightning/page/home",
    "consumer_key": CONSUMER_KEY,
    "consumer_secret": CONSUMER_SECRET,
}
OPTIONS = {"contacts_back": "propose", "email_owner": "salesforce", "every_minutes": "30", "call_cap": "500"}


@pytest.fixture
def administrator(app: Flask, client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN, name="Ada"))
    return client


def the_connection() -> CrmConnection:
    return db.session.scalars(select(CrmConnection)).one()


def text_of(client: CheckingClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.LEADER, RoleName.EXECUTIVE])
def test_connections_exist_for_administrators_only(
    app: Flask, client: CheckingClient, role: RoleName
) -> None:
    client.sign_in(a_user(role))
    assert client.get(HOME).status_code == 404


def test_without_a_connection_the_list_says_what_to_do(administrator: CheckingClient) -> None:
    page = text_of(administrator, HOME)
    assert "Nothing is connected yet" in page
    assert "deleted_since" in page


def test_settings_lead_to_the_connections(administrator: CheckingClient) -> None:
    assert f'href="{HOME}"' in text_of(administrator, "/settings")


@pytest.mark.parametrize("kind", ["salesforce", "hubspot", "folder"])
def test_each_system_has_its_guide(administrator: CheckingClient, kind: str) -> None:
    assert "Save and go on" in text_of(administrator, f"{HOME}/new/{kind}")


def test_an_unknown_system_has_no_page(administrator: CheckingClient) -> None:
    assert administrator.get(f"{HOME}/new/dynamics").status_code == 404


def test_the_guide_shows_the_callback_address_to_copy(administrator: CheckingClient) -> None:
    assert "http://127.0.0.1:8000/settings/connections/callback" in text_of(
        administrator, f"{HOME}/new/salesforce"
    )


def test_a_new_connection_rests_until_it_is_started(connected: Flask, administrator: CheckingClient) -> None:
    assert administrator.post(f"{HOME}/new/salesforce", data=ACCESS).status_code == 302
    made = the_connection()
    assert (made.access["domain"], made.paused_at is None) == ("acme.my", False)
    assert secrets_of(made) == {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET}


def test_stored_secrets_are_not_shown_again(connected: Flask, administrator: CheckingClient) -> None:
    administrator.post(f"{HOME}/new/salesforce", data=ACCESS)
    page = text_of(administrator, f"{HOME}/{the_connection().id}/access")
    assert CONSUMER_SECRET not in page
    assert CONSUMER_KEY not in page


def test_secrets_left_empty_stay(connected: Flask, administrator: CheckingClient) -> None:
    administrator.post(f"{HOME}/new/salesforce", data=ACCESS)
    path = f"{HOME}/{the_connection().id}/access"
    sent = {**ACCESS, "name": "Acme Europe", "consumer_key": "", "consumer_secret": ""}
    assert administrator.post(path, data=sent).status_code == 302
    assert the_connection().name == "Acme Europe"
    assert secrets_of(the_connection())["consumer_secret"] == CONSUMER_SECRET


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Give it a name"),
        ({"domain": "acme.example.com"}, "is not the address of a Salesforce organisation"),
        ({"domain": "login.salesforce.com"}, "only at the organisation’s own address"),
        ({"consumer_key": ""}, "Enter the consumer key"),
        ({"consumer_secret": ""}, "Enter the consumer secret"),
        ({"flow": "jwt", "private_key": "x"}, "Enter the user name"),
        ({"flow": "jwt", "username": "a@b.example"}, "Paste the private key"),
        ({"flow": "jwt", "username": "a@b.example", "private_key": "abc"}, "This is no key in PEM form"),
    ],
)
def test_each_wrong_entry_has_its_sentence(
    connected: Flask, administrator: CheckingClient, wrong: dict[str, str], sentence: str
) -> None:
    response = administrator.post(f"{HOME}/new/salesforce", data={**ACCESS, **wrong})
    assert sentence in response.get_data(as_text=True)
    assert db.session.scalar(select(CrmConnection)) is None


def test_without_a_key_to_seal_with_nothing_is_stored(
    connected: Flask, administrator: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = connected.extensions[EXTENSION_KEY]
    bare = replace(known, settings=replace(known.settings, encryption_keys=()))
    monkeypatch.setitem(connected.extensions, EXTENSION_KEY, bare)
    response = administrator.post(f"{HOME}/new/salesforce", data=ACCESS)
    assert "VOCAPP_ENCRYPTION_KEYS" in response.get_data(as_text=True)
    assert db.session.scalar(select(CrmConnection)) is None


def test_the_servers_settings_need_nothing_entered(connected: Flask, administrator: CheckingClient) -> None:
    sent = {"name": "Acme", "flow": "client_credentials", "is_by_settings": "y"}
    administrator.post(f"{HOME}/new/salesforce", data=sent)
    assert (the_connection().access["is_by_settings"], the_connection().secrets) == (True, None)


def test_hubspot_asks_for_its_token(administrator: CheckingClient) -> None:
    response = administrator.post(f"{HOME}/new/hubspot", data={"name": "HubSpot"})
    assert "Enter the access token" in response.get_data(as_text=True)


def test_the_test_shows_every_line(administrator: CheckingClient, connection_id: int) -> None:
    page = administrator.post(f"{HOME}/{connection_id}/test").get_data(as_text=True)
    assert "Signing in" in page
    assert "Fields of Account" in page


def test_a_failed_test_shows_what_to_do(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    salesforce.set_access(consumer_secret="another one")
    page = administrator.post(f"{HOME}/{connection_id}/test").get_data(as_text=True)
    assert "One step needs another look." in page
    assert CONSUMER_SECRET not in page


def test_the_mapping_is_proposed_from_what_is_there(connected: Flask, administrator: CheckingClient) -> None:
    administrator.post(f"{HOME}/new/salesforce", data=ACCESS)
    made = the_connection()
    administrator.post(f"{HOME}/{made.id}/propose")
    assert "Account" in text_of(administrator, f"{HOME}/{made.id}/mapping")
    assert made.organisation.startswith("00D")


def test_another_organisation_is_refused_in_a_sentence(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    salesforce.change_org(2)
    administrator.post(f"{HOME}/{connection_id}/propose")
    assert "another organisation" in text_of(administrator, f"{HOME}/{connection_id}/mapping")


def test_a_sandbox_says_so(administrator: CheckingClient, connection_id: int) -> None:
    change(connection_of(connection_id), is_sandbox=True)
    assert "sandbox" in text_of(administrator, f"{HOME}/{connection_id}")


def test_nothing_mapped_cannot_be_started(connected: Flask, administrator: CheckingClient) -> None:
    administrator.post(f"{HOME}/new/salesforce", data=ACCESS)
    made = the_connection()
    administrator.post(f"{HOME}/{made.id}/resume")
    assert made.paused_at is not None
    assert "Nothing is mapped yet" in text_of(administrator, f"{HOME}/{made.id}")


def test_pause_and_resume(administrator: CheckingClient, connection_id: int) -> None:
    administrator.post(f"{HOME}/{connection_id}/pause")
    assert connection_of(connection_id).paused_at is not None
    administrator.post(f"{HOME}/{connection_id}/resume")
    assert connection_of(connection_id).paused_at is None


@pytest.mark.parametrize("kind", [kind.value for kind in RunKind])
def test_each_kind_of_run_is_asked_for_once(
    administrator: CheckingClient, connection_id: int, kind: str
) -> None:
    for _ in range(2):
        administrator.post(f"{HOME}/{connection_id}/run", data={"kind": kind})
    jobs = db.session.scalars(select(Job).where(Job.key == f"sync:{connection_id}:{kind}")).all()
    assert [job.payload["kind"] for job in jobs] == [kind]
    assert "Waiting for a free worker" in text_of(administrator, f"{HOME}/{connection_id}")


def test_an_unknown_kind_of_run_is_refused(administrator: CheckingClient, connection_id: int) -> None:
    assert administrator.post(f"{HOME}/{connection_id}/run", data={"kind": "x"}).status_code == 400


def test_comparing_everything_asks_for_a_run(administrator: CheckingClient, connection_id: int) -> None:
    administrator.post(f"{HOME}/{connection_id}/compare")
    assert db.session.scalar(select(Job).where(Job.kind == "sync_crm")) is not None


def test_a_run_under_way_is_shown_with_its_phase(administrator: CheckingClient, connection_id: int) -> None:
    with transaction():
        begun = begin_run(connection_id, RunKind.SYNC, now=utcnow())
        begun.phase = "Reading Contact"
    assert "Reading Contact" in text_of(administrator, f"{HOME}/{connection_id}")
    part = administrator.get(f"{HOME}/{connection_id}/progress", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in part.headers


def test_when_nothing_runs_the_page_is_loaded_anew(administrator: CheckingClient, connection_id: int) -> None:
    part = administrator.get(f"{HOME}/{connection_id}/progress", headers={"HX-Request": "true"})
    assert part.headers["HX-Refresh"] == "true"


def test_a_dry_run_shows_each_difference_and_writes_nothing(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    salesforce.insert("Account", Name="Łódź & Sons")
    made = run(connection_id, RunKind.REHEARSAL, org=salesforce)
    page = text_of(administrator, f"{HOME}/{connection_id}/runs/{made.id}")
    assert "Nothing was written" in page
    assert "Run it" in page


def test_a_report_links_the_records_on_both_sides(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    key = salesforce.insert("Account", Name="Globex", Industry="Energy")
    run(connection_id, org=salesforce)
    salesforce.update(key, Industry="Water")
    made = run(connection_id, org=salesforce)
    page = text_of(administrator, f"{HOME}/{connection_id}/runs/{made.id}")
    assert f"https://acme.lightning.force.com/lightning/r/Account/{key}/view" in page
    assert "Globex" in page
    assert "Water" in page


def test_a_report_is_downloaded_as_it_is(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    made = run(connection_id, org=salesforce)
    response = administrator.get(f"{HOME}/{connection_id}/runs/{made.id}.json")
    assert json.loads(response.data) == made.report
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_run_of_another_connection_is_not_found(administrator: CheckingClient, connection_id: int) -> None:
    with transaction():
        other = connect("salesforce", name="Other", access={}, secret_values={}, by=None)
        made = begin_run(other.id, RunKind.SYNC, now=utcnow())
        number = made.id
    assert administrator.get(f"{HOME}/{connection_id}/runs/{number}").status_code == 404


def test_a_failing_connection_says_why_and_what_next(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    salesforce.set_access(consumer_secret="another one")
    run(connection_id, org=salesforce)
    reason = connection_of(connection_id).last_error
    assert reason
    assert "failing" in text_of(administrator, HOME)
    assert "It failed once." in text_of(administrator, f"{HOME}/{connection_id}")


def test_the_last_push_can_be_undone_while_there_is_one(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    assert "Undo the last push" not in text_of(administrator, f"{HOME}/{connection_id}")
    salesforce.insert("Account", Name="Globex")
    run(connection_id, org=salesforce)
    assert "Undo the last push" in text_of(administrator, f"{HOME}/{connection_id}")


def test_options_are_kept(administrator: CheckingClient, connection_id: int) -> None:
    administrator.post(f"{HOME}/{connection_id}/options", data={**OPTIONS, "allows_duplicates": "y"})
    connection = connection_of(connection_id)
    assert connection.every_minutes == 30
    kept = {name: connection.options[name] for name in ("contacts_back", "call_cap", "allows_duplicates")}
    assert kept == {"contacts_back": "propose", "call_cap": 500, "allows_duplicates": True}
    email = db.session.scalars(select(CrmField).where(CrmField.ours == "email")).first()
    assert email is not None


def test_the_owner_of_addresses_is_an_option(administrator: CheckingClient, connection_id: int) -> None:
    administrator.post(f"{HOME}/{connection_id}/options", data=OPTIONS)
    owners = db.session.scalars(
        select(CrmField.owner).where(CrmField.theirs == "Email", CrmField.direction == "both")
    )
    assert list(owners) == [Owner.SALESFORCE]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"every_minutes": "1"}, "from 5 to 10,080"),
        ({"every_minutes": ""}, "how many minutes"),
        ({"call_cap": "3"}, "at least 10 calls"),
    ],
)
def test_wrong_options_have_their_sentence(
    administrator: CheckingClient, connection_id: int, wrong: dict[str, str], sentence: str
) -> None:
    response = administrator.post(f"{HOME}/{connection_id}/options", data={**OPTIONS, **wrong})
    assert sentence in response.get_data(as_text=True)


def test_who_did_what_stands_on_the_page(administrator: CheckingClient, connection_id: int) -> None:
    administrator.post(f"{HOME}/{connection_id}/pause")
    assert db.session.scalar(select(AuditEntry).where(AuditEntry.action == "crm_paused")) is not None
    page = text_of(administrator, f"{HOME}/{connection_id}")
    assert "Ada</bdi> paused it" in page


def test_removing_forgets_the_connection(administrator: CheckingClient, connection_id: int) -> None:
    administrator.post(f"{HOME}/{connection_id}/remove")
    assert db.session.get(CrmConnection, connection_id) is None


def test_a_connection_at_work_is_not_removed(administrator: CheckingClient, connection_id: int) -> None:
    with transaction():
        begin_run(connection_id, RunKind.SYNC, now=utcnow())
    administrator.post(f"{HOME}/{connection_id}/remove")
    assert connection_of(connection_id) is not None


def test_history_is_paged(administrator: CheckingClient, connection_id: int) -> None:
    report = {
        "read": {"Account": 3}, "written": {}, "created": {}, "changed": {}, "skipped": 0, "conflicts": 0,
        "refused": [], "refusals": 0, "differences": 0, "changes": [], "calls": 4, "planned_calls": 4,
        "notes": [],
    }  # fmt: skip
    with transaction():
        db.session.add_all(
            CrmRun(
                connection_id=connection_id, kind="sync", token=1, state="done", report=report,
                started_at=NOW + timedelta(minutes=number), finished_at=NOW + timedelta(minutes=number),
            )
            for number in range(12)
        )  # fmt: skip
    assert "1 to 10 of 12" in text_of(administrator, f"{HOME}/{connection_id}")


def test_a_long_name_breaks_nothing(connected: Flask, administrator: CheckingClient) -> None:
    with transaction():
        connect("salesforce", name="W" * 120, access={}, secret_values={}, by=None)
    assert "W" * 120 in text_of(administrator, HOME)


@pytest.mark.parametrize(
    ("name", "part"), [("package", "package.xml"), ("uninstall", "destructiveChanges.xml")]
)
def test_the_package_is_downloaded(
    administrator: CheckingClient, connection_id: int, name: str, part: str
) -> None:
    response = administrator.get(f"{HOME}/{connection_id}/package/{name}.zip")
    assert part in zipfile.ZipFile(io.BytesIO(response.data)).namelist()


def test_a_report_names_whom_a_field_points_at(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    boss = salesforce.insert("Contact", AccountId=acme, LastName="Boss", Email="boss@acme.example")
    ken = salesforce.insert("Contact", AccountId=acme, LastName="Ken", Email="ken@acme.example")
    run(connection_id, org=salesforce)
    salesforce.update(ken, ReportsToId=boss)
    done = run(connection_id, org=salesforce)
    assert "Boss" in text_of(administrator, f"{HOME}/{connection_id}/runs/{done.id}")
