"""Whatever goes wrong under /api is told as a problem; pages keep their pages."""

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.conftest import CheckingClient
from tests.vocapp.api.builders import a_program
from vocapp.core.errors import DomainError


def check_problem(answer, code: int) -> None:
    assert answer.status_code == code
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == code
    assert {"type", "title", "status", "detail"} <= set(answer.json)


def test_an_unknown_address_is_a_problem_here_and_a_page_elsewhere(client: CheckingClient) -> None:
    for path in ("/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/accounts/x", "/api/v2/accounts"):
        check_problem(client.get(path), 404)
    assert client.get("/apiary").mimetype == "text/html"
    assert client.get("/nothing").mimetype == "text/html"


def test_a_wrong_method_names_the_right_ones(client: CheckingClient) -> None:
    answer = client.delete("/api/v1/accounts")
    check_problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=made-up",
        "updated_since=yesterday",
        "updated_since=2026-01-01T00:00:00",
        "status=merged",
        "external_id=%00",
        "tier=" + "x" * 61,
    ],
)
def test_a_query_that_cannot_be_used_names_the_parameter(client: CheckingClient, query: str) -> None:
    answer = a_program(client).get(f"/accounts?{query}")
    check_problem(answer, 422)
    assert [one["parameter"] for one in answer.json["errors"]] == [query.partition("=")[0]]


def test_what_breaks_and_what_is_away_says_so(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = a_program(client)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    away = OperationalError("select", {}, Exception("secret host"))
    broken: list[tuple[Exception, int]] = [
        (ValueError("secret"), 500),
        (away, 503),
        (DomainError("No."), 422),
    ]
    for error, code in broken:

        def fail(*_arguments: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr("vocapp.api.account_views.accounts_matching", fail)
        answer = program.get("/accounts")
        check_problem(answer, code)
        assert "secret" not in answer.get_data(as_text=True)
        assert ("Retry-After" in answer.headers) == (code == 503)
