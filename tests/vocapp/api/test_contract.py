"""The API against its own description: made-up requests, fitting and not, never end in a surprise."""

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.builders import a_company, a_contact, a_response, a_user, a_wave, an_account, an_invitation
from tests.vocapp.api.builders import a_token

# That bad input is refused has tests of its own: in an address every text is a fitting one.
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
EXAMPLES = 12


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_made_up_requests_are_answered_as_described(app: Flask, mode: GenerationMode) -> None:
    a_company()
    a_response(an_invitation(a_wave(), a_contact(an_account(owner_id=a_user().id))))
    headers = {"Authorization": f"Bearer {a_token()[1]}"}
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in CHECKED]
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    seen = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        seen.add(operation.label)

        @settings(
            max_examples=EXAMPLES,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=checks)

        check()
    assert {"GET /api/v1/accounts", "POST /api/v1/reports", "POST /api/v1/events"} <= seen
