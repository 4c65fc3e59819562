"""Conditions of a query as functions of a row, checked against the types of the fields."""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.salesforce_emulator.ids import normal_id
from tests.salesforce_emulator.moments import parse_day, parse_moment, write_moment
from tests.salesforce_emulator.refusals import ApiError
from tests.salesforce_emulator.schema import NUMBERS, TEXTS, Field
from tests.salesforce_emulator.soql_parser import (
    Condition,
    Expression,
    Joined,
    Literally,
    Not,
    Path,
    complain,
)

Row = dict[str, Any]
Test = Callable[[Row], bool]
Getter = Callable[[Row], Any]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
IDS = {"id", "reference"}


class Binding(Protocol):
    """What turns a path into a field and a way to read it."""

    source: str
    today: datetime

    def bind(self, path: Path) -> tuple[Field, Getter]:
        """Return the field at the end of a path and how to read it from a row."""
        ...


def compile_expression(expression: Expression | None, binding: Binding) -> Test | None:
    """Return a test for rows, or None when every row passes."""
    if expression is None:
        return None
    if isinstance(expression, Not):
        inner = compile_expression(expression.part, binding)
        assert inner is not None
        return lambda row: not inner(row)
    if isinstance(expression, Joined):
        tests = [compile_expression(part, binding) for part in expression.parts]
        found = [test for test in tests if test is not None]
        if expression.word == "AND":
            return lambda row: all(test(row) for test in found)
        return lambda row: any(test(row) for test in found)
    return _condition(expression, binding)


def _condition(condition: Condition, binding: Binding) -> Test:
    field, get = binding.bind(condition.path)
    name = ".".join(condition.path.parts)
    refuse = _Refuser(binding.source, condition.path.at, name)
    if not field.is_filterable:
        raise refuse(f"field '{name}' can not be filtered in a query call")
    if condition.operator == "LIKE":
        if field.type not in TEXTS:
            raise refuse("invalid operator on " + field.type + " field", "INVALID_QUERY_FILTER_OPERATOR")
        pattern = _pattern(str(condition.values[0].value))
        return lambda row: (value := get(row)) is not None and pattern.fullmatch(value) is not None
    if condition.operator in ("IN", "NOT IN"):
        return _membership(condition, field, get, refuse, binding.today)
    literal = condition.values[0]
    if literal.kind == "period":
        return _period(condition.operator, field, get, int(str(literal.value)), refuse, binding.today)
    return _comparison(condition.operator, field, get, checked(field, literal, refuse))


class _Refuser:
    def __init__(self, source: str, at: int, name: str) -> None:
        self.source, self.at, self.name = source, at, name

    def __call__(self, message: str, code: str = "INVALID_FIELD") -> ApiError:
        return complain(self.source, self.at, message, code)

    def wrong_type(self, kind: str, *, is_quoted: bool) -> ApiError:
        quotes = "should be enclosed in quotes" if is_quoted else "should not be enclosed in quotes"
        return self(f"value of filter criterion for field '{self.name}' must be of type {kind} and {quotes}")


def checked(field: Field, literal: Literally, refuse: Any) -> Any:
    """Return a literal as the rows hold values of a field. Raises `ApiError` for one of a wrong type."""
    if literal.kind == "null":
        return None
    if field.type in IDS:
        if literal.kind != "text":
            raise refuse.wrong_type("id", is_quoted=True)
        found = normal_id(literal.value) if literal.value else ""
        if found is None:
            raise refuse(f"invalid ID field: {literal.value}", "INVALID_QUERY_FILTER_OPERATOR")
        return found or None
    if field.type in TEXTS:
        if literal.kind != "text":
            raise refuse.wrong_type("string", is_quoted=True)
        return literal.value or None
    if field.type == "boolean":
        if literal.kind != "truth":
            raise refuse.wrong_type("boolean", is_quoted=False)
        return literal.value
    if field.type in NUMBERS:
        if literal.kind != "number":
            raise refuse.wrong_type("double" if field.type != "int" else "int", is_quoted=False)
        return literal.value
    return _checked_time(field, literal, refuse)


def _checked_time(field: Field, literal: Literally, refuse: Any) -> str:
    wanted = "day" if field.type == "date" else "moment"
    if literal.kind != wanted:
        raise refuse.wrong_type("date" if wanted == "day" else "dateTime", is_quoted=False)
    written = str(literal.value)
    if wanted == "day":
        if parse_day(written) is None:
            raise refuse(f"Invalid date: {written}", "MALFORMED_QUERY")
        return written
    moment = parse_moment(written)
    if moment is None:
        raise refuse(f"Invalid date: {written}", "MALFORMED_QUERY")
    return write_moment(moment)


def _comparison(mark: str, field: Field, get: Getter, value: Any) -> Test:
    if field.type in TEXTS and not field.is_case_sensitive and isinstance(value, str):
        value = value.lower()
        get = _lower(get)
    if mark == "=":
        return lambda row: get(row) == value
    if mark == "!=":
        return lambda row: get(row) != value
    compare = COMPARE[mark]
    if value is None:
        return lambda row: False
    return lambda row: (found := get(row)) is not None and compare(found, value)


def _lower(get: Getter) -> Getter:
    return lambda row: None if (value := get(row)) is None else value.lower()


def _membership(condition: Condition, field: Field, get: Getter, refuse: Any, today: datetime) -> Test:
    if field.type == "boolean":
        raise refuse("invalid operator on boolean field", "INVALID_QUERY_FILTER_OPERATOR")
    if any(literal.kind == "period" for literal in condition.values):
        raise refuse("date functions cannot stand in a list", "MALFORMED_QUERY")
    values = {checked(field, literal, refuse) for literal in condition.values}
    if field.type in TEXTS and not field.is_case_sensitive:
        values = {value and value.lower() for value in values}
        get = _lower(get)
    if condition.operator == "IN":
        return lambda row: get(row) in values
    return lambda row: get(row) not in values


def _period(mark: str, field: Field, get: Getter, days: int, refuse: Any, now: datetime) -> Test:
    if field.type not in ("date", "datetime"):
        raise refuse.wrong_type(field.type, is_quoted=field.type in TEXTS | IDS)
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first, behind = today - timedelta(days=days), today + timedelta(days=1)
    write = (lambda m: m.date().isoformat()) if field.type == "date" else write_moment
    low, high = write(first), write(behind)
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda v: low <= v < high,
        "!=": lambda v: not low <= v < high,
        "<": lambda v: v < low,
        "<=": lambda v: v < high,
        ">": lambda v: v >= high,
        ">=": lambda v: v >= low,
    }
    test = tests[mark]
    is_null_fine = mark == "!="
    return lambda row: is_null_fine if (value := get(row)) is None else test(value)


def _pattern(like: str) -> re.Pattern[str]:
    pieces, at = [], 0
    while at < len(like):
        letter = like[at]
        if letter == "\\":
            at += 1
            pieces.append(re.escape(like[at]))
        else:
            pieces.append({"%": ".*", "_": "."}.get(letter, re.escape(letter)))
        at += 1
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)
