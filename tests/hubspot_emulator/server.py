"""The emulator's HTTP server: routes, token, allowance, faults on demand and a log of requests."""

import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from wsgiref.handlers import format_date_time

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.hubspot_emulator import batches
from tests.hubspot_emulator.answers import Refused, invalid
from tests.hubspot_emulator.properties import OBJECTS
from tests.hubspot_emulator.searching import search
from tests.hubspot_emulator.store import PRIMARY, Owner, Store, as_json, moment_text

TOKEN = "pat-eu1-00000000-1111-4222-8333-444444444444"
_ACTIONS = {"create": "write", "update": "write", "upsert": "write"}


@dataclass
class Fault:
    """What happens to the next `count` requests whose path holds `path`.

    With `is_committed` the work is done and the line dropped instead of an answer; else `status` is answered,
    with 0 for a line dropped before any work.
    """

    path: str = ""
    status: int = 503
    count: int = 1
    after: int = 0
    latency: float = 0.0
    retry_after: int | None = None
    body: str = ""
    policy: str = ""
    is_committed: bool = False


@dataclass
class Call:
    """One request as it came in."""

    method: str
    path: str
    body: Any = field(default=None, repr=False)


class HubspotEmulator:
    """A HubSpot account behind a real server on loopback. Use it as a context manager, or call `stop`.

    `ceiling` is how many results of a search can be reached; `most_calls` fails everything beyond.
    """

    def __init__(self, *, port: int = 0, ceiling: int = 10_000, most_calls: int | None = None) -> None:
        self.store = Store()
        self.ceiling = ceiling
        self.most_calls = most_calls
        self.allowed = 500_000
        self.used = 0
        self.scopes = {f"crm.objects.{name}.{right}" for name in OBJECTS for right in ("read", "write")}
        self.scopes.add("crm.objects.owners.read")
        self.token = TOKEN
        self.account_type = "STANDARD"
        self.log: list[Call] = []
        self.faults: list[Fault] = []
        self._lock = threading.Lock()
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listen; the port is free to choose when none was given."""
        self._server = make_server(
            "127.0.0.1", self._port, _make_app(self), threaded=True, request_handler=_Quiet
        )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and wait until that is so."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the emulator listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, path: str = "", **how: Any) -> Fault:
        """Let the next requests to a path fail; see `Fault`."""
        fault = Fault(path, **how)
        self.faults.append(fault)
        return fault

    def paths(self) -> list[str]:
        """Return the paths asked for so far."""
        return [call.path for call in self.log]

    def answer(self) -> Response:
        """Answer the current request."""
        body = request.get_json(silent=True) if request.data else None
        with self._lock:
            self.log.append(Call(request.method, request.path, body))
            if self.most_calls is not None and len(self.log) > self.most_calls:
                return _json(500, {"status": "error", "message": "more calls than the test allows"})
            fault = self._next_fault()
        if fault is not None and fault.latency:
            time.sleep(fault.latency)
        if fault is not None and not fault.is_committed and fault.status != 200:
            return self._faulty(fault)
        with self._lock:
            response = self._work(body)
        if fault is not None and fault.is_committed:
            _drop_line()
        return response

    def _work(self, body: Any) -> Response:
        try:
            self._admit()
            status, found = _route(self, body)
        except Refused as refused:
            status, found = refused.status, dict(refused.body)
        response = _json(status, found)
        if not request.path.endswith("/search"):
            response.headers["X-HubSpot-RateLimit-Daily"] = str(self.allowed)
            response.headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(0, self.allowed - self.used))
        return response

    def _admit(self) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refused(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if self.used >= self.allowed:
            words = "You have reached your daily limit."
            raise Refused(429, "RATE_LIMITS", words, errorType="RATE_LIMIT", policyName="DAILY")
        self.used += 1

    def _next_fault(self) -> Fault | None:
        for fault in self.faults:
            if fault.path in request.path:
                if fault.after:
                    fault.after -= 1
                    return None
                fault.count -= 1
                if fault.count <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def _faulty(self, fault: Fault) -> Response:
        if not fault.status:
            _drop_line()
        if fault.body:
            return Response(fault.body, status=fault.status, mimetype="text/html")
        body = {"status": "error", "message": "It failed on demand.", "policyName": fault.policy}
        response = _json(fault.status, body)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = str(fault.retry_after)
        return response


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the emulator's clock: the server puts it into the header of every answer."""
        return format_date_time(self.server.app.extensions["clock"]().timestamp())

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing: the emulator keeps its own log."""


def _make_app(emulator: HubspotEmulator) -> Flask:
    app = Flask("hubspot_emulator", static_folder=None)
    app.extensions["clock"] = lambda: emulator.store.now()
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app.add_url_rule("/", "root", emulator.answer, methods=methods)
    app.add_url_rule("/<path:_path>", "any", lambda _path: emulator.answer(), methods=methods)
    return app


def _route(emulator: HubspotEmulator, body: Any) -> tuple[int, dict[str, Any]]:
    store, method, parts = emulator.store, request.method, request.path.strip("/").split("/")
    match (method, *parts):
        case ("GET", "account-info", "v3", "details"):
            return 200, _account(emulator)
        case ("POST", "oauth", "v2", "private-apps", "get", "access-token-info"):
            return 200, {"userId": 11, "hubId": store.portal, "appId": 22, "scopes": sorted(emulator.scopes)}
        case ("GET", "crm", "v3", "owners"):
            _demand_scope(emulator, "crm.objects.owners.read")
            return 200, _owners(store)
        case ("GET", "crm", "v3", "properties", name) if name in OBJECTS:
            _demand_scope(emulator, f"crm.objects.{name}.read")
            return 200, {"results": [one.as_json() for one in store.properties[name].values()]}
        case ("GET", "crm", "v3", "objects", name) if name in OBJECTS:
            _demand_scope(emulator, f"crm.objects.{name}.read")
            return 200, _listed(store, name)
        case ("POST", "crm", "v3", "objects", name, "search") if name in OBJECTS:
            _demand_scope(emulator, f"crm.objects.{name}.read")
            return 200, search(store, name, body, ceiling=emulator.ceiling)
        case ("POST", "crm", "v3", "objects", name, "batch", "read") if name in OBJECTS:
            _demand_scope(emulator, f"crm.objects.{name}.read")
            return batches.read_batch(store, name, body)
        case ("POST", "crm", "v3", "objects", name, "batch", action) if (
            name in OBJECTS and action in _ACTIONS
        ):
            _demand_scope(emulator, f"crm.objects.{name}.write")
            return batches.write_batch(store, name, action, body)
        case ("POST", "crm", "v4", "associations", name, "companies", "batch", "read") if name in PRIMARY:
            return batches.read_links(store, name, body)
        case ("POST", "crm", "v4", "associations", name, "companies", "batch", "create") if name in PRIMARY:
            return batches.write_links(store, name, body)
    raise Refused(404, "NOT_FOUND", f"No endpoint {method} {request.path}")


def _demand_scope(emulator: HubspotEmulator, scope: str) -> None:
    if scope not in emulator.scopes:
        message = "This app hasn't been granted all required scopes to make this call."
        errors = [
            {
                "message": "One or more of the scopes are required.",
                "context": {"requiredGranularScopes": [scope]},
            }
        ]
        raise Refused(403, "MISSING_SCOPES", message, errors=errors)


def _account(emulator: HubspotEmulator) -> dict[str, Any]:
    return {
        "portalId": emulator.store.portal,
        "accountType": emulator.account_type,
        "timeZone": "Europe/Dublin",
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": "app-eu1.hubspot.com",
        "dataHostingLocation": "eu1",
    }


def _page(known: set[str]) -> tuple[int, int, bool]:
    unknown = sorted(request.args.keys() - known)
    if unknown:
        raise invalid(f"The parameter {unknown[0]} is not understood")
    limit, after = request.args.get("limit", "10"), request.args.get("after", "0")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100 or not after.isdecimal():
        raise invalid("limit must be between 1 and 100, after a cursor")
    return int(limit), int(after), request.args.get("archived", "false") == "true"


def _listed(store: Store, name: str) -> dict[str, Any]:
    limit, after, is_archived = _page({"limit", "after", "archived", "properties"})
    wanted = [one for one in request.args.get("properties", "").split(",") if one]
    chosen = sorted(
        (item for item in store.items[name].values() if (item.archived_at is not None) == is_archived),
        key=lambda item: item.id,
    )
    page = [item for item in chosen if item.id > after][: limit + 1]
    found: dict[str, Any] = {"results": [as_json(item, item.properties, wanted) for item in page[:limit]]}
    if len(page) > limit:
        found["paging"] = {"next": {"after": str(page[limit - 1].id), "link": ""}}
    return found


def _owners(store: Store) -> dict[str, Any]:
    limit, after, is_archived = _page({"limit", "after", "archived", "email"})
    chosen = sorted(
        (one for one in store.owners.values() if one.is_archived == is_archived), key=lambda one: one.id
    )
    page = [one for one in chosen if one.id > after][: limit + 1]
    found: dict[str, Any] = {"results": [_owner(one) for one in page[:limit]]}
    if len(page) > limit:
        found["paging"] = {"next": {"after": str(page[limit - 1].id), "link": ""}}
    return found


def _owner(owner: Owner) -> dict[str, Any]:
    return {
        "id": str(owner.id),
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": owner.id + 9_000,
        "createdAt": moment_text(owner.updated_at - timedelta(days=1)),
        "updatedAt": moment_text(owner.updated_at),
        "archived": owner.is_archived,
    }


def _json(status: int, body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def _drop_line() -> None:
    """Close the connection under the answer, so that it never arrives."""
    line: socket.socket = request.environ["werkzeug.socket"]
    line.shutdown(socket.SHUT_RDWR)
