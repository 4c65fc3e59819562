"""Packages to check, whole ones and broken ones."""

from typing import Any
from xml.etree import ElementTree

from integrations.crm.salesforce.package import build_package
from integrations.crm.salesforce.package_fields import FieldKind, PackageField, default_fields
from integrations.crm.salesforce.package_parts import NAMESPACE

ACCOUNT = "objects/Account.object"
CONTACT = "objects/Contact.object"
RESPONSE = "objects/VOC_Survey_Response__c.object"
INTEGRATION = "permissionsets/VOC_Integration.permissionset"
VIEWER = "permissionsets/VOC_Viewer.permissionset"
PAGE = "flexipages/VOC_Account.flexipage"
REPORT = "reportTypes/VOC_Accounts_With_Or_Without_Responses.reportType"


def a_field(**changes: Any) -> PackageField:
    usual: dict[str, Any] = {
        "object": "Account",
        "name": "VOC_Note__c",
        "label": "Note",
        "kind": FieldKind.TEXT,
        "length": 80,
    }
    return PackageField(**usual | changes)


def a_package() -> dict[str, bytes]:
    return dict(build_package(default_fields()))


def a_changed_package(path: str, old: str, new: str) -> dict[str, bytes]:
    """Our package with the first place of a text in one file replaced."""
    parts = a_package()
    text = parts[path].decode()
    assert old in text, f"{path} does not hold {old!r}"
    parts[path] = text.replace(old, new, 1).encode()
    return parts


def texts(content: bytes, tag: str) -> list[str]:
    """What the elements of one name in a file hold, in order."""
    return [part.text or "" for part in ElementTree.fromstring(content).iter(f"{{{NAMESPACE}}}{tag}")]


def listed(content: bytes) -> dict[str, list[str]]:
    """The members of a package.xml by type."""
    space = f"{{{NAMESPACE}}}"
    return {
        types.findtext(f"{space}name") or "": [part.text or "" for part in types.findall(f"{space}members")]
        for types in ElementTree.fromstring(content).findall(f"{space}types")
    }


def elements(content: bytes, tag: str) -> list[dict[str, str]]:
    """The direct texts inside each element of one name, by name."""
    return [
        {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in part}
        for part in ElementTree.fromstring(content).iter(f"{{{NAMESPACE}}}{tag}")
    ]
