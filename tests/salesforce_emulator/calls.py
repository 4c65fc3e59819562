"""One call of the API: what came in, who calls, and how addresses lead to answers."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from tests.salesforce_emulator.org import Org
from tests.salesforce_emulator.refusals import ApiError, malformed_json, missing
from tests.salesforce_emulator.schema import Kind
from tests.salesforce_emulator.writing import Writer


@dataclass
class Call:
    """One request of a caller who is let in; `version` is the API version of the address."""

    org: Org
    request: Request
    version: str
    user: str

    @property
    def writer(self) -> Writer:
        """On whose behalf this call writes."""
        header = self.request.headers.get("Sforce-Duplicate-Rule-Header", "")
        found = {part.strip().lower() for part in re.split(r"[;,]", header)}
        return Writer(
            self.user, allows_duplicates="allowsave=true" in {part.replace(" ", "") for part in found}
        )

    def kind(self, name: str) -> Kind:
        """Return an object the caller may see. Raises `ApiError` 404."""
        found = self.org.schema.visible_kind(name, self.user)
        if found is None:
            raise missing()
        return found

    def body(self, allowed: Iterable[str] | None = None) -> dict[str, Any]:
        """Return the JSON object of the body; keys beside the allowed ones are refused."""
        if self.request.mimetype != "application/json":
            raise ApiError(
                415, "UNSUPPORTED_MEDIA_TYPE", f"Content type {self.request.mimetype} not supported."
            )
        try:
            found = json.loads(self.request.get_data())
        except ValueError:
            raise malformed_json("Unexpected character in the body") from None
        if not isinstance(found, dict):
            raise malformed_json("The HTTP entity body must be an object")
        if allowed is not None:
            for key in found:
                if key not in set(allowed):
                    raise malformed_json(f'Unrecognized field "{key}"')
        return found


Answer = Any
Handler = Callable[..., Answer]


@dataclass(frozen=True)
class Route:
    """An address: a method, a pattern for the path and what answers it."""

    method: str
    pattern: re.Pattern[str]
    answer: Handler


class Routes:
    """A list of addresses. A pattern holds names in braces; each stands for one part of the path."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def add(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        """Give a decorator that makes a function answer an address."""
        expression = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))

        def register(function: Handler) -> Handler:
            self.all.append(Route(method, expression, function))
            return function

        return register


def find(routes: Sequence[Route], method: str, path: str) -> tuple[Handler, Mapping[str, str]]:
    """Return what answers a raw path and the parts of it. Raises `ApiError` 404 or 405."""
    matches = [(route, found) for route in routes if (found := route.pattern.fullmatch(path))]
    for route, found in matches:
        if route.method == method:
            return route.answer, {name: unquote(part) for name, part in found.groupdict().items()}
    if matches:
        allowed = ",".join(sorted({route.method for route, _ in matches}))
        message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
        raise ApiError(405, "METHOD_NOT_ALLOWED", message)
    raise missing()


def as_response(answer: Answer) -> Response:
    """Return the response for what a handler answered: nothing, a status and JSON, JSON, or a response."""
    if isinstance(answer, Response):
        return answer
    status, body = answer if isinstance(answer, tuple) else (200, answer)
    if body is None:
        return Response(status=204 if status == 200 else status)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, content_type="application/json;charset=UTF-8")
