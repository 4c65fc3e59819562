"""The fields of a question's words in one language, as the editor sets them side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.questions import WITH_ENDS, WITH_OPTIONS, Question, QuestionText
from vocapp.questionnaires.word_forms import field_of_option, field_of_words


@dataclass(frozen=True)
class WordField:
    """One text: the part of the question it is ("prompt", "low", "high", "help", "option"), and its field.

    `option` is the key of an answer. `is_optional` texts may stay empty.
    """

    part: str
    option: str
    name: str
    value: str
    is_optional: bool


def word_fields(question: Question, language: str, persona: str = "") -> Sequence[WordField]:
    """Return the texts of a question in a language, or those of its variant for a persona."""
    texts = question.variants[persona] if persona else question.texts
    text = texts.get(language, QuestionText(""))
    has_help = any(words.help for words in texts.values())
    parts = [("prompt", text.prompt, False)]
    if question.kind in WITH_ENDS:
        parts += [("low", text.low, bool(persona)), ("high", text.high, bool(persona))]
    parts.append(("help", text.help, not has_help))
    fields = [
        WordField(part, "", field_of_words(language, part, persona), value, is_optional)
        for part, value, is_optional in parts
    ]
    if question.kind in WITH_OPTIONS and not persona:
        fields += [
            WordField(
                "option",
                option.key,
                field_of_option(language, option.key),
                option.texts.get(language, ""),
                is_optional=False,
            )
            for option in question.options
        ]
    return fields
