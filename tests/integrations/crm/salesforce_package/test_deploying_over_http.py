import json
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest

from integrations.crm.base import TooBusy
from integrations.crm.salesforce.access import SalesforceAccess
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.crm.salesforce.deploy import deploy_status, start_deploy
from integrations.crm.salesforce.package import zip_package
from tests.integrations.crm.salesforce_package.builders import a_package

DEPLOY_ID = "0Af3g00000Cwjv3AAB"
REQUESTS = "/services/data/v64.0/metadata/deployRequest"


class Organisation(ThreadingHTTPServer):
    """An organisation that signs everybody in, takes packages apart and says that they went through."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.forms: list[dict[str, tuple[str, bytes]]] = []
        self.asked: list[str] = []
        self.outages = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Door(BaseHTTPRequestHandler):
    server: Organisation

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/services/oauth2/token":
            self._answer({"access_token": "00D!secret", "instance_url": self.server.url, "id": ""})
            return
        self.server.asked.append(f"POST {self.path}")
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + body).get_payload()
        self.server.forms.append(
            {
                part.get_param("name", header="content-disposition"): (
                    part.get_content_type(),
                    part.get_payload(decode=True),
                )
                for part in parts
            }
        )
        self._answer_or_fail({"id": DEPLOY_ID}, status=201)

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path}")
        self._answer_or_fail({"id": DEPLOY_ID, "deployResult": {"done": True, "status": "Succeeded"}})

    def _answer_or_fail(self, content: Any, *, status: int = 200) -> None:
        if self.server.outages:
            self.server.outages -= 1
            content, status = [{"errorCode": "SERVER_UNAVAILABLE", "message": "Back soon"}], 503
        self._answer(content, status=status)

    def _answer(self, content: Any, *, status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


@pytest.fixture
def organisation() -> Iterator[Organisation]:
    with Organisation() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def crm(organisation: Organisation) -> Iterator[SalesforceCrm]:
    access = SalesforceAccess(
        domain="acme.my", consumer_key="key", consumer_secret="secret", emulator_url=organisation.url
    )
    with SalesforceCrm(access, sleep=lambda seconds: None) as crm:
        yield crm


def test_the_package_arrives_as_a_form_and_whole(organisation: Organisation, crm: SalesforceCrm) -> None:
    parts = a_package()
    assert start_deploy(crm.ask, zip_package(parts), check_only=True) == DEPLOY_ID
    (form,) = organisation.forms
    assert form["json"][0] == "application/json"
    assert json.loads(form["json"][1])["deployOptions"]["checkOnly"] is True
    with ZipFile(BytesIO(form["file"][1])) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == parts


def test_json_is_spoken_again_after_a_deployment(organisation: Organisation, crm: SalesforceCrm) -> None:
    start_deploy(crm.ask, b"PK", check_only=True)
    assert deploy_status(crm.ask, DEPLOY_ID).is_success
    assert organisation.asked == [
        f"POST {REQUESTS}",
        f"GET {REQUESTS}/{DEPLOY_ID}?includeDetails=true",
    ]


def test_what_may_have_arrived_is_not_sent_twice(organisation: Organisation, crm: SalesforceCrm) -> None:
    organisation.outages = 1
    with pytest.raises(TooBusy):
        start_deploy(crm.ask, b"PK", check_only=False)
    assert organisation.asked == [f"POST {REQUESTS}"]


def test_a_question_is_asked_again_after_an_outage(organisation: Organisation, crm: SalesforceCrm) -> None:
    organisation.outages = 1
    assert deploy_status(crm.ask, DEPLOY_ID).is_success
    assert len(organisation.asked) == 2
