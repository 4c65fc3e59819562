"""The words of a question as a form: every language of it that the form shows, in one go."""

from collections.abc import Iterator
from functools import partial, reduce

from surveys.definition import SurveyDefinition
from surveys.editing_parts import question_at
from surveys.editing_words import set_option_words, set_words
from surveys.questions import Question, QuestionText
from surveys.translation import phrase_book
from surveys.word_checks import PARTS
from vocapp.questionnaires.drafting import Change
from vocapp.questionnaires.edits import Context, Edit, Form, place_of_question, text_in


def field_of_words(language: str, part: str, persona: str = "") -> str:
    """Return the name of the field for a part of a question's words."""
    return f"variant|{language}|{part}|{persona}" if persona else f"words|{language}|{part}"


def field_of_option(language: str, option: str) -> str:
    """Return the name of the field for the words of an answer."""
    return f"option|{language}|{option}"


def change_words(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    """Change the words a form shows; those it does not show stay."""
    key = form.get("question", "")
    question = question_at(definition, key)
    by_language = {language: list(_changes(question, language, form)) for language in definition.languages}
    changes = [change for some in by_language.values() for change in some]
    named = " and ".join(phrase_book().languages[code].name for code, some in by_language.items() if some)
    return Edit(
        lambda survey: reduce(lambda changed, change: change(changed), changes, survey),
        f"Changed the words of “{key}” in {named}",
        place_of_question(definition, key),
        merges=True,
    )


def _changes(question: Question, language: str, form: Form) -> Iterator[Change]:
    """Yield one change for everything in a language that the form says otherwise than the question."""
    for persona, texts in {"": question.texts, **question.variants}.items():
        words = _words_in(form, language, persona)
        if _differ(words, texts.get(language)):
            yield partial(set_words, question=question.key, language=language, words=words, persona=persona)
    for option in question.options:
        name = field_of_option(language, option.key)
        if name in form and text_in(form, name) != option.texts.get(language, ""):
            yield partial(
                set_option_words,
                question=question.key,
                option=option.key,
                language=language,
                words=text_in(form, name),
            )


def _words_in(form: Form, language: str, persona: str) -> dict[str, str]:
    names = {part: field_of_words(language, part, persona) for part in PARTS}
    return {part: text_in(form, name) for part, name in names.items() if name in form}


def _differ(words: dict[str, str], text: QuestionText | None) -> bool:
    text = text or QuestionText("")
    return any(getattr(text, part) != said for part, said in words.items())
