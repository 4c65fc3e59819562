"""Bulk 2: jobs that write and jobs that read."""

import csv
import io
from typing import Any

import pytest

from tests.salesforce_emulator.server import SalesforceEmulator

SPEC = {
    "object": "Contact",
    "operation": "upsert",
    "externalIdFieldName": "Person_Id__c",
    "contentType": "CSV",
}
TEXT = 'Person_Id__c,LastName,Title\np1,Ada,"l1\nl2 é"\np2,,x\np3,Cleo,\n'


@pytest.fixture(autouse=True)
def fields(emulator: SalesforceEmulator) -> None:
    emulator.install_fields(
        "Contact", {"name": "Person_Id__c", "length": 64, "is_external_id": True, "is_unique": True}
    )


def start(client: Any, text: str, **spec: Any) -> str:
    """Open a job, hand text over, close it and return its id."""
    job = client.call("POST", "jobs/ingest", json=SPEC | spec).json()
    assert job["state"] == "Open"
    put = client.call(
        "PUT", "/" + job["contentUrl"], data=text.encode(), headers={"Content-Type": "text/csv"}
    )
    assert (put.status_code, put.content) == (201, b"")
    closed = client.call("PATCH", f"jobs/ingest/{job['id']}", json={"state": "UploadComplete"})
    assert closed.json()["state"] == "UploadComplete"
    return str(job["id"])


def finish(client: Any, key: str) -> dict[str, Any]:
    """Poll a job until it is over."""
    while True:
        told: dict[str, Any] = client.get(f"jobs/ingest/{key}")
        if told["state"] not in ("UploadComplete", "InProgress"):
            return told


def results(client: Any, key: str, which: str) -> list[dict[str, str]]:
    answer = client.call("GET", f"jobs/ingest/{key}/{which}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_a_job_that_is_complete_can_hold_failed_rows(client: Any, emulator: SalesforceEmulator) -> None:
    key = start(client, TEXT)
    told = finish(client, key)
    assert (told["state"], told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (
        "JobComplete",
        3,
        1,
    )
    done = {row["Person_Id__c"]: row for row in results(client, key, "successfulResults")}
    assert (set(done), done["p1"]["sf__Created"]) == ({"p1", "p3"}, "true")
    assert emulator.get(done["p1"]["sf__Id"])["Title"] == "l1\nl2 é"
    [failed] = results(client, key, "failedResults")
    error = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert (failed["Person_Id__c"], failed["sf__Error"]) == ("p2", error)
    assert results(client, key, "unprocessedrecords") == []


def test_a_job_that_failed_can_have_written_rows(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.plan_bulk(fail_after=1)
    key = start(client, TEXT)
    told = finish(client, key)
    assert (told["state"], told["errorMessage"]) == (
        "Failed",
        "InternalServerError : Job failed. Ask an administrator.",
    )
    assert [row["Person_Id__c"] for row in results(client, key, "successfulResults")] == ["p1"]
    for spelling in ("unprocessedrecords", "unprocessedRecords"):
        assert {row["Person_Id__c"] for row in results(client, key, spelling)} == {"p2", "p3"}
    assert len(emulator.rows("Contact")) == 1


def test_an_empty_cell_changes_nothing_and_a_mark_empties(client: Any, emulator: SalesforceEmulator) -> None:
    [key] = emulator.seed(
        [{"type": "Contact", "LastName": "a", "Person_Id__c": "p1", "Title": "CFO", "Department": "Finance"}]
    )
    finish(client, start(client, "Person_Id__c,Title,Department\np1,,#N/A\n"))
    row = emulator.get(key)
    assert (row["Title"], row.get("Department")) == ("CFO", None)


def test_polls_find_a_job_running_as_often_as_planned(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.plan_bulk(polls=2)
    key = start(client, TEXT)
    states = [client.get(f"jobs/ingest/{key}")["state"] for _ in range(3)]
    assert states == ["InProgress", "InProgress", "JobComplete"]


def test_rows_can_be_left_over(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.plan_bulk(unprocessed=1)
    key = start(client, TEXT)
    assert finish(client, key)["state"] == "JobComplete"
    assert [row["Person_Id__c"] for row in results(client, key, "unprocessedRecords")] == ["p3"]


def test_an_aborted_job_writes_nothing(client: Any, emulator: SalesforceEmulator) -> None:
    key = start(client, TEXT)
    assert client.call("PATCH", f"jobs/ingest/{key}", json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert finish(client, key)["state"] == "Aborted"
    assert emulator.rows("Contact") == []


def test_a_job_is_forgotten_without_a_word(client: Any) -> None:
    key = start(client, TEXT)
    finish(client, key)
    assert client.call("DELETE", f"jobs/ingest/{key}").status_code == 204
    assert client.call("GET", f"jobs/ingest/{key}").status_code == 404


@pytest.mark.parametrize(
    ("text", "spec", "word"),
    [
        ("Person_Id__c,Nope\np1,x\n", {}, "Field name not found : Nope"),
        ("Person_Id__c,LastName\np1\n", {}, "Too few columns"),
        ("LastName\nx\n", {}, "Person_Id__c is missing"),
        ("Person_Id__c,LastName\r\np1,x\r\n", {}, "LineEnding is invalid"),
        ("Person_Id__c,LastName\np1,x\n", {"lineEnding": "CRLF"}, "LineEnding is invalid"),
    ],
)
def test_text_that_does_not_fit_its_job_fails_it(
    client: Any, text: str, spec: dict[str, str], word: str
) -> None:
    told = finish(client, start(client, text, **spec))
    assert told["state"] == "Failed"
    assert word in told["errorMessage"]


@pytest.mark.parametrize(
    "spec",
    [
        SPEC | {"colour": "red"},
        SPEC | {"object": "Nothing"},
        SPEC | {"operation": "merge"},
        SPEC | {"externalIdFieldName": "Title"},
        SPEC | {"operation": "insert"},
        {"object": "Contact", "operation": "upsert"},
        SPEC | {"contentType": "JSON"},
    ],
)
def test_a_job_that_is_not_understood_is_refused(client: Any, spec: dict[str, str]) -> None:
    assert client.call("POST", "jobs/ingest", json=spec).status_code == 400


def test_a_query_job_gives_pages_that_each_have_a_header(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.seed({"type": "Contact", "LastName": f"P{n}"} for n in range(5))
    spec = {
        "operation": "query",
        "query": "SELECT Id, Name, SystemModstamp, IsDeleted, Account.Name FROM Contact",
    }
    key = client.call("POST", "jobs/query", json=spec).json()["id"]
    while client.get(f"jobs/query/{key}")["state"] != "JobComplete":
        pass
    rows, locator, counts = [], None, []
    while locator != "null":
        params = {"maxRecords": "2"} | ({"locator": locator} if locator else {})
        answer = client.call("GET", f"jobs/query/{key}/results", params=params)
        counts.append(answer.headers["Sforce-NumberOfRecords"])
        locator = answer.headers["Sforce-Locator"]
        rows += list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert counts == ["2", "2", "1"]
    assert [row["Name"] for row in rows] == [f"P{n}" for n in range(5)]
    first = rows[0]
    assert (first["SystemModstamp"], first["IsDeleted"], first["Account.Name"]) == (
        "2026-03-11T12:00:00.000Z",
        "false",
        "",
    )


@pytest.mark.parametrize(
    "source", ["SELECT COUNT() FROM Contact", "SELECT Id FROM Contact OFFSET 1", "SELECT Nope FROM Contact"]
)
def test_queries_that_bulk_does_not_know_are_refused(client: Any, source: str) -> None:
    assert client.call("POST", "jobs/query", json={"operation": "query", "query": source}).status_code == 400
