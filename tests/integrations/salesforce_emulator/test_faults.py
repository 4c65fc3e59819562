"""Faults, quota, addresses that lead nowhere, the log, and the controls from another process."""

import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.salesforce_emulator.admin_api import RemoteControls
from tests.salesforce_emulator.ids import full_id, make_id, normal_id
from tests.salesforce_emulator.server import SalesforceEmulator

ROOT = Path(__file__).resolve().parents[3]


def test_ids_carry_the_checksum_of_their_cases() -> None:
    assert full_id("0013g00000Cwjv3") == "0013g00000Cwjv3AAB"
    assert normal_id("0013G00000CWJV3aab") == "0013g00000Cwjv3AAB"
    assert normal_id("0013g00000Cwjv3999") is None
    keys = [make_id("003", number) for number in range(5000)]
    assert keys == sorted(set(keys))


def test_an_answer_tells_the_time_of_the_org_and_the_calls_of_the_day(
    client: Any, emulator: SalesforceEmulator
) -> None:
    emulator.set_quota(used=41, most=100)
    answer = client.call("GET", "limits/")
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=42/100"
    assert parsedate_to_datetime(answer.headers["Date"]) == emulator.org.clock.now()
    assert answer.json()["DailyApiRequests"] == {"Max": 100, "Remaining": 58}


def test_a_spent_quota_refuses_every_call(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.set_quota(used=100, most=100)
    answer = client.call("GET", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("GET", "sobjects/Nothing/describe", 404),
        ("GET", "/services/data/v20.0/limits", 404),
        ("GET", "tooling/query", 404),
        ("POST", "limits", 405),
        ("GET", "/", 404),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_in_the_usual_form(
    client: Any, method: str, path: str, status: int
) -> None:
    answer = client.call(method, path)
    assert answer.status_code == status
    assert set(answer.json()[0]) == {"message", "errorCode"}


def test_an_address_that_is_too_long_is_refused(client: Any) -> None:
    names = ",".join(f"'{number}'" for number in range(3000))
    answer = client.call("GET", "query", params={"q": f"SELECT Id FROM Contact WHERE LastName IN ({names})"})
    assert answer.status_code == 414


def test_a_fault_hits_the_nth_matching_call_only(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.add_fault(
        path="/query", status=503, html="<h1>Down</h1>", headers={"Retry-After": "7"}, after=1, count=1
    )
    answers = [client.call("GET", path) for path in ("limits", "query?q=x", "query?q=x", "query?q=x")]
    assert [answer.status_code for answer in answers] == [200, 400, 503, 400]
    assert (answers[2].headers["Retry-After"], answers[2].headers["Content-Type"]) == (
        "7",
        "text/html; charset=utf-8",
    )


def test_a_fault_can_be_an_error_of_the_api_for_good(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.add_fault(
        path="limits", status=403, code="REQUEST_LIMIT_EXCEEDED", message="Concurrent", count=None
    )
    answers = [client.call("GET", "limits") for _ in range(3)]
    assert {(answer.status_code, answer.json()[0]["errorCode"]) for answer in answers} == {
        (403, "REQUEST_LIMIT_EXCEEDED")
    }
    emulator.clear_faults()
    assert client.call("GET", "limits").status_code == 200


@pytest.mark.parametrize(("drop", "rows"), [("before", 0), ("after", 1)])
def test_a_connection_breaks_before_or_after_the_record_is_made(
    client: Any, emulator: SalesforceEmulator, drop: str, rows: int
) -> None:
    emulator.add_fault(path="sobjects/Contact", drop=drop)
    with pytest.raises(requests.ConnectionError):
        client.call("POST", "sobjects/Contact", json={"LastName": "a"})
    assert len(emulator.rows("Contact")) == rows
    assert client.call("POST", "sobjects/Contact", json={"LastName": "b"}).status_code == 201


def test_a_call_can_be_slow(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.add_fault(path="limits", latency=0.2)
    started = time.monotonic()
    assert client.call("GET", "limits").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_too_many_requests_fail_at_the_end(session: requests.Session) -> None:
    emulator = SalesforceEmulator().start()
    emulator.set_request_cap(1)
    answers = [session.get(f"{emulator.url}/services/data", timeout=20).status_code for _ in range(2)]
    emulator.stop()
    assert answers == [200, 500]
    with pytest.raises(AssertionError, match="more than 1 requests"):
        emulator.check()


def test_the_log_tells_what_was_asked_but_no_secret(client: Any, emulator: SalesforceEmulator) -> None:
    client.call(
        "POST", "sobjects/Contact", json={"LastName": "a"}, headers={"X-Original-Url": "https://x.example/y"}
    )
    [entry] = emulator.requests("POST", "sobjects")
    assert (entry["status"], entry["body"], entry["original_url"]) == (
        201,
        '{"LastName": "a"}',
        "https://x.example/y",
    )
    assert entry["body_size"] == len(entry["body"])
    assert client.token not in str(emulator.requests())


def test_the_org_can_become_another(client: Any, emulator: SalesforceEmulator) -> None:
    before = client.query("SELECT Id FROM Organization")["records"][0]["Id"]
    emulator.change_org(7, is_sandbox=True)
    [after] = client.query("SELECT Id, IsSandbox FROM Organization")["records"]
    assert after["Id"] != before
    assert after["IsSandbox"] is True


def test_another_process_controls_the_org_by_the_same_names(
    client: Any, emulator: SalesforceEmulator
) -> None:
    remote = RemoteControls(emulator.url)
    [key] = remote.call("seed", [{"type": "Contact", "LastName": "a"}])
    remote.call("advance", seconds=60)
    remote.call("update", key, Title="CFO")
    assert remote.call("get", key)["LastModifiedDate"] == "2026-03-11T12:01:00.000+0000"
    with pytest.raises(RuntimeError, match="there is no control"):
        remote.call("_secret")
    with pytest.raises(RuntimeError, match="has no field Nope"):
        remote.call("seed", [{"type": "Contact", "Nope": 1}])


def test_a_form_of_another_site_controls_nothing(
    emulator: SalesforceEmulator, session: requests.Session
) -> None:
    assert session.post(f"{emulator.url}/__admin__/reset", data={"a": "b"}, timeout=20).status_code == 404


def test_person_accounts_and_currencies_show_in_describe(session: requests.Session) -> None:
    with SalesforceEmulator(has_person_accounts=True, has_currencies=True) as emulator:
        [key] = emulator.seed(
            [{"type": "Account", "FirstName": "Ada", "LastName": "L", "PersonEmail": "a@x.example"}]
        )
        account = emulator.get(key)
        assert account is not None
        assert (account["IsPersonAccount"], account["Name"], account["CurrencyIsoCode"]) == (
            True,
            "Ada L",
            "USD",
        )
        contact = emulator.get(account["PersonContactId"])
        assert contact is not None
        assert (contact["Email"], contact["AccountId"]) == ("a@x.example", key)


def test_the_command_serves_a_believable_org_until_it_is_stopped() -> None:
    command = [sys.executable, "-m", "tests.salesforce_emulator", "--port", "0", "--seed", "demo"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            words = server.stdout.readline()
            assert "40 accounts and 160 contacts" in words
            url = words.split(" at ")[1].split(" ")[0]
            rows = RemoteControls(url).call("rows", "Contact")
            assert {row["Language__c"] for row in rows} >= {"de", "ja", "ar", "pl"}
            assert all(row.get("Email", "x.example").endswith(".example") for row in rows)
        finally:
            server.kill()
