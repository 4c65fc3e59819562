"""What holds a row back although its values are fine: locks, unique values, rules of the org, duplicates."""

from typing import Any

from tests.salesforce_emulator.org import DuplicateRule, Org
from tests.salesforce_emulator.refusals import ApiError
from tests.salesforce_emulator.schema import Kind
from tests.salesforce_emulator.table import Row


def check_locks(org: Org, kind: Kind, row: Row, before: Row | None) -> None:
    """Raise UNABLE_TO_LOCK_ROW as often as a row, or the account above it, was told to be locked."""
    keys = [before["Id"]] if before else []
    keys += [one["AccountId"] for one in (row, before or {}) if one.get("AccountId")]
    for key in keys:
        left = org.locks.get(key, 0)
        if left:
            org.locks[key] = left - 1
            message = f"unable to obtain exclusive access to this record or 1 records: {key}"
            raise ApiError(400, "UNABLE_TO_LOCK_ROW", message, fields=[])


def check_unique(org: Org, kind: Kind, row: Row, before: Row | None) -> None:
    """Raise DUPLICATE_VALUE when another live row holds a value that has to be unique."""
    own = before["Id"] if before else None
    for field in kind.fields.values():
        value = row.get(field.name)
        if not field.is_unique or value is None or (before and before.get(field.name) == value):
            continue
        for other in org.table(kind.name).find(field.name, value):
            if other["Id"] != own and not other.get("IsDeleted"):
                where = f"record with id: {other['Id'][:15]}"
                message = f"duplicate value found: {field.name} duplicates value on {where}"
                raise ApiError(400, "DUPLICATE_VALUE", message, fields=[])


def check_rules(org: Org, kind: Kind, row: Row, before: Row | None) -> None:
    """Raise FIELD_CUSTOM_VALIDATION_EXCEPTION for the first rule of the org that a row breaks."""
    for rule in org.validation_rules:
        if rule.object == kind.name and rule.is_wrong(row, before):
            fields = [rule.field] if rule.field else []
            raise ApiError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields=fields)


def check_duplicates(
    org: Org, kind: Kind, row: Row, before: Row | None, given: Row, *, is_allowed: bool
) -> None:
    """Raise DUPLICATES_DETECTED with the matches when a duplicate rule of the org holds a row back."""
    for rule in org.duplicate_rules:
        if rule.object != kind.name or not set(rule.fields) & set(given) or (is_allowed and rule.allows_save):
            continue
        matches = _matches(org, kind, rule, row, own=before["Id"] if before else None)
        if matches:
            extra = {"duplicateResult": _result(rule, matches)}
            raise ApiError(400, "DUPLICATES_DETECTED", rule.message, fields=[], extra=extra)


def _matches(org: Org, kind: Kind, rule: DuplicateRule, row: Row, *, own: str | None) -> list[str]:
    wanted = [row.get(name) for name in rule.fields]
    if not all(wanted):
        return []
    return [
        other["Id"]
        for other in org.table(kind.name).find(rule.fields[0], wanted[0])
        if other["Id"] != own
        and not other.get("IsDeleted")
        and all(
            str(other.get(name)).lower() == str(value).lower()
            for name, value in zip(rule.fields, wanted, strict=True)
        )
    ]


def _result(rule: DuplicateRule, matches: list[str]) -> dict[str, Any]:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {
                    "type": rule.object,
                    "url": f"/services/data/v64.0/sobjects/{rule.object}/{key}",
                },
                "Id": key,
            },
        }
        for key in matches
    ]
    return {
        "allowSave": rule.allows_save,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": rule.message,
        "matchResults": [
            {
                "entityType": rule.object,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": records,
                "rule": f"{rule.name}_Match",
                "size": len(records),
                "success": True,
            }
        ],
    }
