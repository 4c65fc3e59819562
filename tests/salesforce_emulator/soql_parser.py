"""The grammar of the part of SOQL that is understood; everything else is refused."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tests.salesforce_emulator.refusals import ApiError

WORDS = re.compile(
    r"""(?P<space>\s+)
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))
    |(?P<day>\d{4}-\d\d-\d\d)
    |(?P<number>[+-]?(?:\d+\.\d+|\.\d+|\d+))
    |(?P<text>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z][A-Za-z0-9_]*)
    |(?P<mark><=|>=|!=|<>|[=<>(),.:])""",
    re.VERBOSE | re.DOTALL,
)
OPERATORS = {"=", "!=", "<>", "<", "<=", ">", ">="}
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
LONGEST = 100_000
DEEPEST = 5


@dataclass(frozen=True)
class Literally:
    """A value in a condition: its kind (text, number, truth, null, day, moment, period) and what it says."""

    kind: str
    value: object


@dataclass(frozen=True)
class Path:
    """A field, reached over parents; `at` is where it stands in the query."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Condition:
    """One comparison. `operator` is one of the marks, IN, NOT IN or LIKE."""

    path: Path
    operator: str
    values: tuple[Literally, ...]


@dataclass(frozen=True)
class Joined:
    """Conditions joined by AND or OR."""

    word: Literal["AND", "OR"]
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Not:
    """A condition turned round."""

    part: "Expression"


Expression = Condition | Joined | Not


@dataclass(frozen=True)
class Key:
    """One key of the order."""

    path: Path
    is_descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    """A query as written. `paths` is empty for COUNT()."""

    source: str
    paths: tuple[Path, ...]
    is_count: bool
    entity: str
    where: Expression | None
    order: tuple[Key, ...]
    limit: int | None
    offset: int | None


@dataclass(frozen=True)
class Word:
    """One word of the query."""

    kind: str
    text: str
    at: int


def complain(source: str, at: int, message: str, code: str = "MALFORMED_QUERY") -> ApiError:
    """Return a refusal that shows the place in the query."""
    line = source[max(0, at - 40) : at + 40].replace("\n", " ")
    pointer = " " * min(at, 40) + "^"
    row = source.count("\n", 0, at) + 1
    column = at - (source.rfind("\n", 0, at) + 1) + 1
    return ApiError(400, code, f"\n{line}\n{pointer}\nERROR at Row:{row}:Column:{column}\n{message}")


def parse(source: str) -> Query:
    """Return what a query says. Raises `ApiError` MALFORMED_QUERY for anything outside the grammar."""
    if len(source) > LONGEST:
        raise ApiError(400, "MALFORMED_QUERY", f"SOQL statements cannot be longer than {LONGEST} characters.")
    return _Reader(source).query()


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.words = list(self._split())
        self.place = 0

    def _split(self) -> list[Word]:
        words, at = [], 0
        while at < len(self.source):
            found = WORDS.match(self.source, at)
            if not found:
                raise complain(self.source, at, f"unexpected token: '{self.source[at]}'")
            if found.lastgroup != "space":
                words.append(Word(str(found.lastgroup), found.group(), at))
            at = found.end()
        for before, after in pairwise(words):
            if before.at + len(before.text) == after.at and {before.kind, after.kind} <= {
                "name",
                "number",
                "day",
                "text",
            }:
                raise complain(self.source, after.at, f"unexpected token: '{after.text}'")
        return [*words, Word("end", "<EOF>", len(self.source))]

    @property
    def word(self) -> Word:
        return self.words[self.place]

    def wrong(self) -> ApiError:
        return complain(self.source, self.word.at, f"unexpected token: '{self.word.text}'")

    def is_keyword(self, *texts: str, ahead: int = 0) -> bool:
        words = self.words[self.place + ahead : self.place + ahead + len(texts)]
        return len(words) == len(texts) and all(
            word.kind in ("name", "mark") and word.text.upper() == text
            for word, text in zip(words, texts, strict=True)
        )

    def take(self, *texts: str) -> bool:
        if not self.is_keyword(*texts):
            return False
        self.place += len(texts)
        return True

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.wrong()

    def name(self) -> Word:
        word = self.word
        if word.kind != "name":
            raise self.wrong()
        self.place += 1
        return word

    def path(self) -> Path:
        first = self.name()
        parts = [first.text]
        while self.take("."):
            parts.append(self.name().text)
        if len(parts) > DEEPEST + 1:
            raise complain(self.source, first.at, f"more than {DEEPEST} levels of relationships")
        return Path(tuple(parts), first.at)

    def query(self) -> Query:
        self.need("SELECT")
        is_count = self.take("COUNT", "(", ")")
        paths = () if is_count else self._paths()
        self.need("FROM")
        entity = self.name().text
        where = self._expression() if self.take("WHERE") else None
        order = self._order() if self.take("ORDER", "BY") else ()
        limit = self._number() if self.take("LIMIT") else None
        offset = self._number() if self.take("OFFSET") else None
        if self.word.kind != "end":
            raise self.wrong()
        return Query(self.source, paths, is_count, entity, where, order, limit, offset)

    def _paths(self) -> tuple[Path, ...]:
        paths = [self.path()]
        while self.take(","):
            paths.append(self.path())
        seen: set[tuple[str, ...]] = set()
        for path in paths:
            key = tuple(part.lower() for part in path.parts)
            if key in seen:
                raise complain(self.source, path.at, f"duplicate field selected: {'.'.join(path.parts)}")
            seen.add(key)
        return tuple(paths)

    def _order(self) -> tuple[Key, ...]:
        keys = []
        while True:
            path = self.path()
            is_descending = self.take("DESC")
            if not is_descending:
                self.take("ASC")
            nulls_last = self.take("NULLS", "LAST")
            if not nulls_last:
                self.take("NULLS", "FIRST")
            keys.append(Key(path, is_descending, nulls_last))
            if not self.take(","):
                return tuple(keys)

    def _number(self) -> int:
        word = self.word
        if word.kind != "number" or not word.text.isdigit():
            raise self.wrong()
        self.place += 1
        return int(word.text)

    def _expression(self) -> Expression:
        parts = [self._part()]
        joiner: Literal["AND", "OR"] | None = None
        while True:
            if self.is_keyword("AND"):
                word: Literal["AND", "OR"] = "AND"
            elif self.is_keyword("OR"):
                word = "OR"
            else:
                break
            if joiner not in (None, word):
                raise self.wrong()
            joiner = word
            self.place += 1
            parts.append(self._part())
        return parts[0] if joiner is None else Joined(joiner, tuple(parts))

    def _part(self) -> Expression:
        if self.take("NOT"):
            return Not(self._bare_part())
        return self._bare_part()

    def _bare_part(self) -> Expression:
        if self.take("("):
            inner = self._expression()
            self.need(")")
            return inner
        return self._condition()

    def _condition(self) -> Condition:
        path = self.path()
        if self.take("LIKE"):
            if self.word.kind != "text":
                raise self.wrong()
            return Condition(path, "LIKE", (Literally("pattern", self._text(is_pattern=True)),))
        if self.take("IN"):
            return Condition(path, "IN", self._list())
        if self.take("NOT", "IN"):
            return Condition(path, "NOT IN", self._list())
        if self.word.text not in OPERATORS or self.word.kind != "mark":
            raise self.wrong()
        operator = "!=" if self.word.text == "<>" else self.word.text
        self.place += 1
        return Condition(path, operator, (self._literal(),))

    def _list(self) -> tuple[Literally, ...]:
        self.need("(")
        values = [self._literal()]
        while self.take(","):
            values.append(self._literal())
        self.need(")")
        return tuple(values)

    def _literal(self) -> Literally:
        word = self.word
        if word.kind == "text":
            return Literally("text", self._text(is_pattern=False))
        if word.kind in ("number", "day", "moment"):
            self.place += 1
            return Literally(word.kind, float(word.text) if word.kind == "number" else word.text)
        for text, kind, value in (("TRUE", "truth", True), ("FALSE", "truth", False), ("NULL", "null", None)):
            if self.take(text):
                return Literally(kind, value)
        if self.take("TODAY"):
            return Literally("period", 0)
        if self.take("LAST_N_DAYS", ":"):
            return Literally("period", self._number())
        raise self.wrong()

    def _text(self, *, is_pattern: bool) -> str:
        word = self.word
        self.place += 1
        pieces, inner, at = [], word.text[1:-1], 0
        while at < len(inner):
            letter = inner[at]
            if letter != "\\":
                pieces.append(letter)
            else:
                at += 1
                if inner[at] in "_%" and is_pattern:
                    pieces.append("\\" + inner[at])
                elif inner[at] in ESCAPES:
                    escaped = ESCAPES[inner[at]]
                    pieces.append("\\\\" if is_pattern and escaped == "\\" else escaped)
                else:
                    raise complain(self.source, word.at, f"Illegal escape sequence: \\{inner[at]}")
            at += 1
        return "".join(pieces)
