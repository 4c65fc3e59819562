"""Bulk jobs on an emulated organisation: partial failure, lost processes and lost sessions."""

import pytest

from integrations.crm.records import Batch, BulkState
from integrations.crm.salesforce.client import SalesforceCrm
from tests.integrations.crm.salesforce.emulated import (
    START,
    an_update,
    an_upsert,
    connected,
    seed_contacts,
)
from tests.salesforce_emulator.server import SalesforceEmulator


def run_job(crm: SalesforceCrm, batch: Batch) -> str:
    job_id = crm.open_bulk(batch)
    crm.fill_bulk(job_id, batch)
    await_end(crm, job_id)
    return job_id


def await_end(crm: SalesforceCrm, job_id: str) -> BulkState:
    for _ in range(10):
        state = crm.bulk_status(job_id).state
        if state.is_over:
            return state
    raise AssertionError("The job never ended.")


def test_line_breaks_accents_and_cleared_fields_arrive(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    (id_,) = org.seed([{"type": "Contact", "LastName": "Lee", "Phone": "1", "VOC_Person_Id__c": "P1"}])
    run_job(crm, an_upsert(("P1", {"Description": 'line 1\nline 2, "é"', "Phone": None})))
    row = org.get(id_)
    assert (row["Description"], row.get("Phone"), row["LastName"]) == ('line 1\nline 2, "é"', None, "Lee")


def test_rows_that_fail_are_told_beside_those_that_do_not(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    batch = an_upsert(
        ("P1", {"LastName": "Lee", "Description": "a\nb é"}),
        ("P2", {"LastName": "x" * 100}),
        ("P3", {"LastName": "Roe"}),
    )
    job_id = run_job(crm, batch)
    results = crm.bulk_results(job_id, batch)
    assert {name: one.refusal and one.refusal.code for name, one in results.written.items()} == {
        "P1": None,
        "P2": "STRING_TOO_LONG",
        "P3": None,
    }
    assert results.written["P1"].is_created
    status = crm.bulk_status(job_id)
    assert (status.state, status.records, status.failed) == (BulkState.DONE, 3, 1)


def test_what_a_failed_job_has_done_and_not_looked_at_is_told(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.plan_bulk(fail_after=2)
    batch = an_upsert(*((f"P{number}", {"LastName": "Lee"}) for number in range(5)))
    job_id = run_job(crm, batch)
    results = crm.bulk_results(job_id, batch)
    assert crm.bulk_status(job_id).state is BulkState.FAILED
    assert len(org.rows("Contact")) == 2
    assert (len(results.written), len(results.unprocessed)) == (2, 3)
    assert results.unprocessed.isdisjoint(results.written)


def test_a_new_process_takes_a_job_over_by_its_number(org: SalesforceEmulator) -> None:
    batch = an_upsert(("P1", {"LastName": "Lee"}))
    with connected(org) as first:
        job_id = first.open_bulk(batch)
    with connected(org) as second:
        assert second.bulk_status(job_id).state is BulkState.OPEN
        second.fill_bulk(job_id, batch)
    with connected(org) as third:
        assert await_end(third, job_id) is BulkState.DONE
        assert third.bulk_results(job_id, batch).written["P1"].is_created


@pytest.mark.parametrize("fatal_step", [1, 2, 3, 4, 5, 6])
def test_a_token_that_expires_before_any_step_is_renewed_once(
    org: SalesforceEmulator, crm: SalesforceCrm, fatal_step: int
) -> None:
    batch = an_upsert(*((f"P{number}", {"LastName": "Lee"}) for number in range(5)))
    crm.refresh_usage()
    org.clear_log()
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == fatal_step:
            org.expire_tokens()

    step()
    job_id = crm.open_bulk(batch)
    step()
    crm.fill_bulk(job_id, batch)
    step()
    await_end(crm, job_id)
    step()
    results = crm.bulk_results(job_id, batch)
    step()
    crm.delete_bulk(job_id)
    step()
    crm.refresh_usage()
    assert (len(results.written), len(org.rows("Contact"))) == (5, 5)
    assert len(org.requests("POST", "oauth2/token")) == 1


def test_updates_go_by_id(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    ids = seed_contacts(org, [START] * 3)
    batch = an_update(*((id_, {"Title": "CTO"}) for id_ in ids))
    results = crm.bulk_results(run_job(crm, batch), batch)
    assert set(results.written) == set(ids)
    assert {row["Title"] for row in org.rows("Contact")} == {"CTO"}


def test_a_job_that_was_given_up_writes_nothing(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    batch = an_upsert(("P1", {"LastName": "Lee"}))
    job_id = crm.open_bulk(batch)
    crm.abort_bulk(job_id)
    assert crm.bulk_status(job_id).state is BulkState.ABORTED
    assert org.rows("Contact") == []


def test_a_job_nobody_knows_is_gone(crm: SalesforceCrm) -> None:
    assert crm.bulk_status("750000000000009AAA").state is BulkState.GONE


def test_a_removed_job_is_gone(crm: SalesforceCrm) -> None:
    batch = an_upsert(("P1", {"LastName": "Lee"}))
    job_id = run_job(crm, batch)
    crm.delete_bulk(job_id)
    assert crm.bulk_status(job_id).state is BulkState.GONE


def test_many_ids_come_by_a_query_job(
    org: SalesforceEmulator, crm: SalesforceCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.crm.salesforce.client._MANY", 10)
    org.plan_bulk(query_page=8, polls=2)
    ids = seed_contacts(org, [START] * 20)
    assert sorted(id_ for page in crm.ids("Contact") for id_ in page) == sorted(ids)
    assert [one["method"] for one in org.requests("", "jobs/query")][-1] == "DELETE"
