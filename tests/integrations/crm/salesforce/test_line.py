"""One call: its time limits, its tries, its tokens, and what every kind of answer means."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.crm.base import Access, NoAccess, QuotaSpent, SchemaChanged, TooBusy
from integrations.crm.records import Batch, Operation, Usage, Write
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.crm.salesforce.errors import is_transient
from integrations.crm.salesforce.session import Ear, make_session
from integrations.errors import Rejected
from tests.integrations.crm.salesforce.stub import EXPIRED, HANG_UP, PAUSES, Say, Stub

LIMITS = Say({"DailyApiRequests": {"Max": 15000, "Remaining": 14998}})
DOWN = Say("<html><body>Service unavailable</body></html>", 503, {"Content-Type": "text/html"})
JOB = "750000000000001AAA"


def refusal(code: str, message: str = "No.", status: int = 400, **headers: str) -> Say:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return Say([{"errorCode": code, "message": message, "fields": []}], status, found)


def a_batch(operation: str = "upsert", **changes: Any) -> Batch:
    write = Write("k1", {"LastName": "Lee"}, id="003000000000001AAA", external_id="P1")
    settings = {
        "object": "Contact",
        "operation": Operation(operation),
        "writes": [write],
        "external_id_field": "VOC_Person_Id__c" if operation == "upsert" else "",
    }
    return Batch(**{**settings, **changes})


STEPS: list[Callable[[SalesforceCrm], object]] = [
    lambda crm: crm.refresh_usage(),
    lambda crm: crm.describe("Contact"),
    lambda crm: crm.write(a_batch()),
    lambda crm: crm.write(a_batch("insert")),
    lambda crm: crm.open_bulk(a_batch()),
    lambda crm: crm.fill_bulk(JOB, a_batch()),
    lambda crm: crm.bulk_status(JOB),
    lambda crm: crm.bulk_results(JOB, a_batch()),
    lambda crm: crm.delete_bulk(JOB),
]


@pytest.mark.parametrize("step", STEPS)
def test_a_session_that_is_refused_for_good_ends_after_three_requests(
    stub: Stub, step: Callable[[SalesforceCrm], object]
) -> None:
    stub.answers.append(LIMITS)
    crm = stub.crm()
    crm.refresh_usage()
    stub.seen.clear()
    stub.answer_all = lambda seen: EXPIRED
    with pytest.raises(NoAccess) as refused:
        step(crm)
    assert refused.value.access is Access.EXPIRED
    assert len(stub.seen) == 3


@pytest.mark.parametrize("step", STEPS)
def test_a_first_session_that_is_refused_is_not_asked_for_again(
    stub: Stub, step: Callable[[SalesforceCrm], object]
) -> None:
    stub.answer_all = lambda seen: EXPIRED
    with pytest.raises(NoAccess):
        step(stub.crm())
    assert len(stub.seen) == 2


@pytest.mark.parametrize("body", [{"error": "expired"}, "<html>Sign in</html>", "", [], ["odd"], "null"])
def test_a_refused_session_is_understood_in_any_form(stub: Stub, body: object) -> None:
    stub.answer_all = lambda seen: Say(body, 401)
    with pytest.raises(NoAccess) as refused:
        stub.crm().refresh_usage()
    assert refused.value.access is Access.EXPIRED


def test_an_expired_session_is_renewed_once_and_used_from_then_on(stub: Stub) -> None:
    stub.answers += [LIMITS, EXPIRED, LIMITS, LIMITS]
    crm = stub.crm()
    for _ in range(3):
        crm.refresh_usage()
    tokens = [seen.headers["Authorization"] for seen in stub.seen if "limits" in seen.path]
    assert tokens == [f"Bearer 00D!token{number}" for number in (1, 1, 2, 2)]


def test_an_insert_is_sent_again_after_a_refused_session(stub: Stub) -> None:
    stub.answers += [LIMITS, EXPIRED, Say([{"id": "003000000000001AAA", "success": True, "errors": []}])]
    crm = stub.crm()
    crm.refresh_usage()
    assert crm.write(a_batch("insert"))[0].is_created


def test_a_renewed_session_keeps_the_headers_of_the_call(stub: Stub) -> None:
    done = Say([{"id": "003000000000001AAA", "success": True, "errors": [], "created": True}])
    stub.answers += [LIMITS, EXPIRED, done]
    crm = stub.crm()
    crm.refresh_usage()
    crm.write(a_batch(allows_duplicates=True))
    writes = [
        seen.headers.get("Sforce-Duplicate-Rule-Header") for seen in stub.seen if seen.method == "PATCH"
    ]
    assert writes == ["allowSave=true", "allowSave=true"]


def test_a_scope_that_is_missing_is_said(stub: Stub) -> None:
    stub.answers.append(
        refusal("INVALID_SESSION_ID", "This session is not valid for use with the REST API", 401)
    )
    with pytest.raises(NoAccess) as refused:
        stub.crm().refresh_usage()
    assert refused.value.access is Access.WRONG_SCOPE


@pytest.mark.parametrize(
    "trouble", [DOWN, HANG_UP, Say(status=429), Say("<html>odd</html>"), Say(status=502)]
)
def test_a_read_is_tried_again_after_a_pause(stub: Stub, trouble: Say) -> None:
    stub.answers += [trouble, LIMITS]
    assert stub.crm().refresh_usage().used == 2
    assert 0.5 <= PAUSES[0] <= 1


def test_pauses_grow_and_the_fourth_failure_is_told(stub: Stub) -> None:
    stub.answer_all = lambda seen: DOWN
    with pytest.raises(TooBusy, match="out of service"):
        stub.crm().refresh_usage()
    assert len(PAUSES) == 3
    assert all(most / 2 <= pause <= most for pause, most in zip(PAUSES, (1, 2, 4), strict=True))


def test_the_pause_asked_for_is_kept(stub: Stub) -> None:
    stub.answers += [Say(status=503, headers={"Retry-After": "7"}), LIMITS]
    stub.crm().refresh_usage()
    assert PAUSES == [7]


def test_a_pause_until_a_date_is_counted_by_their_clock(stub: Stub) -> None:
    headers = {"Date": "Fri, 02 Jan 2026 03:00:00 GMT", "Retry-After": "Fri, 02 Jan 2026 03:00:09 GMT"}
    stub.answers += [Say(status=503, headers=headers), LIMITS]
    stub.crm().refresh_usage()
    assert PAUSES == [9]


def test_a_long_pause_is_left_to_the_caller(stub: Stub) -> None:
    stub.answers.append(Say(status=503, headers={"Retry-After": "600"}))
    with pytest.raises(TooBusy) as busy:
        stub.crm().refresh_usage()
    assert (busy.value.retry_after, PAUSES) == (timedelta(minutes=10), [])


def test_an_answer_that_never_comes_is_given_up(stub: Stub) -> None:
    stub.answers += [Say(keeps_silent=True), LIMITS]
    assert stub.crm().refresh_usage().used == 2


@pytest.mark.parametrize("trouble", [DOWN, HANG_UP, Say(status=429)])
def test_an_insert_is_never_sent_twice(stub: Stub, trouble: Say) -> None:
    stub.answers.append(trouble)
    with pytest.raises(TooBusy):
        stub.crm().write(a_batch("insert"))
    assert stub.paths.count("POST composite/sobjects") == 1


def test_an_upsert_is_sent_again_after_a_broken_line(stub: Stub) -> None:
    done = Say([{"id": "003000000000001AAA", "success": True, "errors": [], "created": False}])
    stub.answers += [HANG_UP, done]
    assert stub.crm().write(a_batch())[0].refusal is None


def test_calls_that_are_used_up_are_not_tried_again(stub: Stub) -> None:
    stub.answers.append(
        refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403, Retry_After="3600")
    )
    with pytest.raises(QuotaSpent) as spent:
        stub.crm().refresh_usage()
    assert (spent.value.retry_after, len(stub.seen)) == (timedelta(hours=1), 2)


def test_too_many_at_once_is_tried_again(stub: Stub) -> None:
    stub.answers += [
        refusal(
            "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 403
        ),
        LIMITS,
    ]
    assert stub.crm().refresh_usage().used == 2


def test_a_column_that_is_not_there_is_named(stub: Stub) -> None:
    message = "\nSELECT Tier__c\n ^\nERROR at Row:1:Column:8\nNo such column 'Tier__c' on entity 'Account'."
    stub.answers.append(refusal("INVALID_FIELD", message))
    with pytest.raises(SchemaChanged) as changed:
        stub.crm().refresh_usage()
    assert (changed.value.object, changed.value.field) == ("Account", "Tier__c")


def test_an_object_that_is_not_there_is_named(stub: Stub) -> None:
    stub.answers.append(refusal("NOT_FOUND", "The requested resource does not exist", 404))
    with pytest.raises(SchemaChanged) as changed:
        stub.crm().describe("Survey__c")
    assert changed.value.object == "Survey__c"


def test_an_answer_that_sends_elsewhere_is_a_changed_address(stub: Stub) -> None:
    stub.answers.append(Say(status=301, headers={"Location": "https://evil.example/"}))
    with pytest.raises(NoAccess) as refused:
        stub.crm().refresh_usage()
    assert refused.value.access is Access.WRONG_ADDRESS


def test_the_api_that_is_switched_off_is_said(stub: Stub) -> None:
    stub.answers.append(refusal("API_DISABLED_FOR_ORG", status=403))
    with pytest.raises(NoAccess, match="does not let this user use its API"):
        stub.crm().refresh_usage()


def test_any_other_refusal_comes_with_its_code_and_words(stub: Stub) -> None:
    stub.answers.append(refusal("MALFORMED_QUERY", "unexpected token: FORM"))
    with pytest.raises(Rejected, match="unexpected token: FORM") as refused:
        stub.crm().refresh_usage()
    assert refused.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    "answer",
    [
        Say({}, headers={"Sforce-Limit-Info": "api-usage=81/100"}),
        refusal("MALFORMED_QUERY", Sforce_Limit_Info="api-usage=81/100; per-app-api-usage=1/2(appName=x)"),
    ],
)
def test_the_calls_of_the_day_are_heard_from_any_answer(stub: Stub, answer: Say) -> None:
    stub.answers.append(answer)
    crm = stub.crm()
    try:
        crm.ask("GET", "anything")
    except Rejected:
        assert answer.status == 400
    assert crm.usage() == Usage(allowed=100, used=81)
    assert len(stub.seen) == 2


def test_the_calls_of_the_day_are_heard_from_bulk_steps(stub: Stub) -> None:
    job = {"id": JOB, "state": "InProgress"}
    stub.answers.append(Say(job, headers={"Sforce-Limit-Info": "api-usage=81/100"}))
    crm = stub.crm()
    crm.bulk_status(JOB)
    assert crm.usage().used == 81


def test_usage_is_asked_for_when_nothing_was_heard(stub: Stub) -> None:
    stub.answers.append(LIMITS)
    assert stub.crm().usage() == Usage(allowed=15000, used=2)


def test_every_try_counts_as_a_call_and_signing_in_does_not(stub: Stub) -> None:
    stub.answers += [HANG_UP, DOWN, LIMITS]
    crm = stub.crm()
    crm.refresh_usage()
    assert crm.calls == 3


def test_their_clock_is_read_without_signing_in(stub: Stub) -> None:
    stub.answers.append(Say([{"version": "64.0"}], headers={"Date": "Fri, 02 Jan 2026 03:04:05 GMT"}))
    ear = stub.crm()
    ear.now()
    assert stub.paths == ["GET /services/data"]


def test_a_session_reads_nothing_of_the_environment_and_speaks_no_plain_http() -> None:
    session = make_session(Ear())
    assert (session.trust_env, list(session.adapters)) == (False, ["https://"])


def test_a_form_with_files_names_its_own_boundary(stub: Stub) -> None:
    stub.answers.append(Say({"id": "0Af000000000001AAA"}))
    stub.crm().ask("POST", "metadata/deployRequest", files={"file": ("voc.zip", b"PK", "application/zip")})
    assert stub.seen[1].headers["Content-Type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize(
    ("code", "may_pass"),
    [
        ("UNABLE_TO_LOCK_ROW", True),
        ("SERVER_UNAVAILABLE", True),
        ("ALL_OR_NONE_OPERATION_ROLLED_BACK", True),
        ("DUPLICATES_DETECTED", False),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", False),
        ("STRING_TOO_LONG", False),
        ("", False),
    ],
)
def test_codes_are_told_apart_by_whether_they_may_pass(code: str, may_pass: bool) -> None:
    assert is_transient(code) is may_pass


def test_the_clock_is_aware_utc(stub: Stub) -> None:
    stub.answers.append(Say([{"version": "64.0"}]))
    assert abs(stub.crm().now() - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_token_answer_that_is_refused_leaves_no_connection_open(stub: Stub) -> None:
    stub.tokens.append(Say("<html>Moved</html>", 302, {"Location": "https://other.my.salesforce.com/"}))
    stub.answers.append(LIMITS)
    crm = stub.crm()
    with pytest.raises(NoAccess):
        crm.refresh_usage()
    assert crm.refresh_usage().used == 2
