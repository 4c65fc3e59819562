"""The description of the API for machines, and the page for people."""

import json
import re
from typing import Any

import pytest
from flask import Flask

from tests.builders import a_company, an_account
from tests.conftest import SECRET_KEY, CheckingClient
from tests.vocapp.api.test_guard import rules_of_api


@pytest.fixture
def document(client: CheckingClient) -> dict[str, Any]:
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json


def test_every_operation_is_described_with_scope_and_errors(app: Flask, document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    paths = {re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule) for rule in rules_of_api(app)}
    assert set(document["paths"]) == paths
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert told["security"][0]["token"], path
            assert {"401", "403", "422", "429", "500", "503"} <= set(told["responses"])
            assert ("404" in told["responses"]) == ("{" in path)
            is_post = method == "post"
            assert is_post == any(one["name"] == "Idempotency-Key" for one in told["parameters"])
            assert not is_post or told["requestBody"]["required"]


def test_whatever_the_description_refers_to_is_there(document: dict[str, Any]) -> None:
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert named == set(document["components"]["schemas"])


def test_it_is_open_to_everybody_and_tells_nothing_of_this_company(client: CheckingClient) -> None:
    a_company(name="Hidden Vendor")
    an_account(name="Hidden Customer")
    for path in ("/api/openapi.json", "/api/docs"):
        text = client.get(path).get_data(as_text=True)
        assert "Hidden" not in text
        assert SECRET_KEY not in text
        assert not re.search(r"voc_\w{43}", text)


def test_the_page_names_every_operation(client: CheckingClient, document: dict[str, Any]) -> None:
    text = client.get("/api/docs").get_data(as_text=True)
    assert all(path in text for path in document["paths"])
