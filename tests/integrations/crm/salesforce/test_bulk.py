"""Bulk jobs: the files, the steps, and what is made of results in any order."""

import pytest

from integrations.crm.base import TooBusy
from integrations.crm.records import Batch, BulkState, Operation, Refusal, Value, Write
from integrations.crm.salesforce import bulk_files
from tests.integrations.crm.salesforce.stub import HANG_UP, Say, Stub

JOB = "750000000000001AAA"


def an_upsert(*rows: tuple[str, dict[str, Value]]) -> Batch:
    writes = [Write(f"key {external_id}", values, external_id=external_id) for external_id, values in rows]
    return Batch("Contact", Operation.UPSERT, writes, external_id_field="VOC_Person_Id__c")


def an_update(*ids: str) -> Batch:
    return Batch("Contact", Operation.UPDATE, [Write(f"key {one}", {"Title": "CTO"}, id=one) for one in ids])


def job(state: str, **more: object) -> Say:
    return Say({"id": JOB, "state": state, **more})


def test_a_row_changes_only_its_own_fields_and_clears_what_is_none() -> None:
    batch = an_upsert(
        ("P1", {"Title": "CTO", "Phone": None}), ("P2", {"VOC_Survey_Opt_Out__c": True, "Score__c": 7.5})
    )
    assert bulk_files.render(batch).decode().splitlines() == [
        "VOC_Person_Id__c,Phone,Score__c,Title,VOC_Survey_Opt_Out__c",
        "P1,#N/A,,CTO,",
        "P2,,7.5,,true",
    ]


@pytest.mark.parametrize(
    "text", ["line 1\nline 2", "line 1\r\nline 2", 'é "quoted", and a comma', "  blanks  ", "'"]
)
def test_a_text_comes_back_as_it_was_sent(text: str) -> None:
    content = bulk_files.render(an_upsert(("P1", {"Description": text})))
    assert next(iter(bulk_files.read(content)))["Description"] == text


def test_an_empty_text_clears_the_field() -> None:
    assert b"P1,#N/A" in bulk_files.render(an_upsert(("P1", {"Phone": ""})))


def test_a_text_that_reads_like_the_mark_for_clearing_clears_nothing() -> None:
    assert bulk_files.render(an_upsert(("P1", {"Title": "#N/A"}))).endswith(b"P1,N/A\n")


def test_an_empty_result_has_no_rows() -> None:
    assert list(bulk_files.read(b"")) == []


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record: 001000000000001AAA:--",
            Refusal(
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record: 001000000000001AAA",
            ),
        ),
        (
            "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName, Email]:LastName, Email --",
            Refusal(
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [LastName, Email]",
                ("LastName", "Email"),
            ),
        ),
        ("something odd", Refusal("UNKNOWN_EXCEPTION", "something odd")),
    ],
)
def test_the_error_of_a_row_is_taken_apart(text: str, refusal: Refusal) -> None:
    assert bulk_files.read_refusal(text) == refusal


def test_a_job_takes_three_calls_until_it_runs(stub: Stub) -> None:
    stub.answers += [job("Open"), Say(status=201), job("UploadComplete")]
    crm, batch = stub.crm(), an_upsert(("P1", {"Title": "é"}))
    job_id = crm.open_bulk(batch)
    crm.fill_bulk(job_id, batch)
    assert stub.paths[1:] == [
        "POST jobs/ingest",
        f"PUT jobs/ingest/{JOB}/batches",
        f"PATCH jobs/ingest/{JOB}",
    ]
    assert stub.seen[1].json == {
        "object": "Contact",
        "operation": "upsert",
        "externalIdFieldName": "VOC_Person_Id__c",
        "contentType": "CSV",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert stub.seen[2].headers["Content-Type"] == "text/csv; charset=UTF-8"
    assert stub.seen[2].body == "VOC_Person_Id__c,Title\nP1,é\n".encode()


def test_rows_are_never_handed_over_twice(stub: Stub) -> None:
    stub.answers.append(HANG_UP)
    with pytest.raises(TooBusy):
        stub.crm().fill_bulk(JOB, an_upsert(("P1", {"Title": "CTO"})))
    assert stub.paths[1:] == [f"PUT jobs/ingest/{JOB}/batches"]


def test_closing_a_job_whose_answer_was_lost_is_no_failure(stub: Stub) -> None:
    refused = Say([{"errorCode": "INVALIDJOBSTATE", "message": "Job is not open"}], 400)
    stub.answers += [Say(status=201), HANG_UP, refused, job("InProgress")]
    stub.crm().fill_bulk(JOB, an_upsert(("P1", {"Title": "CTO"})))
    assert stub.paths[-1] == f"GET jobs/ingest/{JOB}"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (job("Open"), BulkState.OPEN),
        (job("UploadComplete"), BulkState.RUNNING),
        (job("InProgress"), BulkState.RUNNING),
        (job("JobComplete"), BulkState.DONE),
        (job("Failed"), BulkState.FAILED),
        (job("Aborted"), BulkState.ABORTED),
        (Say([{"errorCode": "NOT_FOUND", "message": "No such job"}], 404), BulkState.GONE),
    ],
)
def test_every_state_of_a_job_is_known(stub: Stub, answer: Say, state: BulkState) -> None:
    stub.answers.append(answer)
    assert stub.crm().bulk_status(JOB).state is state


def test_results_are_joined_by_external_id_in_any_order(stub: Stub) -> None:
    stub.answers += [
        Say(
            '"sf__Id","sf__Created",VOC_Person_Id__c\n"003000000000003","true",P3\n"003000000000001AAA","false",p1\n'
        ),
        Say('"sf__Id","sf__Error",VOC_Person_Id__c\n"","STRING_TOO_LONG:Title: too large:Title --",P2\n'),
    ]
    batch = an_upsert(*((f"P{number}", {"Title": "CTO"}) for number in (1, 2, 3, 4)))
    results = stub.crm().bulk_results(JOB, batch)
    assert {name: (one.key, one.id, one.is_created) for name, one in results.written.items()} == {
        "P3": ("key P3", "003000000000003AAA", True),
        "P1": ("key P1", "003000000000001AAA", False),
        "P2": ("key P2", None, False),
    }
    refusal = results.written["P2"].refusal
    assert refusal is not None
    assert (refusal.code, refusal.fields) == ("STRING_TOO_LONG", ("Title",))
    assert results.unprocessed == {"P4"}


def test_results_of_updates_are_joined_by_id_of_either_length(stub: Stub) -> None:
    stub.answers += [
        Say("sf__Id,sf__Created,Id,Title\n003000000000001AAA,false,003000000000001AAA,CTO\n"),
        Say(""),
    ]
    results = stub.crm().bulk_results(JOB, an_update("003000000000001", "003000000000002AAA"))
    assert set(results.written) == {"003000000000001"}
    assert results.unprocessed == {"003000000000002AAA"}


def test_a_job_that_is_over_is_given_up_in_silence(stub: Stub) -> None:
    stub.answers += [Say([{"errorCode": "INVALIDJOBSTATE", "message": "over"}], 400), job("JobComplete")]
    stub.crm().abort_bulk(JOB)
    assert stub.seen[1].json == {"state": "Aborted"}


def test_a_job_that_is_gone_is_removed_in_silence(stub: Stub) -> None:
    stub.answers += [Say(status=204), Say([{"errorCode": "NOT_FOUND", "message": "gone"}], 404)]
    crm = stub.crm()
    crm.delete_bulk(JOB)
    crm.delete_bulk(JOB)
    assert stub.paths[1:] == [f"DELETE jobs/ingest/{JOB}"] * 2


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (an_upsert(("P1", {}), ("P1", {})), "name 'P1'"),
        (an_upsert((" ", {})), "not named"),
        (an_update("nonsense"), "not named"),
        (Batch("Contact", Operation.INSERT, [Write("k", {"LastName": "Lee"})]), "external id field"),
        (
            Batch("Contact", Operation.UPSERT, [], "Key__c", allows_duplicates=True),
            "duplicate rules",
        ),
    ],
)
def test_what_no_job_can_carry_is_refused_before_a_call(stub: Stub, batch: Batch, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        stub.crm().open_bulk(batch)
    assert stub.seen == []


def test_many_ids_come_by_a_query_job_that_is_removed_afterwards(stub: Stub) -> None:
    stub.answers += [
        Say({"totalSize": 60_000, "done": True, "records": []}),
        job("UploadComplete"),
        job("InProgress"),
        job("JobComplete"),
        Say('"Id"\n"003000000000001AAA"\n', headers={"Sforce-Locator": "MTA"}),
        Say('"Id"\n"003000000000002AAA"\n', headers={"Sforce-Locator": "null"}),
        Say(status=204),
    ]
    pages = list(stub.crm().ids("Contact"))
    assert pages == [["003000000000001AAA"], ["003000000000002AAA"]]
    assert stub.seen[2].json == {"operation": "query", "query": "SELECT Id FROM Contact"}
    assert stub.seen[6].query["locator"] == "MTA"
    assert stub.paths[-1] == f"DELETE jobs/query/{JOB}"


def test_a_query_job_that_failed_is_told_and_removed(stub: Stub) -> None:
    stub.answers += [
        Say({"totalSize": 60_000, "done": True, "records": []}),
        job("UploadComplete"),
        job("Failed", errorMessage="too much"),
        Say(status=204),
    ]
    with pytest.raises(TooBusy, match="too much"):
        list(stub.crm().ids("Contact"))
    assert stub.paths[-1] == f"DELETE jobs/query/{JOB}"
