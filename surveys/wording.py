"""The words of a question for one person: their language, their persona, their earlier answers filled in."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from surveys.conditions import AnswerValue, StoredAnswers
from surveys.definition import SurveyDefinition
from surveys.merging import fill_merge_fields
from surveys.questions import OTHER, Option, Question, QuestionKind, QuestionText, other_key

# The merge field that stands for an earlier answer begins so.
ANSWER_FIELD = "answer."
# An answer is quoted in a sentence; nobody wants all of a long comment there.
LONGEST_QUOTE = 120

_NO_WORDS = QuestionText("")


@dataclass(frozen=True, slots=True)
class Spoken:
    """In which words to speak: a language, its fallback, the person's personas, the values of merge fields.

    `phrases` are words of the product for yes, no, other and the ways of contact, by phrase key.
    """

    language: str
    default_language: str
    personas: Collection[str] = ()
    values: Mapping[str, str] | None = None
    phrases: Mapping[str, str] | None = None


def words_of(question: Question, speaking: Spoken) -> QuestionText:
    """Return a question's words with merge fields filled: those for a persona of the person first.

    A translation that a draft still lacks is shown in the survey's default language, and a variant may leave
    out the ends of a scale.
    """
    fallback = question.texts.get(speaking.default_language, _NO_WORDS)
    text = _completed(question.texts.get(speaking.language, fallback), fallback)
    variants = [words for persona, words in question.variants.items() if persona in speaking.personas]
    variant = next((words[speaking.language] for words in variants if speaking.language in words), None)
    return _filled(_completed(variant, text) if variant else text, speaking.values or {})


def option_words(option: Option, speaking: Spoken) -> str:
    """Return the words of an option or row, in the default language where a translation is missing."""
    words = option.texts.get(speaking.language) or option.texts.get(speaking.default_language, "")
    return fill_merge_fields(words, speaking.values or {})


def ordered_options(question: Question, seed: str) -> tuple[Option, ...]:
    """Return the options as one person meets them: where asked for shuffled, but always alike for a seed."""
    if not question.is_shuffled:
        return question.options

    def place(option: Option) -> bytes:
        return hashlib.sha256(f"{seed}:{question.key}:{option.key}".encode()).digest()

    return tuple(sorted(question.options, key=place))


def answer_values(definition: SurveyDefinition, answers: StoredAnswers, speaking: Spoken) -> dict[str, str]:
    """Return the merge fields of the answers so far, "answer.why" and so on; unanswered ones are "…"."""
    return {
        f"{ANSWER_FIELD}{question.key}": _quoted(shown_answer(question, answers, speaking)) or "…"
        for question in definition.questions
    }


def shown_answer(question: Question, answers: StoredAnswers, speaking: Spoken) -> str:
    """Return an answer as a person reads it, or "" where the question was not answered."""
    value = answers.get(question.key)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _phrase("yes" if value else "no", speaking)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return _shown_parts(question, value, speaking)
    if isinstance(value, str):
        return _shown_text(question, value, answers, speaking)
    return ", ".join(_shown_choice(question, key, answers, speaking) for key in value)


def _shown_choice(question: Question, key: str, answers: StoredAnswers, speaking: Spoken) -> str:
    if key == OTHER:
        words = answers.get(other_key(question.key))
        return words if isinstance(words, str) else _phrase("other_option", speaking)
    option = question.option(key)
    return option_words(option, speaking) if option else key


def _shown_parts(question: Question, value: Mapping[str, AnswerValue], speaking: Spoken) -> str:
    if not question.options:
        return " ".join(str(part) for part in value.values() if part)
    rows = ((question.option(key), part) for key, part in value.items())
    return ", ".join(f"{option_words(row, speaking)}: {part}" for row, part in rows if row)


def _shown_text(question: Question, value: str, answers: StoredAnswers, speaking: Spoken) -> str:
    if question.kind is QuestionKind.CONTACT:
        return _phrase(f"contact_{value}", speaking)
    return _shown_choice(question, value, answers, speaking) if question.choices else value


def _phrase(key: str, speaking: Spoken) -> str:
    return (speaking.phrases or {}).get(key, key)


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"


def _completed(text: QuestionText, fallback: QuestionText) -> QuestionText:
    return replace(
        text,
        prompt=text.prompt if text.prompt.strip() else fallback.prompt,
        low=text.low if text.low.strip() else fallback.low,
        high=text.high if text.high.strip() else fallback.high,
    )


def _filled(text: QuestionText, values: Mapping[str, str]) -> QuestionText:
    return replace(
        text,
        prompt=fill_merge_fields(text.prompt, values),
        low=fill_merge_fields(text.low, values),
        high=fill_merge_fields(text.high, values),
        help=fill_merge_fields(text.help, values),
    )
