"""One edit of a draft as the editor asks for it, and how its form is read."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from surveys.condition_rows import Known
from surveys.definition import SurveyDefinition
from surveys.documents import LONGEST_TEXT
from vocapp.core.errors import DomainError
from vocapp.questionnaires.drafting import Change

Form = MultiDict[str, str]

# Where the editor shows the survey as a whole rather than one of its pages.
WHOLE_SURVEY = ":survey"


@dataclass(frozen=True)
class Edit:
    """A change, what it is in words, and the place the editor shows afterwards.

    With `merges`, going on with the same makes no further step.
    """

    change: Change
    what: str
    at: str
    merges: bool = False


@dataclass(frozen=True)
class Context:
    """What an operation may need besides the survey and its form."""

    known: Known
    is_published: bool


Operation = Callable[[SurveyDefinition, Form, Context], Edit]
Operations = Mapping[str, Operation]


def text_in(form: Form, name: str) -> str:
    """Return the text of a field without control characters and outer spaces; "" for none."""
    text = form.get(name, "").replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(mark for mark in text if mark == "\n" or unicodedata.category(mark) not in {"Cc", "Cs"})
    kept = kept.strip()
    if len(kept) > LONGEST_TEXT:
        raise DomainError(f"Shorten this text to {LONGEST_TEXT:,} characters.")
    return kept


def number_in(form: Form, name: str) -> int:
    """Return the whole number of a field. Raises `DomainError` for anything else."""
    text = form.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise DomainError("A whole number belongs there.")
    return int(text)


def place_of_question(definition: SurveyDefinition, key: str) -> str:
    """Return a question as a place of the editor, "page.question"."""
    return f"{definition.page_of(key).key}.{key}" if definition.has_question(key) else ""


def typed_in(form: Form) -> list[str]:
    """Return the texts somebody wrote into a form of words, so that they can be kept when it is refused."""
    names = ("words|", "variant|", "option|", "name|", "json")
    return [text for name, text in form.items() if name.startswith(names) and text.strip()]
