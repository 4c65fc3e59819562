"""Deployments: a zip comes in, is looked at, and changes the schema unless it is only checked."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.salesforce_emulator.calls import Call, Routes
from tests.salesforce_emulator.ids import make_id, normal_id
from tests.salesforce_emulator.metadata_package import Package, read_package
from tests.salesforce_emulator.org import INTEGRATION_USER, Org
from tests.salesforce_emulator.refusals import ApiError, malformed_json
from tests.salesforce_emulator.schema import Field
from tests.salesforce_emulator.standard_objects import fixed, make, text

routes = Routes()
OPTIONS = {
    "allowMissingFiles",
    "autoUpdatePackage",
    "checkOnly",
    "ignoreWarnings",
    "performRetrieve",
    "purgeOnDelete",
    "rollbackOnError",
    "runTests",
    "singlePackage",
    "testLevel",
}
POLLS = 1  # Polls that find a deployment under way.


@dataclass
class Deployment:
    """A zip handed over and how far it is."""

    id: str
    content: bytes = field(repr=False)
    options: dict[str, Any]
    user: str
    created: str
    status: str = "Pending"
    polls: int = 0
    package: Package | None = None
    warnings: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def is_check(self) -> bool:
        """Whether nothing is to be kept."""
        return bool(self.options.get("checkOnly"))

    def told(self, *, with_details: bool) -> dict[str, Any]:
        """Return what the API says about the deployment."""
        is_done = self.status in ("Succeeded", "Failed", "Canceled")
        components = list(self.package.components()) if self.package else []
        problems = self.package.problems if self.package else []
        result: dict[str, Any] = {
            "id": self.id,
            "status": self.status,
            "done": is_done,
            "success": self.status == "Succeeded",
            "checkOnly": self.is_check,
            "ignoreWarnings": bool(self.options.get("ignoreWarnings")),
            "rollbackOnError": bool(self.options.get("rollbackOnError", True)),
            "createdDate": self.created,
            "createdBy": self.user,
            "numberComponentsTotal": len(components),
            "numberComponentsDeployed": len(components) if self.status == "Succeeded" else 0,
            "numberComponentErrors": len(problems),
            "numberTestErrors": 0,
            "numberTestsCompleted": 0,
            "numberTestsTotal": 0,
            "runTestsEnabled": False,
        }
        if with_details:
            result["details"] = {
                "componentSuccesses": [] if problems else [_went(self, *one) for one in components],
                "componentFailures": [
                    {
                        "componentType": problem.kind,
                        "fullName": problem.name,
                        "fileName": problem.file,
                        "problem": problem.words,
                        "problemType": "Error",
                        "success": False,
                    }
                    for problem in problems
                ],
            }
        return {"id": self.id, "deployOptions": self.options, "deployResult": result}


def _went(deployment: Deployment, kind: str, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {"componentType": kind, "fullName": name, "success": True}
    for warned_kind, warned_name, words in deployment.warnings:
        if (warned_kind, warned_name) == (kind, name):
            told |= {"problem": words, "problemType": "Warning"}
    return told


@routes.add("POST", "/metadata/deployRequest")
def deploy(call: Call) -> tuple[int, dict[str, Any]]:
    if call.user == INTEGRATION_USER and not call.org.options.integration_may_deploy:
        raise ApiError(
            403, "INSUFFICIENT_ACCESS", "use of the Metadata API requires a user with Modify Metadata"
        )
    request = call.request
    if request.mimetype != "multipart/form-data":
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", f"Content type {request.mimetype} not supported.")
    try:
        spec = json.loads(request.form.get("json", ""))
    except ValueError:
        raise malformed_json("the part json must hold the options of the deployment") from None
    options = spec.get("deployOptions") if isinstance(spec, dict) else None
    upload = request.files.get("file")
    if not isinstance(options, dict) or set(spec) != {"deployOptions"} or not set(options) <= OPTIONS:
        raise malformed_json("Unrecognized field in the options of the deployment")
    if upload is None or upload.mimetype != "application/zip":
        raise ApiError(400, "INVALID_MULTIPART_REQUEST", "the part file must hold a zip")
    if options.get("singlePackage") is not True:
        raise ApiError(400, "INVALID_OPERATION", "only single packages are understood here")
    key = make_id("0Af", call.org.new_number())
    found = Deployment(key, upload.read(), options, call.user, call.org.clock.stamp())
    call.org.deployments[key] = found
    return 201, found.told(with_details=False)


@routes.add("GET", "/metadata/deployRequest/{key}")
def poll(call: Call, key: str) -> dict[str, Any]:
    found = call.org.deployments.get(normal_id(key) or "")
    if found is None:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    if found.status in ("Pending", "InProgress"):
        if found.polls < POLLS:
            found.polls += 1
            found.status = "InProgress"
        else:
            _finish(call.org, found)
    return dict(found.told(with_details=call.request.args.get("includeDetails") == "true"))


def _finish(org: Org, deployment: Deployment) -> None:
    package = deployment.package = read_package(deployment.content, org.schema)
    deployment.content = b""
    if package.problems:
        deployment.status = "Failed"
        return
    deployment.status = "Succeeded"
    for kind, name in package.removals:
        if not _is_there(org, kind, name):
            deployment.warnings.append((kind, name, f"No {kind} named: {name} found"))
    if not deployment.is_check:
        _apply(org, package)


def _is_there(org: Org, kind: str, name: str) -> bool:
    if kind == "CustomField":
        owner, _, own = name.partition(".")
        found = org.schema.get(owner)
        return found is not None and found.get(own) is not None
    if kind == "CustomObject":
        return org.schema.get(name) is not None
    if kind == "PermissionSet":
        return name in org.schema.permission_sets
    return (kind, name) in org.schema.other_members


def _apply(org: Org, package: Package) -> None:
    schema = org.schema
    for new in package.objects.values():
        if schema.get(new.name) is None:
            name = text("Name", 80, label=f"{new.label} Name", is_required=not new.name_format)
            kind = make(new.name, schema.next_prefix(), fixed(name) if new.name_format else name)
            kind.needs_grant, kind.name_format = True, new.name_format
            schema.add(kind)
        kind = schema.kinds[new.name.lower()]
        kind.label, kind.plural = new.label, new.plural
    for (owner, _), one in package.fields.items():
        _add_field(org, owner, one)
    for granted in package.permission_sets.values():
        schema.permission_sets[granted.name] = granted
        if org.options.assigns_permission_sets:
            schema.assignments.setdefault(INTEGRATION_USER, set()).add(granted.name)
    for kind_name, names in package.members.items():
        if kind_name not in ("CustomField", "CustomObject", "PermissionSet"):
            schema.other_members |= {(kind_name, name) for name in names}
    for kind_name, name in package.removals:
        _remove(org, kind_name, name)


def _add_field(org: Org, owner: str, one: Field) -> None:
    kind = org.schema.kinds[owner.lower()]
    kind.add(one)
    # What could be found by another rule of comparing cannot be found by the old index.
    org.table(owner).forget_index(one.name)


def _remove(org: Org, kind: str, name: str) -> None:
    if kind == "CustomField":
        owner, _, own = name.partition(".")
        known = org.schema.get(owner)
        found = known.fields.pop(own.lower(), None) if known else None
        if found:
            org.table(owner).drop_field(found.name)
        for granted in org.schema.permission_sets.values():
            granted.readable.discard(name)
            granted.editable.discard(name)
    elif kind == "CustomObject":
        org.drop_table(name)
        for granted in org.schema.permission_sets.values():
            granted.objects.discard(name)
    elif kind == "PermissionSet":
        org.schema.permission_sets.pop(name, None)
        for held in org.schema.assignments.values():
            held.discard(name)
    else:
        org.schema.other_members.discard((kind, name))
