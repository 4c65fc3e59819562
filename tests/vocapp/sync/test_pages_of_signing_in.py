"""Signing in at Salesforce in the browser, for the connection and for the package, and deploying it."""

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from tests.builders import a_company, a_user
from tests.conftest import CheckingClient
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import change, connection_of, run
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.sync.connecting import secrets_of
from vocapp.sync.rules import RunKind, RunState
from vocapp.sync.service import connect

HOME = "/settings/connections"
CALLBACK = f"{HOME}/callback"


@pytest.fixture
def administrator(app: Flask, client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


@pytest.fixture
def browser_id(connected: Flask) -> int:
    """A connection by signing in in the browser."""
    with transaction():
        return connect(
            "salesforce",
            name="Acme",
            access={"flow": "web_server", "domain": "acme.my"},
            secret_values={"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET},
            by=None,
        ).id


def allowed(address: str, *, answer: str = "allow") -> str:
    """What somebody who answers at Salesforce is sent back to: path and query."""
    parts = urlsplit(address)
    assert parts.hostname == "127.0.0.1"
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    line.request("GET", f"{parts.path}?{parts.query}&answer={answer}")
    back = urlsplit(line.getresponse().headers["Location"])
    line.close()
    return f"{back.path}?{back.query}"


def signed_in(client: CheckingClient, connection_id: int, *, purpose: str = "") -> None:
    sent = client.get(f"{HOME}/{connection_id}/sign-in?for={purpose}").headers["Location"]
    back = allowed(sent)
    assert client.get(back).status_code == 200
    query = parse_qs(urlsplit(back).query)
    client.post(CALLBACK, data={"code": query["code"][0], "state": query["state"][0]})


def test_coming_back_alone_stores_nothing(administrator: CheckingClient, browser_id: int) -> None:
    sent = administrator.get(f"{HOME}/{browser_id}/sign-in").headers["Location"]
    page = administrator.get(allowed(sent)).get_data(as_text=True)
    assert "Finish" in page
    assert "refresh_token" not in secrets_of(connection_of(browser_id))


def test_a_person_who_signed_in_lets_the_connection_run(
    administrator: CheckingClient, browser_id: int, salesforce: SalesforceEmulator
) -> None:
    signed_in(administrator, browser_id)
    assert secrets_of(connection_of(browser_id))["refresh_token"].startswith("5Aep")
    administrator.post(f"{HOME}/{browser_id}/propose")
    assert run(browser_id, RunKind.PULL, org=salesforce).state == RunState.DONE


def test_a_secret_challenge_goes_along(administrator: CheckingClient, browser_id: int) -> None:
    sent = administrator.get(f"{HOME}/{browser_id}/sign-in").headers["Location"]
    query = parse_qs(urlsplit(sent).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"http://127.0.0.1:8000{CALLBACK}"]


@pytest.mark.parametrize("state", ["", "another one"])
def test_another_state_is_refused(administrator: CheckingClient, browser_id: int, state: str) -> None:
    administrator.get(f"{HOME}/{browser_id}/sign-in")
    response = administrator.get(f"{CALLBACK}?code=x&state={state}", follow_redirects=True)
    assert "began in another browser" in response.get_data(as_text=True)


def test_a_code_serves_once(administrator: CheckingClient, browser_id: int) -> None:
    sent = administrator.get(f"{HOME}/{browser_id}/sign-in").headers["Location"]
    query = parse_qs(urlsplit(allowed(sent)).query)
    data = {"code": query["code"][0], "state": query["state"][0]}
    administrator.post(CALLBACK, data=data)
    response = administrator.post(CALLBACK, data=data, follow_redirects=True)
    assert "used already" in response.get_data(as_text=True)


def test_who_does_not_allow_it_reads_what_to_do(administrator: CheckingClient, browser_id: int) -> None:
    sent = administrator.get(f"{HOME}/{browser_id}/sign-in").headers["Location"]
    response = administrator.get(allowed(sent, answer="deny"), follow_redirects=True)
    assert "press Allow" in response.get_data(as_text=True)


def test_a_wrong_code_is_told_in_a_sentence(administrator: CheckingClient, browser_id: int) -> None:
    sent = administrator.get(f"{HOME}/{browser_id}/sign-in").headers["Location"]
    state = parse_qs(urlsplit(sent).query)["state"][0]
    response = administrator.post(CALLBACK, data={"code": "x", "state": state}, follow_redirects=True)
    assert "Start connecting again" in response.get_data(as_text=True)


def test_another_organisation_is_not_let_in(
    administrator: CheckingClient, browser_id: int, salesforce: SalesforceEmulator
) -> None:
    change(connection_of(browser_id), organisation="00D000000000009AAA")
    signed_in(administrator, browser_id)
    assert "refresh_token" not in secrets_of(connection_of(browser_id))
    assert "another organisation" in administrator.get(HOME).get_data(as_text=True)


def test_without_a_key_nobody_is_sent_away(administrator: CheckingClient, connected: Flask) -> None:
    with transaction():
        bare = connect("salesforce", name="A", access={"domain": "acme.my"}, secret_values={}, by=None).id
    assert administrator.get(f"{HOME}/{bare}/sign-in").headers["Location"].endswith(f"/{bare}/connect")


def test_the_package_page_says_that_it_needs_an_administrator(
    administrator: CheckingClient, connection_id: int
) -> None:
    page = administrator.get(f"{HOME}/{connection_id}/package").get_data(as_text=True)
    assert "Sign in as an administrator" in page
    assert "VOC_Relationship_Score__c" in page


def test_an_administrators_access_is_kept_apart_and_forgotten(
    administrator: CheckingClient, connection_id: int
) -> None:
    signed_in(administrator, connection_id, purpose="package")
    kept = secrets_of(connection_of(connection_id))
    assert list(kept) == ["package_token"]
    administrator.post(f"{HOME}/{connection_id}/package/forget")
    assert secrets_of(connection_of(connection_id))["package_token"] == ""


@pytest.mark.parametrize(
    ("what", "action", "words"),
    [
        ("check", "crm_package_checked", "The check went well"),
        ("deploy", "crm_package_deployed", "Deployed. Assign the permission sets"),
    ],
)
def test_the_package_is_checked_and_deployed(
    administrator: CheckingClient, connection_id: int, what: str, action: str, words: str
) -> None:
    signed_in(administrator, connection_id, purpose="package")
    path = f"{HOME}/{connection_id}/package"
    administrator.post(f"{path}/deploy", data={"what": what, "with_page": "yes"})
    assert db.session.scalar(select(AuditEntry).where(AuditEntry.action == action)) is not None
    assert "waiting for Salesforce" in administrator.get(path).get_data(as_text=True)
    assert words in over(lambda: administrator.post(f"{path}/progress", follow_redirects=True).text, words)


def over(look: Callable[[], str], words: str) -> str:
    """The page once a deployment is over."""
    page = ""
    for _ in range(10):
        page = look()
        if words in page:
            break
    return page


def test_progress_loads_the_page_anew_when_it_is_over(
    administrator: CheckingClient, connection_id: int
) -> None:
    signed_in(administrator, connection_id, purpose="package")
    path = f"{HOME}/{connection_id}/package"
    administrator.post(f"{path}/deploy", data={"what": "check", "with_page": "yes"})
    asked = {"HX-Request": "true"}
    seen = [administrator.post(f"{path}/progress", headers=asked).headers.get("HX-Refresh") for _ in range(6)]
    assert "true" in seen


def test_progress_without_a_deployment_is_not_found(
    administrator: CheckingClient, connection_id: int
) -> None:
    assert administrator.post(f"{HOME}/{connection_id}/package/progress").status_code == 404


def test_another_system_takes_no_package(administrator: CheckingClient, app: Flask) -> None:
    with transaction():
        number = connect("hubspot", name="HubSpot", access={}, secret_values={}, by=None).id
    assert administrator.get(f"{HOME}/{number}/package").status_code == 404


def test_nothing_is_held_while_salesforce_is_asked(
    administrator: CheckingClient, connection_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    send = requests.Session.send

    def watched(*args: Any, **kwargs: Any) -> requests.Response:
        held.append(db.session().in_transaction())
        return send(*args, **kwargs)

    monkeypatch.setattr(requests.Session, "send", watched)
    signed_in(administrator, connection_id, purpose="package")
    administrator.post(f"{HOME}/{connection_id}/test")
    administrator.post(f"{HOME}/{connection_id}/propose")
    administrator.post(f"{HOME}/{connection_id}/package/deploy", data={"what": "check"})
    administrator.post(f"{HOME}/{connection_id}/package/progress")
    assert len(held) > 10
    assert not any(held)
