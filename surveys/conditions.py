"""When a page or question is shown: conditions on answers and on who answers, as values and as JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Scalar = int | str | bool
# An answer as it is stored: a number, a choice, a text, yes or no, several choices, or one value per row.
AnswerValue = Scalar | Sequence[str] | Mapping[str, int] | Mapping[str, str]
StoredAnswers = Mapping[str, AnswerValue]


class ConditionError(ValueError):
    """A condition that cannot be read; the message says what belongs there."""


class About(StrEnum):
    """What may be asked of the person who answers."""

    PERSONA = "persona"
    TIER = "tier"
    PRODUCT = "product"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Respondent:
    """Who answers, as far as conditions may ask; `previous` are their answers the last time they were asked.

    All values are keys as the product knows them; empty where unknown.
    """

    personas: frozenset[str] = frozenset()
    tier: str = ""
    product: str = ""
    language: str = ""
    previous: StoredAnswers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """The question was answered."""

    question: str


@dataclass(frozen=True, slots=True)
class Equals:
    """The answer is just this; `is_previous` asks about the answer of the last time."""

    question: str
    value: Scalar
    is_previous: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """The answer is a number from `low` to `high`, both included."""

    question: str
    low: int
    high: int
    is_previous: bool = False


@dataclass(frozen=True, slots=True)
class Includes:
    """Among the chosen answers is this one."""

    question: str
    option: str


@dataclass(frozen=True, slots=True)
class Among:
    """The person's persona, tier, product or language is one of `values`."""

    about: About
    values: tuple[str, ...]


Condition = AllOf | AnyOf | Answered | Equals | Between | Includes | Among


def holds(condition: Condition, answers: StoredAnswers, who: Respondent) -> bool:
    """Return whether a condition holds. An unanswered question equals nothing and lies in no range.

    A question may be named with a row of its matrix: "drivers.support".
    """
    match condition:
        case AllOf(parts):
            return all(holds(part, answers, who) for part in parts)
        case AnyOf(parts):
            return any(holds(part, answers, who) for part in parts)
        case Answered(question):
            return answer_at(answers, question) is not None
        case Equals(question, value, is_previous):
            given = answer_at(who.previous if is_previous else answers, question)
            # In Python True equals 1; a yes is not a rating of 1.
            return type(given) is type(value) and given == value
        case Between(question, low, high, is_previous):
            given = answer_at(who.previous if is_previous else answers, question)
            return isinstance(given, int) and not isinstance(given, bool) and low <= given <= high
        case Includes(question, option):
            given = answer_at(answers, question)
            return given == option or (isinstance(given, list | tuple) and option in given)
        case Among(about, values):
            return not _known(about, who).isdisjoint(values)


def answer_at(answers: StoredAnswers, place: str) -> AnswerValue | None:
    """Return an answer, or one row of a matrix named "question.row"; None where nothing was answered."""
    if place in answers:
        return answers[place]
    question, _, row = place.partition(".")
    rows = answers.get(question)
    return rows.get(row) if row and isinstance(rows, Mapping) else None


def conditions_in(condition: Condition) -> Iterator[Condition]:
    """Yield every simple condition inside a condition, from left to right."""
    if isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from conditions_in(part)
    else:
        yield condition


def questions_in(condition: Condition) -> tuple[str, ...]:
    """Return the places of this form a condition asks about, each once; answers of the last time are none."""
    places = (
        part.question
        for part in conditions_in(condition)
        if isinstance(part, Answered | Includes)
        or (isinstance(part, Equals | Between) and not part.is_previous)
    )
    return tuple(dict.fromkeys(places))


def parse_condition(document: object) -> Condition:
    """Return the condition of a JSON document. Raises ConditionError."""
    condition = _parse(document, depth=0)
    if sum(1 for _part in conditions_in(condition)) > MOST_PARTS:
        raise ConditionError(f"a condition has at most {MOST_PARTS} parts")
    return condition


def condition_to_json(condition: Condition) -> dict[str, object]:
    """Return the JSON document that `parse_condition` reads back into an equal condition."""
    match condition:
        case AllOf(parts):
            return {"all": [condition_to_json(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [condition_to_json(part) for part in parts]}
        case Answered(question):
            return {"answered": question}
        case Equals(question, value, is_previous):
            return {_source(is_previous): question, "equals": value}
        case Between(question, low, high, is_previous):
            return {_source(is_previous): question, "between": [low, high]}
        case Includes(question, option):
            return {"question": question, "includes": option}
        case Among(about, values):
            return {about.value: list(values)}


# More than anybody writes, and few enough to try all answers on.
DEEPEST, MOST_PARTS = 8, 100


def _parse(document: object, *, depth: int) -> Condition:
    if depth > DEEPEST:
        raise ConditionError(f"conditions are nested at most {DEEPEST} deep")
    if not isinstance(document, dict):
        raise ConditionError("a condition is an object")
    names = frozenset(document)
    for wanted, read in _READERS.items():
        if names == wanted:
            return read(document, depth)
    raise ConditionError(
        "a condition is one of all, any, answered, persona, tier, product, language, or question or previous"
        " with equals, between or includes"
    )


def _parts(document: Mapping[str, object], name: str, depth: int) -> tuple[Condition, ...]:
    parts = document[name]
    if not isinstance(parts, list) or not parts:
        raise ConditionError(f"{name} is a list of conditions and not empty")
    return tuple(_parse(part, depth=depth + 1) for part in parts)


def _equals(document: Mapping[str, object], name: str) -> Equals:
    value = document["equals"]
    if not isinstance(value, int | str):
        raise ConditionError("equals is a number, a text, or true or false")
    return Equals(_text(document, name), value, is_previous=name == "previous")


def _between(document: Mapping[str, object], name: str) -> Between:
    ends = document["between"]
    if not isinstance(ends, list) or len(ends) != 2 or any(type(end) is not int for end in ends):
        raise ConditionError("between is two whole numbers")
    return Between(_text(document, name), ends[0], ends[1], is_previous=name == "previous")


def _among(document: Mapping[str, object], about: About) -> Among:
    values = document[about.value]
    if not isinstance(values, list) or not values or not all(isinstance(one, str) and one for one in values):
        raise ConditionError(f"{about.value} is a list of keys and not empty")
    return Among(about, tuple(values))


def _text(document: Mapping[str, object], name: str) -> str:
    value = document[name]
    if not isinstance(value, str) or not value:
        raise ConditionError(f"{name} is the key of a question")
    return value


_READERS: Mapping[frozenset[str], Callable[[Mapping[str, object], int], Condition]] = {
    frozenset({"all"}): lambda document, depth: AllOf(_parts(document, "all", depth)),
    frozenset({"any"}): lambda document, depth: AnyOf(_parts(document, "any", depth)),
    frozenset({"answered"}): lambda document, _depth: Answered(_text(document, "answered")),
    frozenset({"question", "equals"}): lambda document, _depth: _equals(document, "question"),
    frozenset({"previous", "equals"}): lambda document, _depth: _equals(document, "previous"),
    frozenset({"question", "between"}): lambda document, _depth: _between(document, "question"),
    frozenset({"previous", "between"}): lambda document, _depth: _between(document, "previous"),
    frozenset({"question", "includes"}): lambda document, _depth: Includes(
        _text(document, "question"), _text(document, "includes")
    ),
    frozenset({"persona"}): lambda document, _depth: _among(document, About.PERSONA),
    frozenset({"tier"}): lambda document, _depth: _among(document, About.TIER),
    frozenset({"product"}): lambda document, _depth: _among(document, About.PRODUCT),
    frozenset({"language"}): lambda document, _depth: _among(document, About.LANGUAGE),
}


def _source(is_previous: bool) -> str:
    return "previous" if is_previous else "question"


def _known(about: About, who: Respondent) -> frozenset[str]:
    match about:
        case About.PERSONA:
            return who.personas
        case About.TIER:
            known = {who.tier}
        case About.PRODUCT:
            known = {who.product}
        case About.LANGUAGE:
            known = {who.language, who.language.partition("-")[0]}
    # What is unknown is among nothing.
    return frozenset(known - {""})
