"""The condition that a form of the editor asks for: by rows, or as JSON where rows cannot say it."""

import json

from surveys.condition_rows import Filled, Known, condition_of
from surveys.conditions import Condition, ConditionError, parse_condition
from surveys.definition import DefinitionError, SurveyDefinition
from vocapp.core.errors import DomainError
from vocapp.questionnaires.edits import Form, text_in

_MOST_ROWS = 20
_LONGEST_JSON = 20_000


def condition_in(definition: SurveyDefinition, form: Form, known: Known) -> Condition | None:
    """Return the condition of a form, None for none.

    `join` is "all" or "any"; row n has `subject.n`, `low.n`, `high.n` and `chosen.n`. `remove` takes a row
    out, `add` puts one in about `subject`. A field `json` stands for all of it. Raises `DomainError`.
    """
    if "json" in form:
        return _from_json(text_in(form, "json"))
    removed = form.get("remove", "")
    rows = [
        Filled(
            form[f"subject.{number}"],
            form.get(f"low.{number}", ""),
            form.get(f"high.{number}", ""),
            form.getlist(f"chosen.{number}"),
        )
        for number in range(_MOST_ROWS)
        if f"subject.{number}" in form and str(number) != removed
    ]
    added = form.get("subject", "") if "add" in form else ""
    if "add" in form and not added:
        raise DomainError("Choose what the condition is about.")
    if added and len(rows) >= _MOST_ROWS:
        raise DomainError(f"A condition has at most {_MOST_ROWS} parts.")
    try:
        return condition_of(definition, rows, is_any=form.get("join") == "any", added=added, known=known)
    except DefinitionError as refusal:
        raise DomainError(str(refusal)) from None


def _from_json(text: str) -> Condition | None:
    if not text:
        return None
    if len(text) > _LONGEST_JSON:
        raise DomainError("This condition is too long to be read.")
    try:
        return parse_condition(json.loads(text))
    except (json.JSONDecodeError, RecursionError):
        raise DomainError("This is not JSON; look at the brackets, commas and quotes.") from None
    except ConditionError as problem:
        raise DomainError(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from None
