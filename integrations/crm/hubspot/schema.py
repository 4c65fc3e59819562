"""HubSpot's objects and properties in the words of the protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.crm.records import FieldInfo, ObjectInfo

OWNERS = "owners"
COMPANY = "associatedcompanyid"
MERGED = "hs_merged_object_ids"
_ID = "hs_object_id"
_OWNER = "hubspot_owner_id"


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between kinds of records. `primary` is the type of a link to the main company, if any."""

    label: str
    stamp: str
    number: str
    scope: str
    primary: int = 0


KINDS: Mapping[str, Kind] = {
    "companies": Kind("Companies", "hs_lastmodifieddate", "0-2", "crm.objects.companies"),
    "contacts": Kind("Contacts", "lastmodifieddate", "0-1", "crm.objects.contacts", primary=1),
    "deals": Kind("Deals", "hs_lastmodifieddate", "0-3", "crm.objects.deals", primary=5),
}

_TYPES: Mapping[str, str] = {
    "bool": "boolean",
    "number": "double",
    "date": "date",
    "datetime": "datetime",
    "enumeration": "picklist",
    "phone_number": "phone",
}
_REFERENCES: Mapping[str, str] = {_OWNER: OWNERS, "hs_parent_company_id": "companies"}
# HubSpot's text properties hold at most so many characters.
_LONGEST_TEXT = 65_536


def owner_object() -> ObjectInfo:
    """Return what an owner consists of; owners are people of the other side and read only."""
    names = {
        "email": ("E-mail", "email"),
        "firstname": ("First name", "string"),
        "lastname": ("Last name", "string"),
        "name": ("Name", "string"),
        "active": ("Active", "boolean"),
        "userid": ("User id", "string"),
    }
    fields = {
        name: FieldInfo(name, label, type, is_createable=False, is_updateable=False, is_filterable=False)
        for name, (label, type) in names.items()
    }
    return ObjectInfo(OWNERS, "Owners", fields, is_createable=False, is_updateable=False)


def object_of(name: str, properties: list[Mapping[str, Any]]) -> ObjectInfo:
    """Return an object from the properties HubSpot lists for it, and the link to its company as a field."""
    fields = {str(found["name"]): _field(name, found) for found in properties if not found.get("archived")}
    if KINDS[name].primary:
        fields[COMPANY] = FieldInfo(
            COMPANY, "Primary company", "reference", is_filterable=False, refers_to=("companies",)
        )
    return ObjectInfo(name, KINDS[name].label, fields)


def _field(object_name: str, found: Mapping[str, Any]) -> FieldInfo:
    name = str(found["name"])
    changing = found.get("modificationMetadata") or {}
    is_writable = not (changing.get("readOnlyValue") or found.get("calculated"))
    is_unique = bool(found.get("hasUniqueValue")) or (object_name, name) == ("contacts", "email")
    target = _REFERENCES.get(name)
    is_choice = found.get("type") == "enumeration" and target is None
    return FieldInfo(
        name=name,
        label=str(found.get("label") or name),
        type=_type_of(name, found),
        length=_LONGEST_TEXT if found.get("type") == "string" else 0,
        is_createable=is_writable,
        is_updateable=is_writable,
        is_external_id=is_unique and name != _ID,
        is_unique=is_unique or name == _ID,
        choices=tuple(str(one.get("value")) for one in found.get("options") or ()) if is_choice else (),
        is_restricted=is_choice,
        refers_to=(target,) if target else (),
    )


def _type_of(name: str, found: Mapping[str, Any]) -> str:
    if name in _REFERENCES:
        return "reference"
    if name == _ID:
        return "id"
    if name == "email":
        return "email"
    if found.get("type") == "enumeration" and found.get("fieldType") == "booleancheckbox":
        return "boolean"
    if found.get("type") == "enumeration" and found.get("fieldType") == "checkbox":
        return "multipicklist"
    return _TYPES.get(str(found.get("type")), "string")
