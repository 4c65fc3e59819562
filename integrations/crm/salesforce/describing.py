"""What Salesforce says about its objects and fields."""

from collections.abc import Mapping
from typing import Any

from integrations.crm.records import FieldInfo, ObjectInfo
from integrations.crm.salesforce import soql
from integrations.crm.salesforce.errors import hidden_object
from integrations.crm.salesforce.line import Line
from integrations.errors import Rejected


def list_objects(line: Line) -> Mapping[str, str]:
    """Return name → label of every object we may see."""
    answer = line.read("sobjects")
    return {str(one["name"]): str(one.get("label") or one["name"]) for one in answer["sobjects"]}


def describe_object(line: Line, name: str) -> ObjectInfo:
    """Return the fields of an object. Raises SchemaChanged when it is not there for us."""
    try:
        answer = line.read(f"sobjects/{soql.name(name)}/describe", object_name=name)
    except Rejected as refused:
        if refused.code in ("NOT_FOUND", "404"):
            raise hidden_object(name, code=refused.code) from None
        raise
    fields = [_field(one) for one in answer["fields"]]
    return ObjectInfo(
        name=str(answer["name"]),
        label=str(answer.get("label") or answer["name"]),
        fields={field.name: field for field in fields},
        is_createable=bool(answer.get("createable", True)),
        is_updateable=bool(answer.get("updateable", True)),
    )


def _field(one: Mapping[str, Any]) -> FieldInfo:
    choices = one.get("picklistValues") or ()
    return FieldInfo(
        name=str(one["name"]),
        label=str(one.get("label") or one["name"]),
        type=str(one.get("type") or "string"),
        length=int(one.get("length") or 0),
        is_createable=bool(one.get("createable")),
        is_updateable=bool(one.get("updateable")),
        is_filterable=bool(one.get("filterable", True)),
        is_nillable=bool(one.get("nillable", True)),
        is_external_id=bool(one.get("externalId")),
        is_unique=bool(one.get("unique")),
        choices=tuple(str(choice["value"]) for choice in choices if choice.get("active", True)),
        is_restricted=bool(one.get("restrictedPicklist")),
        refers_to=tuple(map(str, one.get("referenceTo") or ())),
        relationship=str(one.get("relationshipName") or ""),
    )
