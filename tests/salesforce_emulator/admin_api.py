"""The controls over HTTP, for other processes on the same machine: POST /__admin__/<name> with JSON."""

import json
from collections.abc import Mapping
from typing import Any

import requests
from werkzeug.wrappers import Request, Response

from tests.salesforce_emulator.calls import as_response
from tests.salesforce_emulator.controls import Controls
from tests.salesforce_emulator.org import Org
from tests.salesforce_emulator.refusals import ApiError

NOT_OVER_HTTP = {"add_rule"}


def answer(org: Org, request: Request, name: str) -> Response:
    """Call a control by its name. The body holds {"args": [...], "kwargs": {...}}, both of them optional."""
    function = getattr(Controls(org), name, None)
    is_known = not name.startswith("_") and name not in NOT_OVER_HTTP and callable(function)
    # A page of another site can post forms to loopback, but not JSON.
    if request.method != "POST" or request.mimetype != "application/json" or not is_known:
        return as_response((404, {"error": f"there is no control {name} for {request.method} with JSON"}))
    assert function is not None
    try:
        given: Mapping[str, Any] = json.loads(request.get_data() or b"{}")
        result = function(*given.get("args", ()), **given.get("kwargs", {}))
    except (ApiError, ValueError, TypeError, KeyError) as problem:
        return as_response((400, {"error": f"{type(problem).__name__}: {problem}"}))
    return as_response((200, {"result": result}))


class RemoteControls:
    """The controls of an emulator in another process, by the same names."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a control and return what it returns. Raises RuntimeError when it refuses."""
        body = json.dumps({"args": args, "kwargs": kwargs}, default=str)
        headers = {"Content-Type": "application/json"}
        found = requests.post(f"{self.url}/__admin__/{name}", data=body, headers=headers, timeout=60)
        told = found.json()
        if found.status_code != 200:
            raise RuntimeError(told["error"])
        return told["result"]
