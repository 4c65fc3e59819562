"""An emulated org and a client of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator

NOON = "2026-03-11T12:00:00Z"


@dataclass
class Client:
    """Calls of the API, without any library in between."""

    url: str
    session: requests.Session
    token: str

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a call and return its answer."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        address = path if path.startswith("/") else f"/services/data/v64.0/{path}"
        return self.session.request(method, self.url + address, headers=headers, timeout=20, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Return the JSON of an answer that is fine."""
        answer = self.call("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def query(self, source: str, *, path: str = "query", **more: Any) -> Any:
        """Return the first page of a query."""
        return self.get(path, params={"q": source}, **more)

    def names(self, source: str, *, path: str = "query") -> list[str]:
        """Return the names a query finds."""
        return [record["Name"] for record in self.query(source, path=path)["records"]]

    def refusal(self, source: str) -> str:
        """Return the code a query is refused with."""
        answer = self.call("GET", "query", params={"q": source})
        assert answer.status_code == 400, answer.text
        return str(answer.json()[0]["errorCode"])


def sign_in(url: str, session: requests.Session) -> str:
    form = {"grant_type": "client_credentials"}
    answer = session.post(
        f"{url}/services/oauth2/token", data=form, auth=(CONSUMER_KEY, CONSUMER_SECRET), timeout=20
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def client_of(emulator: SalesforceEmulator, session: requests.Session) -> Client:
    return Client(emulator.url, session, sign_in(emulator.url, session))


@pytest.fixture
def emulator() -> Iterator[SalesforceEmulator]:
    with SalesforceEmulator() as emulator:
        emulator.set_clock(NOON)
        yield emulator


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def client(emulator: SalesforceEmulator, session: requests.Session) -> Client:
    return client_of(emulator, session)
