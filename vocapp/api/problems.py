"""Errors for programs: problem details (RFC 9457) for everything under `/api`."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from apiflask import HTTPError
from flask import Response, request
from werkzeug.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

# What each status means here, for whoever reads a program's log.
DETAILS = {
    400: "The request cannot be read; send JSON as the documentation describes it.",
    404: "There is nothing here that this token may see.",
    405: "This address does not take this method; the Allow header names those it takes.",
    413: "The request is too large.",
    415: "Send JSON, with Content-Type: application/json.",
    429: "Too many requests; try again after the seconds that Retry-After names.",
    500: "Something went wrong here; the X-Request-ID header names this request in our log.",
    503: "The database cannot be reached right now; try again after the seconds that Retry-After names.",
}


class Problem(HTTPException):
    """A refusal with a detail of its own, and what is wrong with which part of the request."""

    def __init__(
        self,
        code: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.errors = code, detail, list(errors)
        self.more_headers = dict(headers or {})


def is_for_programs() -> bool:
    """Whether this request is answered with JSON, errors included."""
    return request.path == "/api" or request.path.startswith("/api/")


def problem_of(error: HTTPException) -> Response:
    """Return an HTTP error as a problem, with the headers that belong to it."""
    if isinstance(error, Problem):
        return problem(error.code or 500, error.detail, headers=error.more_headers, errors=error.errors)
    code = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return problem(code, DETAILS.get(code, HTTPStatus(code).phrase + "."), headers=headers)


def invalid_input(error: HTTPError) -> Response:
    """Return what is wrong with the query or the body, part by part."""
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem(400, DETAILS[400])
    messages = error.detail if isinstance(error.detail, dict) else {}
    errors = [
        {where: name, "detail": text}
        for location, found in messages.items()
        for where, name, text in _flat("pointer" if location == "json" else "parameter", found)
    ]
    return problem(error.status_code, "Some values cannot be used; errors names them.", errors=errors)


def problem(
    code: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """Return a problem document; its type is about:blank, so its title is what HTTP calls the status."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": detail,
    }
    if errors:
        document["errors"] = list(errors)
    response = Response(json.dumps(document), status=code, mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response


def _flat(where: str, found: Any, path: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """Return (kind of place, place, what is wrong) of nested messages; places in a body are JSON pointers."""
    if isinstance(found, Mapping):
        return [one for key, value in found.items() for one in _flat(where, value, (*path, str(key)))]
    # What is wrong with the whole body is said about no field of it.
    parts = [part for part in path if part != "_schema"]
    pointers = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    name = pointers if where == "pointer" else ".".join(parts)
    texts = found if isinstance(found, list) else [found]
    return [(where, name, str(text)) for text in texts]
