"""Values on their way into a row: types, lengths, choices and references."""

import re
from typing import TYPE_CHECKING, Any

from tests.salesforce_emulator.ids import normal_id
from tests.salesforce_emulator.moments import parse_day, parse_moment, write_moment
from tests.salesforce_emulator.refusals import ApiError, malformed_json
from tests.salesforce_emulator.schema import NUMBERS, TEXTS, Field

if TYPE_CHECKING:
    from tests.salesforce_emulator.org import Org

EMAIL = re.compile(r"[^@\s<>(),;:\"\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")


def check_value(org: "Org", field: Field, value: Any, *, is_csv: bool) -> Any:
    """Return a value as rows hold it. Raises `ApiError` for one the field does not take."""
    if isinstance(value, str) and field.type in TEXTS:
        # Text ends up without the blanks around it, and empty text is no value.
        value = value.strip() or None
    if value is None:
        if field.type == "boolean":
            raise _wrong_type(field, "null", is_csv=True)
        return None
    if field.type in TEXTS:
        return _text(field, value)
    if field.type in ("reference", "id"):
        return check_reference(org, field, value)
    if field.type == "boolean":
        return _truth(field, value, is_csv=is_csv)
    if field.type in NUMBERS:
        return _number(field, value, is_csv=is_csv)
    return _time(field, value, is_csv=is_csv)


def _wrong_type(field: Field, value: Any, *, is_csv: bool) -> ApiError:
    if is_csv:
        message = f"{field.label or field.name}: value not of required type: {value}"
        return ApiError(400, "INVALID_TYPE_ON_FIELD_IN_RECORD", message, fields=[field.name])
    kind = {"str": "STRING", "bool": "BOOLEAN", "int": "NUMBER", "float": "NUMBER"}.get(
        type(value).__name__, "OBJECT"
    )
    return malformed_json(
        f"Cannot deserialize instance of {field.type} from VALUE_{kind} value {value} or request may be "
        "missing a required field"
    )


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(field, value, is_csv=False)
    label = field.label or field.name
    # Lengths count as Java does: a letter outside the basic plane, such as an emoji, counts twice.
    if field.length and len(value.encode("utf-16-le")) // 2 > field.length:
        message = f"{label}: data value too large: {value} (max length={field.length})"
        raise ApiError(400, "STRING_TOO_LONG", message, fields=[field.name])
    if field.type == "email" and not EMAIL.fullmatch(value):
        message = f"{label}: invalid email address: {value}"
        raise ApiError(400, "INVALID_EMAIL_ADDRESS", message, fields=[field.name])
    if field.is_restricted and value not in field.choices:
        message = f"{label}: bad value for restricted picklist field: {value}"
        raise ApiError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=[field.name])
    return value


def check_reference(org: "Org", field: Field, value: Any) -> str:
    """Return the 18 characters of the row a reference leads to."""
    label = field.label or field.name
    found = normal_id(value)
    if found is None:
        message = f"{label}: id value of incorrect type: {value}"
        raise ApiError(400, "MALFORMED_ID", message, fields=[field.name])
    if org.kind_name(found) not in field.refers_to:
        message = f"{label}: id value of incorrect type: {found}"
        raise ApiError(400, "FIELD_INTEGRITY_EXCEPTION", message, fields=[field.name])
    row = org.row(found)
    if row is None or found in org.hidden_rows:
        message = f"insufficient access rights on cross-reference id: {found}"
        raise ApiError(400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, fields=[])
    if row.get("IsDeleted"):
        raise ApiError(400, "ENTITY_IS_DELETED", "entity is deleted", fields=[])
    return found


def _truth(field: Field, value: Any, *, is_csv: bool) -> bool:
    if is_csv and isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    if not isinstance(value, bool):
        raise _wrong_type(field, value, is_csv=is_csv)
    return value


def _number(field: Field, value: Any, *, is_csv: bool) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong_type(field, value, is_csv=is_csv)
    try:
        number = float(value)
    except ValueError:
        raise _wrong_type(field, value, is_csv=is_csv) from None
    if number != number or abs(number) >= 10 ** max(field.precision - field.scale, 1):
        message = f"{field.label or field.name}: value outside of valid range on numeric field: {value}"
        raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", message, fields=[field.name])
    if field.type == "int":
        if number != int(number):
            raise _wrong_type(field, value, is_csv=is_csv)
        return int(number)
    return round(number, field.scale)


def _time(field: Field, value: Any, *, is_csv: bool) -> str:
    if not isinstance(value, str):
        raise _wrong_type(field, value, is_csv=is_csv)
    if field.type == "date":
        day = parse_day(value[:10] if "T" in value and parse_moment(value) else value)
        if day is None:
            raise _wrong_type(field, value, is_csv=is_csv)
        return day.isoformat()
    moment = parse_moment(value)
    if moment is None:
        raise _wrong_type(field, value, is_csv=is_csv)
    return write_moment(moment)
