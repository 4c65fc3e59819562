"""Sending the package to an organisation: trying it, deploying it, and asking how it goes."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from integrations.crm.salesforce.line import Files
from integrations.errors import Rejected

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_SUCCEEDED = "Succeeded"


class Call(Protocol):
    """One signed-in request to the versioned REST interface, such as `SalesforceCrm.ask`; returns its JSON.

    `path` is relative to /services/data/vNN.0/. With `files` the request is a multipart form, and its type of
    content must come from the form's own boundary, not from a session's default.
    """

    def __call__(
        self,
        method: str,
        path: str,
        /,
        *,
        files: Files | None = None,
        json: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """Send the request. Raises what the client raises for refusals and outages."""
        ...


@dataclass(frozen=True, slots=True)
class DeployStatus:
    """Where a deployment stands. `state` is Salesforce's own word for it.

    `problems` are sentences, one for each component that was refused; `components` counts those that went
    through and `total` all there are, so that a page can show how far it is.
    """

    done: bool
    is_success: bool
    state: str
    problems: tuple[str, ...] = ()
    components: int = 0
    total: int = 0


def start_deploy(call: Call, package: bytes, *, check_only: bool) -> str:
    """Hand a zip over and return the id of its deployment; it goes through as a whole or not at all.

    With `check_only` everything is tried and nothing is kept. The user signed in must be allowed to change
    metadata, which an integration user is not. Raises Rejected when the answer names no deployment.
    """
    options = {"checkOnly": check_only, "singlePackage": True, "rollbackOnError": True}
    answer = call(
        "POST",
        "metadata/deployRequest",
        files={
            "json": (None, json.dumps({"deployOptions": options}), "application/json"),
            "file": ("voc.zip", package, "application/zip"),
        },
    )
    deploy_id = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(deploy_id, str) or not _ID.fullmatch(deploy_id):
        raise Rejected("Salesforce took the package but named no deployment; look under Deployment Status.")
    return deploy_id


def deploy_status(call: Call, deploy_id: str) -> DeployStatus:
    """Return how a deployment goes. Raises Rejected when the answer says nothing about it."""
    if not _ID.fullmatch(deploy_id):
        raise Rejected("This is not the number of a deployment; start the deployment again.")
    answer = call("GET", f"metadata/deployRequest/{quote(deploy_id)}", params={"includeDetails": "true"})
    result = answer.get("deployResult") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        raise Rejected("Salesforce said nothing about this deployment; look under Deployment Status.")
    done, state = result.get("done") is True, str(result.get("status") or "Unknown")
    is_success = done and state == _SUCCEEDED
    return DeployStatus(
        done=done,
        is_success=is_success,
        state=state,
        problems=() if is_success else _problems(result, is_over=done),
        components=_count(result.get("numberComponentsDeployed")),
        total=_count(result.get("numberComponentsTotal")),
    )


def _problems(result: Mapping[str, Any], *, is_over: bool) -> tuple[str, ...]:
    details = result.get("details")
    failures = details.get("componentFailures") if isinstance(details, dict) else None
    if failures is None:
        failures = result.get("componentFailures")
    sentences = [_sentence(failure) for failure in _listed(failures)]
    if message := result.get("errorMessage"):
        sentences.append(f"Salesforce said: {str(message).rstrip('.')}.")
    if is_over and not sentences:
        sentences.append("Salesforce gave no reason; look under Deployment Status in its Setup.")
    return tuple(dict.fromkeys(sentences))


def _sentence(failure: Mapping[str, Any]) -> str:
    name = " ".join(str(failure[key]) for key in ("componentType", "fullName") if failure.get(key))
    problem = str(failure.get("problem") or "was refused without a reason").rstrip(".")
    line = f" (line {failure['lineNumber']})" if failure.get("lineNumber") else ""
    return f"{name or failure.get('fileName') or 'The package'}: {problem}{line}."


def _listed(found: object) -> Sequence[Mapping[str, Any]]:
    # One failure comes alone in what was once XML, several come as a list.
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict)]


def _count(found: object) -> int:
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
