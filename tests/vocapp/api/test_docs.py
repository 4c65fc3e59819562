"""docs/api.md: every example works as it stands, and every address, scope and status is one."""

import re
import shlex
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.builders import a_company, an_account
from tests.conftest import CheckingClient
from tests.vocapp.api.builders import a_token
from tests.vocapp.api.test_guard import rules_of_api
from vocapp.api.rules import LIFETIMES, Scope
from vocapp.core.settings import PROJECT_ROOT

GUIDE = (PROJECT_ROOT / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"^    (curl .+)$", GUIDE, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_work(client: CheckingClient, example: str) -> None:
    a_company()
    account = an_account(external_id="A-1001", external_key="A-1001")
    known = {"$VOCAPP": "", "$TOKEN": a_token()[1], "$ACCOUNT": str(account.id)}
    for name, value in known.items():
        example = example.replace(name, value)
    _curl, *words = shlex.split(example)
    headers, body, path = {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _colon, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        else:
            path = word
    assert urlsplit(path).path.startswith("/api/v1/")
    answer = client.open(path, method="GET" if body is None else "POST", headers=headers, data=body)
    assert answer.status_code in {200, 201, 202}, answer.get_data(as_text=True)


def test_the_guide_names_every_list_scope_and_lifetime(app: Flask) -> None:
    assert len(EXAMPLES) >= 8
    lists = {rule.rule.removeprefix("/api/v1") for rule in rules_of_api(app) if not rule.arguments}
    assert all(f"`{name}`" in GUIDE or f"`{name}," in GUIDE for name in lists)
    assert all(f"`{scope}`" in GUIDE for scope in Scope)
    assert all(str(days) in GUIDE for days in LIFETIMES)
