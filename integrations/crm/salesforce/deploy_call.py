"""Deploying over the line of a connection."""

from collections.abc import Mapping
from typing import Any

import requests

from integrations.crm.base import TooBusy
from integrations.crm.salesforce.deploy import Call, Files
from integrations.crm.salesforce.line import Line


def call_over(line: Line) -> Call:
    """Return the call that `start_deploy` and `deploy_status` make, over a line.

    Its user must be allowed to change metadata: usually an administrator's own sign-in, not the connection's.
    Raises what the line raises; only questions are asked again after an outage, for a package that may have
    arrived is not to be sent twice.
    """

    def call(
        method: str,
        path: str,
        /,
        *,
        files: Files | None = None,
        json: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        request: dict[str, Any] = {"params": params, "json": json}
        if files is not None:
            # The library's own type of content would hide the boundary of the form, and with it the form.
            request = {"params": params, "files": files, "headers": {"Content-Type": None}}
        return line.call(method, path, _parsed, is_repeatable=method == "GET", **request)

    return call


def _parsed(response: requests.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise TooBusy("Salesforce answered with something that is no answer; try again later.") from None
