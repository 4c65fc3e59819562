"""Custom fields as metadata files write them."""

import re
from typing import Any
from xml.etree.ElementTree import Element

from tests.salesforce_emulator.schema import Field

METADATA = "{http://soap.sforce.com/2006/04/metadata}"
TYPES = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
}
PARTS = {
    "fullName", "caseSensitive", "defaultValue", "deleteConstraint", "description", "externalId",
    "inlineHelpText", "label", "length", "precision", "referenceTo", "relationshipLabel", "relationshipName",
    "required", "scale", "trackHistory", "trackTrending", "trackFeedHistory", "type", "unique", "valueSet",
    "visibleLines",
}  # fmt: skip
FULL_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
LONGEST = {"Text": 255, "LongTextArea": 131_072}


def text_of(node: Element, name: str) -> str:
    """Return the text of a child, or nothing."""
    return (node.findtext(f"{METADATA}{name}") or "").strip()


def read_field(node: Element) -> tuple[Field | None, list[str]]:
    """Return a field and what is wrong with it."""
    tags = [child.tag.removeprefix(METADATA) for child in node]
    problems = [
        f"Element {tag} invalid at this location in type CustomField" for tag in tags if tag not in PARTS
    ]
    name, kind = text_of(node, "fullName"), text_of(node, "type")
    if not FULL_NAME.fullmatch(name) or len(name) > 43:
        problems.append(
            "The name may hold letters, digits and single underscores, 40 at most, and ends in __c"
        )
    if kind not in TYPES:
        problems.append(f"'{kind}' is not a valid value for the enum 'FieldType'")
        return None, problems
    if not text_of(node, "label"):
        problems.append("Required field is missing: label")
    problems += [*_size_problems(node, kind), *_other_problems(node, kind)]
    if problems:
        return None, problems
    return _field(node, name, kind), []


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _size_problems(node: Element, kind: str) -> list[str]:
    length = _whole(text_of(node, "length"))
    if kind in LONGEST and (length is None or not 1 <= length <= LONGEST[kind]):
        return [f"Must specify length from 1 to {LONGEST[kind]} for a CustomField of type {kind}"]
    if kind in ("Number", "Currency", "Percent"):
        precision, scale = _whole(text_of(node, "precision")), _whole(text_of(node, "scale"))
        if precision is None or scale is None or not scale <= precision <= 18:
            return [f"Must specify precision and scale for a CustomField of type {kind}"]
    if kind in ("LongTextArea", "MultiselectPicklist") and not text_of(node, "visibleLines"):
        return [f"Must specify visibleLines for a CustomField of type {kind}"]
    return []


def _other_problems(node: Element, kind: str) -> list[str]:
    problems = []
    if kind == "Lookup" and not (text_of(node, "referenceTo") and text_of(node, "relationshipName")):
        problems.append("Must specify referenceTo and relationshipName for a CustomField of type Lookup")
    if kind in ("Picklist", "MultiselectPicklist") and not _choices(node):
        problems.append(f"Must specify valueSet for a CustomField of type {kind}")
    if kind == "Checkbox" and text_of(node, "defaultValue") not in ("true", "false"):
        problems.append("Must specify defaultValue for a CustomField of type Checkbox")
    if kind == "Checkbox" and text_of(node, "required"):
        problems.append("Can not specify required for a CustomField of type Checkbox")
    if text_of(node, "externalId") == "true" and kind not in ("Text", "Number", "Email"):
        problems.append(f"Can not specify externalId for a CustomField of type {kind}")
    return problems


def _choices(node: Element) -> tuple[str, ...]:
    values = node.findall(f"{METADATA}valueSet/{METADATA}valueSetDefinition/{METADATA}value")
    return tuple(text_of(value, "fullName") for value in values)


def _field(node: Element, name: str, kind: str) -> Field:
    restricted = (node.findtext(f"{METADATA}valueSet/{METADATA}restricted") or "").strip()
    more: dict[str, Any] = {}
    if kind == "Lookup":
        more = {
            "refers_to": (text_of(node, "referenceTo"),),
            "relationship": name.removesuffix("__c") + "__r",
        }
    if kind == "Checkbox":
        more = {"default": text_of(node, "defaultValue") == "true"}
    lengths = {"TextArea": 255, "Email": 80, "Phone": 40, "Url": 255, "Picklist": 255, "Lookup": 18}
    return Field(
        name,
        TYPES[kind],
        label=text_of(node, "label"),
        length=_whole(text_of(node, "length")) or lengths.get(kind, 0),
        precision=_whole(text_of(node, "precision")) or 18,
        scale=_whole(text_of(node, "scale")) or 0,
        is_filterable=kind != "LongTextArea",
        is_required=text_of(node, "required") == "true",
        is_external_id=text_of(node, "externalId") == "true",
        is_unique=text_of(node, "unique") == "true",
        is_case_sensitive=text_of(node, "caseSensitive") == "true",
        choices=_choices(node),
        is_restricted=restricted == "true",
        needs_grant=True,
        **more,
    )
