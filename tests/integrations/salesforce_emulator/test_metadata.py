"""Packages of metadata: what they change, who sees it, and what is refused."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.salesforce_emulator.server import SalesforceEmulator

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
FIELD = (
    "<fields><fullName>Score__c</fullName><label>Score</label><precision>3</precision><scale>0</scale>"
    "<type>Number</type></fields>"
)
GRANT = (
    "<fieldPermissions><editable>true</editable><field>Account.Score__c</field><readable>true</readable>"
    "</fieldPermissions><label>Ours</label>"
)
SET = "permissionsets/Ours.permissionset"


def manifest(**members: list[str]) -> str:
    types = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    return f"{HEAD}<Package {SPACE}>{types}<version>64.0</version></Package>"


def parts(**more: str) -> dict[str, str]:
    """Return a package with one field and a permission set for it, with other files in their place."""
    usual = {
        "package.xml": manifest(CustomField=["Account.Score__c"], PermissionSet=["Ours"]),
        "objects/Account.object": f"{HEAD}<CustomObject {SPACE}>{FIELD}</CustomObject>",
        SET: f"{HEAD}<PermissionSet {SPACE}>{GRANT}</PermissionSet>",
    }
    return usual | more


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return buffer.getvalue()


def deploy(client: Any, content: bytes, **options: Any) -> dict[str, Any]:
    """Hand a zip over, wait for the end and return the result."""
    chosen = {"checkOnly": False, "singlePackage": True, "rollbackOnError": True, **options}
    files = {
        "json": (None, json.dumps({"deployOptions": chosen}), "application/json"),
        "file": ("x.zip", content, "application/zip"),
    }
    started = client.call("POST", "metadata/deployRequest", files=files)
    assert started.status_code == 201, started.text
    states = []
    while True:
        told = client.get(f"metadata/deployRequest/{started.json()['id']}?includeDetails=true")[
            "deployResult"
        ]
        states.append(told["status"])
        if told["done"]:
            assert states[0] == "InProgress"
            return dict(told)


def sees_score(client: Any) -> bool:
    return "Score__c" in {field["name"] for field in client.get("sobjects/Account/describe")["fields"]}


def test_a_field_is_seen_once_a_permission_set_is_assigned(client: Any, emulator: SalesforceEmulator) -> None:
    assert deploy(client, zipped(parts()))["status"] == "Succeeded"
    assert not sees_score(client)
    emulator.assign_permission_set("Ours")
    assert sees_score(client)
    made = client.call("POST", "sobjects/Account", json={"Name": "Acme", "Score__c": 77})
    assert emulator.get(made.json()["id"])["Score__c"] == 77


def test_a_check_changes_nothing(client: Any, emulator: SalesforceEmulator) -> None:
    told = deploy(client, zipped(parts()), checkOnly=True)
    assert (told["success"], told["checkOnly"]) == (True, True)
    with pytest.raises(ValueError, match="no permission set"):
        emulator.assign_permission_set("Ours")


def test_removals_take_the_field_away(client: Any, emulator: SalesforceEmulator) -> None:
    deploy(client, zipped(parts()))
    emulator.assign_permission_set("Ours")
    removal = {
        "package.xml": manifest(),
        "destructiveChanges.xml": manifest(CustomField=["Account.Score__c"]),
    }
    assert deploy(client, zipped(removal))["success"]
    assert not sees_score(client)
    again = deploy(client, zipped(removal))
    [told] = again["details"]["componentSuccesses"]
    assert (again["success"], told["problemType"]) == (True, "Warning")


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"package.xml": "<Package>"}, "Error parsing file"),
        ({"package.xml": f"<Package {SPACE}></Package>"}, "No version"),
        (
            {"package.xml": manifest(CustomField=["Account.Other__c"], PermissionSet=["Ours"])},
            "was not found in zipped",
        ),
        ({"package.xml": manifest(PermissionSet=["Ours"])}, "but not in package.xml"),
        ({"package.xml": manifest(Colour=["Red"])}, "Unknown type name"),
        ({"layouts/Account-Ours.layout": "<Layout/>"}, "Layouts overwrite"),
        ({"readme.txt": "hello"}, "Unknown file"),
        (
            {"objects/Account.object": f"<CustomObject {SPACE}><colour/></CustomObject>"},
            "invalid at this location",
        ),
        (
            {SET: f"<PermissionSet {SPACE}><label>x</label></PermissionSet>".replace("label", "fields")},
            "label",
        ),
        (
            {SET: f"<PermissionSet {SPACE}>{GRANT.replace('Score', 'Other')}</PermissionSet>"},
            "no CustomField named",
        ),
        (
            {SET: f"<PermissionSet {SPACE}>{GRANT.replace('Score__c', 'Name')}</PermissionSet>"},
            "required field",
        ),
    ],
)
def test_a_package_that_is_wrong_fails_and_changes_nothing(
    client: Any, emulator: SalesforceEmulator, files: dict[str, str], word: str
) -> None:
    told = deploy(client, zipped(parts(**files)))
    assert told["status"] == "Failed"
    assert word in " ".join(failure["problem"] for failure in told["details"]["componentFailures"])
    assert emulator.org.schema.permission_sets == {}


def test_what_is_no_zip_fails(client: Any) -> None:
    assert deploy(client, b"no zip")["status"] == "Failed"


def test_an_object_of_our_own_numbers_its_records(client: Any, emulator: SalesforceEmulator) -> None:
    body = (
        "<deploymentStatus>Deployed</deploymentStatus><label>Answer</label><nameField><displayFormat>A-{000}"
        "</displayFormat><label>Answer</label><type>AutoNumber</type></nameField><pluralLabel>Answers</pluralLabel>"
        "<sharingModel>Read</sharingModel>"
    )
    allowed = "<objectPermissions><allowRead>true</allowRead><object>Answer__c</object></objectPermissions>"
    files = {
        "package.xml": manifest(CustomObject=["Answer__c"], PermissionSet=["Ours"]),
        "objects/Answer__c.object": f"<CustomObject {SPACE}>{body}</CustomObject>",
        SET: f"<PermissionSet {SPACE}><label>Ours</label>{allowed}</PermissionSet>",
    }
    assert deploy(client, zipped(files))["success"]
    assert client.call("GET", "sobjects/Answer__c/describe").status_code == 404
    emulator.assign_permission_set("Ours")
    client.call("POST", "sobjects/Answer__c", json={})
    assert client.names("SELECT Name FROM Answer__c") == ["A-001"]


def test_options_that_are_not_understood_are_refused(client: Any) -> None:
    files = {
        "json": (None, json.dumps({"deployOptions": {"checkonly": True}}), "application/json"),
        "file": ("x.zip", zipped(parts()), "application/zip"),
    }
    assert client.call("POST", "metadata/deployRequest", files=files).status_code == 400


def test_an_integration_user_may_be_kept_from_deploying(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.org.options.integration_may_deploy = False
    answer = client.call("POST", "metadata/deployRequest", data={})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
