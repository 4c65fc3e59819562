"""A server that answers what the test says: for what no organisation would do on request."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.crm.salesforce.access import SalesforceAccess
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.crm.salesforce.session import Timeouts

ORGANISATION = "00D000000000001EAA"
USER = "005000000000001AAA"
PAUSES: list[float] = []


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> Mapping[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Say:
    """One answer. `hangs_up` ends the connection instead; `keeps_silent` waits until the stub is closed."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    keeps_silent: bool = False


EXPIRED = Say([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}], 401)
HANG_UP = Say(hangs_up=True)


def token(number: int = 1, **more: str) -> Say:
    answer = {
        "access_token": f"00D!token{number}",
        "instance_url": "https://acme.my.salesforce.com",
        "id": f"https://login.salesforce.com/id/{ORGANISATION}/{USER}",
        "token_type": "Bearer",
    }
    return Say({**answer, **more})


class Stub:
    """What has arrived and what will be answered: tokens by their own list, then the answers in order."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.tokens: deque[Say] = deque()
        self.answers: deque[Say] = deque()
        self.answer_all: Callable[[Seen], Say] | None = None
        self.url = ""
        self.closing = threading.Event()
        self.connections: list[SalesforceCrm] = []

    def next_answer(self, seen: Seen) -> Say:
        self.seen.append(seen)
        if seen.path == "/services/oauth2/token":
            number = sum(one.path == seen.path for one in self.seen)
            return self.tokens.popleft() if self.tokens else token(number)
        if self.answer_all is not None:
            return self.answer_all(seen)
        return self.answers.popleft()

    @property
    def paths(self) -> list[str]:
        return [f"{seen.method} {seen.path.removeprefix('/services/data/v64.0/')}" for seen in self.seen]

    def crm(self, **changes: Any) -> SalesforceCrm:
        access = an_access(self.url, **changes)
        self.connections.append(
            SalesforceCrm(access, timeouts=Timeouts(connect=2, read=0.5), sleep=PAUSES.append)
        )
        return self.connections[-1]


def an_access(url: str = "", **changes: Any) -> SalesforceAccess:
    settings = {
        "domain": "acme.my",
        "consumer_key": "the key",
        "consumer_secret": "the secret",
        "emulator_url": url,
    }
    return SalesforceAccess(**{**settings, **changes})


@cache
def a_private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@contextmanager
def running_stub() -> Iterator[Stub]:
    stub = Stub()
    PAUSES.clear()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            say = stub.next_answer(Seen(self.command, parts.path, query, dict(self.headers), body))
            if say.keeps_silent:
                stub.closing.wait(10)
            if say.hangs_up or say.keeps_silent:
                self.close_connection = True
                return
            content = say.body if isinstance(say.body, bytes) else b""
            if isinstance(say.body, str):
                content = say.body.encode()
            elif say.body is not None and not isinstance(say.body, bytes):
                content = json.dumps(say.body).encode()
            self.send_response_only(say.status)
            if "Date" not in say.headers:
                self.send_header("Date", self.date_time_string())
            for name, value in say.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        for crm in stub.connections:
            crm.close()
        stub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
