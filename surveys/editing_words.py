"""Changes to the words of questions and answers, for everybody or for people of a persona."""

from collections.abc import Mapping
from dataclasses import replace

from surveys.definition import DefinitionError, SurveyDefinition
from surveys.editing_parts import question_at, with_option, with_question
from surveys.questions import Question, QuestionText
from surveys.word_checks import PARTS

LOCKED = (
    "These are the standard words, which are locked so that answers compare; use own wording first, which is"
    " not benchmarked."
)


def is_locked(definition: SurveyDefinition, question: Question) -> bool:
    """Whether a question's words may not be changed: those of the rating, unless the survey is custom."""
    return not definition.is_custom and definition.has_rating and definition.questions[0].key == question.key


def set_words(
    definition: SurveyDefinition,
    question: str,
    language: str,
    words: Mapping[str, str],
    *,
    persona: str = "",
) -> SurveyDefinition:
    """Change words of a question in a language by their part: prompt, low, high, help.

    With a persona the words for it, which must be there. A language without any words has none at all.
    Raises DefinitionError for locked words.
    """
    target = question_at(definition, question)
    _require_language(definition, language)
    texts = _variant(target, persona) if persona else target.texts
    before = texts.get(language, QuestionText(""))
    after = replace(before, **{part: text for part, text in words.items() if part in PARTS})
    if after == before:
        return definition
    if is_locked(definition, target):
        raise DefinitionError(LOCKED)
    kept = {code: text for code, text in texts.items() if code != language}
    if after != QuestionText(""):
        kept[language] = after
    if persona:
        variants = {**target.variants, persona: kept}
        return with_question(definition, question, lambda own: replace(own, variants=variants))
    return with_question(definition, question, lambda own: replace(own, texts=kept))


def set_option_words(
    definition: SurveyDefinition, question: str, option: str, language: str, words: str
) -> SurveyDefinition:
    """Change the words of an answer or row in a language; empty words are none."""
    _require_language(definition, language)
    return with_option(
        definition,
        question,
        option,
        lambda own: replace(
            own,
            texts={
                **{code: text for code, text in own.texts.items() if code != language},
                **({language: words} if words else {}),
            },
        ),
    )


def add_variant(definition: SurveyDefinition, question: str, persona: str) -> SurveyDefinition:
    """Let people of a persona be asked in words of their own, which begin as those of everybody."""
    target = question_at(definition, question)
    if not persona.strip():
        raise DefinitionError("Choose the persona that is asked in other words.")
    if persona in target.variants:
        raise DefinitionError(f"Question “{question}” has words for {persona} already.")
    if is_locked(definition, target):
        raise DefinitionError(LOCKED)
    variants = {**target.variants, persona: dict(target.texts)}
    return with_question(definition, question, lambda own: replace(own, variants=variants))


def remove_variant(definition: SurveyDefinition, question: str, persona: str) -> SurveyDefinition:
    """Ask people of a persona in the same words as everybody else."""
    _variant(question_at(definition, question), persona)
    return with_question(
        definition,
        question,
        lambda own: replace(
            own, variants={key: texts for key, texts in own.variants.items() if key != persona}
        ),
    )


def _variant(question: Question, persona: str) -> Mapping[str, QuestionText]:
    if persona not in question.variants:
        raise DefinitionError(f"Question “{question.key}” has no words of its own for {persona} any more.")
    return question.variants[persona]


def _require_language(definition: SurveyDefinition, language: str) -> None:
    if language not in definition.languages:
        raise DefinitionError(f"The survey does not speak {language} any more; add the language first.")
