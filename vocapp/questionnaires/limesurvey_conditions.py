"""LimeSurvey's relevance equations → conditions, for those that are comparisons joined by and/or."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from surveys.conditions import ConditionError, parse_condition

Condition = dict[str, object]
Stored = int | str | bool

ALWAYS = frozenset({"", "1", "true"})
NEVER = frozenset({"0", "false"})
_LONGEST = 2_000
_MOST_NESTED = 20
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[0-9]+X[0-9]+X\w+(?:\.\w+)*|[A-Za-z_]\w*(?:[.:]\w+)*)"""
    r"""|(?P<value>-?[0-9]+(?:\.[0-9]+)?|"[^"]*"|'[^']*')"""
    r"""|(?P<mark>&&|\|\||==|!=|<=|>=|[<>!()]))""",
    re.ASCII,
)
_WORDS = {"and": "&&", "or": "||", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda code, limit: code < limit,
    "<=": lambda code, limit: code <= limit,
    ">": lambda code, limit: code > limit,
    ">=": lambda code, limit: code >= limit,
}
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_SUFFIXES = frozenset({"naok", "code"})
_TICKED = "Y"


class Unmapped(ValueError):
    """An equation says more than conditions can."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What a name in an equation stands for here.

    `place` is a question, or a row of a matrix as "question.row"; `values` say which stored answer each of
    LimeSurvey's codes became; `option` is set when the name is one box of a multiple choice; `is_certain`
    when whoever is past the question has answered it.
    """

    place: str
    values: Mapping[str, Stored] = field(default_factory=dict)
    option: str = ""
    is_certain: bool = False


def condition_of(equation: str, find: Callable[[str], Variable | None]) -> Condition:
    """Return an equation as the JSON of a condition. Raises Unmapped; `find` knows the names asked before."""
    if len(equation) > _LONGEST:
        raise Unmapped
    condition = _Reader(_tokens(equation), find).whole()
    try:
        parse_condition(condition)
    except ConditionError as error:
        raise Unmapped from error
    return condition


def _tokens(equation: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, end = 0, len(equation.rstrip())
    while position < end:
        match = _TOKEN.match(equation, position)
        if match is None:
            raise Unmapped
        position = match.end()
        kind, text = str(match.lastgroup), match[str(match.lastgroup)]
        if kind == "name" and text.lower() in _WORDS:
            kind, text = "mark", _WORDS[text.lower()]
        tokens.append((kind, text))
    return tokens


class _Reader:
    """Recursive descent over the tokens: or, and, a comparison or something in brackets."""

    def __init__(self, tokens: list[tuple[str, str]], find: Callable[[str], Variable | None]) -> None:
        self._tokens = tokens
        self._find = find
        self._at = 0
        self._nested = 0

    def whole(self) -> Condition:
        """The condition of the whole equation."""
        condition = self._joined("||", "any", lambda: self._joined("&&", "all", self._part))
        if self._at < len(self._tokens):
            raise Unmapped
        return condition

    def _joined(self, mark: str, name: str, read: Callable[[], Condition]) -> Condition:
        parts = [read()]
        while self._takes(mark):
            parts.append(read())
        if len(parts) == 1:
            return parts[0]
        flat: list[object] = []
        for part in parts:
            inner = part.get(name)
            flat += inner if isinstance(inner, list) else [part]
        return {name: flat}

    def _part(self) -> Condition:
        if self._takes("("):
            self._nested += 1
            if self._nested > _MOST_NESTED:
                raise Unmapped
            condition = self._joined("||", "any", lambda: self._joined("&&", "all", self._part))
            self._needs(")")
            self._nested -= 1
            return condition
        if self._takes("!"):
            return self._filled()
        return self._comparison()

    def _filled(self) -> Condition:
        """The rest of `!is_empty(name)`."""
        if self._next() != ("name", "is_empty"):
            raise Unmapped
        self._needs("(")
        kind, name = self._next()
        self._needs(")")
        return _is_filled(self._variable(kind, name))

    def _comparison(self) -> Condition:
        left_kind, left = self._next()
        mark_kind, mark = self._next()
        right_kind, right = self._next()
        if mark_kind != "mark" or mark not in _MIRRORED:
            raise Unmapped
        if left_kind == "value":
            left_kind, left, right_kind, right = right_kind, right, left_kind, left
            mark = _MIRRORED[mark]
        if right_kind != "value":
            raise Unmapped
        return _compared(self._variable(left_kind, left), mark, right.strip("'\""))

    def _variable(self, kind: str, name: str) -> Variable:
        base, *suffixes = name.split(".")
        variable = self._find(base) if kind == "name" else None
        if variable is None or not {suffix.lower() for suffix in suffixes} <= _SUFFIXES:
            raise Unmapped
        return variable

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise Unmapped
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, mark: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == ("mark", mark)
        self._at += found
        return found

    def _needs(self, mark: str) -> None:
        if not self._takes(mark):
            raise Unmapped


def _is_filled(variable: Variable) -> Condition:
    if variable.option:
        return {"question": variable.place, "includes": variable.option}
    if "." in variable.place:
        raise Unmapped
    return {"answered": variable.place}


def _compared(variable: Variable, mark: str, value: str) -> Condition:
    if mark == "!=" and value == "":
        return _is_filled(variable)
    if variable.option:
        if (mark, value) != ("==", _TICKED):
            raise Unmapped
        return _is_filled(variable)
    return _one_of(variable.place, [variable.values[code] for code in _codes(variable, mark, value)])


def _codes(variable: Variable, mark: str, value: str) -> list[str]:
    """Return LimeSurvey's codes for which a comparison holds."""
    if mark == "==":
        return [code for code in variable.values if code == value]
    if mark == "!=":
        # Nothing answered is something else as well, which no condition can say.
        if not variable.is_certain or value not in variable.values:
            raise Unmapped
        return [code for code in variable.values if code != value]
    numbered = {code: float(code) for code in variable.values if _NUMBER.fullmatch(code)}
    if len(numbered) < len(variable.values) or not _NUMBER.fullmatch(value):
        raise Unmapped
    return [code for code, number in numbered.items() if _ORDER[mark](number, float(value))]


def _one_of(place: str, values: list[Stored]) -> Condition:
    if not values:
        raise Unmapped
    numbers = sorted(value for value in values if type(value) is int)
    if len(numbers) == len(values) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return {"question": place, "between": [numbers[0], numbers[-1]]}
    found: list[Condition] = [{"question": place, "equals": value} for value in values]
    return found[0] if len(found) == 1 else {"any": list(found)}
