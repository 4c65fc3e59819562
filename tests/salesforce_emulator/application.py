"""The web application of the emulator: from a request over faults, quota and rights to an answer."""

import re
import socket
import time
import traceback
from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.salesforce_emulator import (
    admin_api,
    bulk_ingest,
    bulk_query,
    metadata_api,
    oauth,
    reading_api,
    writing_api,
)
from tests.salesforce_emulator.calls import Call, as_response, find
from tests.salesforce_emulator.faults import Fault
from tests.salesforce_emulator.org import Entry, Org
from tests.salesforce_emulator.refusals import ApiError, missing

ROUTES = [
    route
    for module in (reading_api, writing_api, bulk_ingest, bulk_query, metadata_api)
    for route in module.routes.all
]
API = re.compile(r"/services/data/v(\d+)\.0(/.*)?")
LONGEST_HEAD = 16_384
KEPT_BODY = 1_000_000
ADMIN = "/__admin__/"


class Application:
    """A WSGI application around an org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        path = environ.get("REQUEST_URI", request.path).split("?")[0]
        if path.startswith(ADMIN):
            return admin_api.answer(self.org, request, path.removeprefix(ADMIN))(environ, start_response)
        body = request.get_data(cache=True, parse_form_data=False) if _keeps_body(request) else b""
        entry = self._note(request, path, body)
        fault = self._fault(request.method, path)
        if fault and fault.latency:
            time.sleep(fault.latency)
        if fault and fault.drop == "before":
            return _hang_up(environ)
        response = _faulty(fault) if fault and fault.status else self._answer(request, path)
        request.close()
        if fault and fault.drop == "after":
            entry.status = -1
            return _hang_up(environ)
        entry.status = response.status_code
        self._stamp(response)
        return response(environ, start_response)

    def _note(self, request: Request, path: str, body: bytes) -> Entry:
        query = request.query_string.decode("latin-1")
        is_secret = path.startswith("/services/oauth2")
        entry = Entry(
            request.method,
            path,
            "" if is_secret else query,
            request.headers.get("X-Original-Url", "") if not is_secret else _bare(request),
            int(request.headers.get("Content-Length") or 0),
            body=b"" if is_secret else body[:KEPT_BODY],
            headers={k: v for k, v in request.headers.items() if k not in ("Authorization", "Cookie")},
        )
        with self.org.lock:
            self.org.log.append(entry)
        return entry

    def _fault(self, method: str, path: str) -> Fault | None:
        with self.org.lock:
            cap = self.org.request_cap
            if cap is not None and len(self.org.log) > cap:
                self.org.complaints.append(f"more than {cap} requests: {method} {path}")
                return Fault(status=500, code="UNKNOWN_EXCEPTION", message=f"more than {cap} requests")
            hit = next((fault for fault in self.org.faults if fault.hits(method, path)), None)
            self.org.faults = [fault for fault in self.org.faults if fault.count is None or fault.count > 0]
            return hit

    def _answer(self, request: Request, path: str) -> Response:
        with self.org.lock:
            try:
                return as_response(self._dispatch(request, path))
            except ApiError as refusal:
                return as_response((refusal.status, refusal.body()))
            except Exception:
                # A fault of the emulator must not pass for one of Salesforce: it fails the test at its end.
                self.org.complaints.append(traceback.format_exc())
                return as_response((500, ApiError(500, "UNKNOWN_EXCEPTION", "the emulator failed").body()))

    def _dispatch(self, request: Request, path: str) -> Any:
        # The original address stands in a header for tests only; Salesforce would not get it.
        headers = ((k, v) for k, v in request.headers if k != "X-Original-Url")
        if (
            len(path) + len(request.query_string) + sum(len(k) + len(v) + 4 for k, v in headers)
            > LONGEST_HEAD
        ):
            raise ApiError(414, "URI_TOO_LONG", "URI and headers are longer than 16,384 bytes")
        bare = path.rstrip("/")
        if bare == "/services/oauth2/token" and request.method == "POST":
            return oauth.token(self.org, request)
        if bare == "/services/oauth2/authorize" and request.method == "GET":
            return oauth.authorize(self.org, request)
        if bare == "/services/oauth2/revoke" and request.method in ("GET", "POST"):
            return oauth.revoke(self.org, request)
        if bare == "/services/data" and request.method == "GET":
            return reading_api.versions()
        if bare.startswith("/id/") and request.method == "GET":
            return self._identity(bare, self._caller(request))
        found = API.fullmatch(bare)
        if not found or found[1] not in reading_api.VERSIONS:
            raise missing()
        user = self._caller(request)
        quota = self.org.quota
        if quota.used >= quota.most:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        quota.used += 1
        handler, parts = find(ROUTES, request.method, found[2] or "")
        return handler(Call(self.org, request, f"{found[1]}.0", user), **parts)

    def _caller(self, request: Request) -> str:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        access = self.org.access
        session = access.sessions.get(token)
        is_fine = (
            scheme in ("Bearer", "OAuth")
            and session is not None
            and access.accepts_sessions
            and session.ends > self.org.clock.now()
            and session.calls != 0
        )
        if session is None or not is_fine:
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if session.calls is not None:
            session.calls -= 1
        return session.user

    def _identity(self, path: str, user: str) -> dict[str, Any]:
        row = self.org.row(user)
        if row is None or path != f"/id/{self.org.org_id}/{user}":
            raise missing()
        return {
            "id": f"{self.org.url}{path}",
            "user_id": user,
            "organization_id": self.org.org_id,
            "username": row["Username"],
            "display_name": row["Name"],
            "email": row["Email"],
            "active": True,
        }

    def _stamp(self, response: Response) -> None:
        quota = self.org.quota
        response.headers["Sforce-Limit-Info"] = f"api-usage={quota.used}/{quota.most}"


def _keeps_body(request: Request) -> bool:
    return request.mimetype in ("application/json", "text/csv", "text/xml")


def _bare(request: Request) -> str:
    return request.headers.get("X-Original-Url", "").split("?")[0]


def _faulty(fault: Fault) -> Response:
    if fault.html:
        response = Response(fault.html, status=fault.status, content_type="text/html; charset=utf-8")
    elif fault.body:
        response = Response(fault.body, status=fault.status, content_type="application/json;charset=UTF-8")
    else:
        response = as_response((fault.status, ApiError(fault.status, fault.code, fault.message).body()))
    response.headers.update(fault.headers)
    return response


def _hang_up(environ: dict[str, Any]) -> Iterable[bytes]:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the connection is cut on purpose")
