"""The properties every account of the emulator has, and what their values must look like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OBJECTS = ("companies", "contacts", "deals")
STAMPS = {"companies": "hs_lastmodifieddate", "contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}


@dataclass
class Property:
    """One property of one kind of record."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    is_unique: bool = False
    is_read_only: bool = False
    options: tuple[str, ...] = ()
    archived: bool = field(default=False)

    def as_json(self) -> dict[str, Any]:
        """Return it as the properties endpoint does."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": "",
            "groupName": "information",
            "options": [{"label": one, "value": one, "hidden": False} for one in self.options],
            "hasUniqueValue": self.is_unique,
            "calculated": False,
            "hidden": False,
            "formField": False,
            "archived": False,
            "modificationMetadata": {
                "archivable": True,
                "readOnlyDefinition": True,
                "readOnlyValue": self.is_read_only,
            },
        }

    def fault(self, value: Any) -> tuple[str, str] | None:
        """Return (code, words) of what is wrong with a value, or None."""
        if value in ("", None):
            return None
        text = value if isinstance(value, str) else None
        if text is None:
            return "INVALID_STRING", f"{value} was not text"
        if self.is_read_only:
            return "READ_ONLY_VALUE", f"{self.name} is a read only property"
        if self.type == "string" and len(text) > 65_536:
            return "PROPERTY_VALUE_TOO_LONG", f"{self.name} is too long"
        if self.type == "number" and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            return "INVALID_LONG", f"{text} was not a valid number"
        if self.type == "date" and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return "INVALID_DATE", f"{text} is not a date"
        if self.type == "datetime" and not re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)", text
        ):
            return "INVALID_DATE", f"{text} is not a datetime"
        if self.type == "enumeration" and self.options and not set(text.split(";")) <= set(self.options):
            return "INVALID_OPTION", f"{text} was not one of the allowed options: {list(self.options)}"
        if self.name == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
            return "INVALID_EMAIL", f"Email address {text} is invalid"
        return None


def standard_properties() -> dict[str, dict[str, Property]]:
    """Return object → name → property of a new account."""
    found: dict[str, dict[str, Property]] = {}
    for name in OBJECTS:
        common = [
            Property("hs_object_id", "Record ID", "number", "number", is_unique=True, is_read_only=True),
            Property("createdate", "Create date", "datetime", "date", is_read_only=True),
            Property(STAMPS[name], "Last modified", "datetime", "date", is_read_only=True),
            Property(
                "hs_merged_object_ids", "Merged record IDs", "enumeration", "checkbox", is_read_only=True
            ),
            Property("hubspot_owner_id", "Owner", "enumeration", "select"),
            Property("voc_key", "Key", is_unique=True),
            Property("voc_score", "Relationship score", "number", "number"),
            Property("voc_band", "Band", "enumeration", "select", options=("green", "amber", "red")),
            Property("voc_last_response", "Last response", "datetime", "date"),
        ]
        found[name] = {one.name: one for one in [*common, *_own(name)]}
    return found


def _own(name: str) -> list[Property]:
    if name == "companies":
        return [
            Property("name", "Company name"),
            Property("domain", "Domain"),
            Property("industry", "Industry"),
            Property("annualrevenue", "Annual revenue", "number", "number"),
            Property("hs_parent_company_id", "Parent company", "number", "number", is_read_only=True),
        ]
    if name == "contacts":
        return [
            Property("email", "E-mail"),
            Property("firstname", "First name"),
            Property("lastname", "Last name"),
            Property("jobtitle", "Job title"),
            Property("phone", "Phone"),
            Property("voc_opt_out", "Opted out", "enumeration", "booleancheckbox", options=("true", "false")),
        ]
    return [
        Property("dealname", "Deal name"),
        Property("amount", "Amount", "number", "number"),
        Property("closedate", "Close date", "datetime", "date"),
        Property("dealstage", "Stage", "enumeration", "select", options=("open", "closedwon", "closedlost")),
    ]


def unique_names(properties: Mapping[str, Property], object_name: str) -> set[str]:
    """Return the properties a record can be named by."""
    named = {one.name for one in properties.values() if one.is_unique and one.name != "hs_object_id"}
    return named | ({"email"} if object_name == "contacts" else set())
