"""Are all words there, in every language, and can every merge field be filled?"""

from collections.abc import Iterator, Mapping

from surveys.definition import Page, SurveyDefinition
from surveys.finding import Code, Finding, Place, error, warning
from surveys.merging import MERGE_FIELDS, merge_fields_in
from surveys.questions import WITH_ENDS, WITH_OPTIONS, Question, QuestionText
from surveys.translation import phrase_book
from surveys.wording import ANSWER_FIELD

PARTS = ("prompt", "low", "high", "help")


def word_findings(definition: SurveyDefinition) -> Iterator[Finding]:
    """Yield missing words and merge fields that cannot be filled, in the order of the pages."""
    for code, language in definition.languages.items():
        if code not in phrase_book().languages:
            yield _unspoken(code, is_default=code == definition.default_language)
        if not language.name.strip():
            yield error(
                Code.MISSING_WORDS,
                Place(language=code, part="name"),
                f"The survey has no name in {language_name(code)}; write one.",
            )
    before: list[str] = []
    for page in definition.pages:
        for question in page.questions:
            yield from _missing_words(definition, page, question)
            yield from _merge_fields(definition, page, question, before)
        # Answers of a page are known once it is sent.
        before.extend(question.key for question in page.questions)


def _unspoken(code: str, *, is_default: bool) -> Finding:
    known = ", ".join(phrase_book().languages)
    place = Place(language=code)
    if is_default:
        return error(
            Code.UNKNOWN_LANGUAGE,
            place,
            f"The answer pages have no words in {code}; make another the default: {known}.",
        )
    return warning(
        Code.UNKNOWN_LANGUAGE,
        place,
        f"The answer pages have no words in {code}, so nobody is asked in it; they speak {known}.",
    )


def words_in(question: Question, language: str) -> dict[str, str]:
    """Return every text of a question in a language by its part, missing ones as ""; help only if any has it.

    Parts are "prompt", "low", "high", "help", and "option KEY".
    """
    text = question.texts.get(language, QuestionText(""))
    parts = {"prompt": text.prompt}
    if question.kind in WITH_ENDS:
        parts |= {"low": text.low, "high": text.high}
    if any(words.help.strip() for words in question.texts.values()):
        parts["help"] = text.help
    if question.kind in WITH_OPTIONS:
        parts |= {f"option {option.key}": option.texts.get(language, "") for option in question.options}
    return parts


def _missing_words(definition: SurveyDefinition, page: Page, question: Question) -> Iterator[Finding]:
    for language in definition.languages:
        for part, words in words_in(question, language).items():
            if not words.strip():
                yield error(
                    Code.MISSING_WORDS,
                    Place(page.key, question.key, language, part),
                    f"Question “{question.key}” has no {_named(part)}"
                    f" in {language_name(language)}; write it.",
                )
    for persona, variants in question.variants.items():
        for language in definition.languages:
            if language not in variants or not variants[language].prompt.strip():
                yield error(
                    Code.MISSING_WORDS,
                    Place(page.key, question.key, language, f"variant {persona}"),
                    f"Question “{question.key}” has no words for the persona {persona}"
                    f" in {language_name(language)}; write them, or remove the variant.",
                )


def _merge_fields(
    definition: SurveyDefinition, page: Page, question: Question, before: list[str]
) -> Iterator[Finding]:
    first = _fields(words_in(question, definition.default_language))
    for language in definition.languages:
        parts = words_in(question, language)
        parts |= {
            f"variant {persona}": " ".join(
                getattr(variants[language], part) for part in PARTS if language in variants
            )
            for persona, variants in question.variants.items()
        }
        for part, words in parts.items():
            place = Place(page.key, question.key, language, part)
            for name in sorted(merge_fields_in(words)):
                yield from _fillable(definition, name, place, before)
            if not words.strip() or part not in first:
                continue
            if merge_fields_in(words) != first[part]:
                yield error(
                    Code.OTHER_MERGE_FIELDS,
                    place,
                    f"The {_named(part)} of “{question.key}” uses {_listed(merge_fields_in(words))} in"
                    f" {language},"
                    f" but {_listed(first[part])} in {definition.default_language}; use the same in both.",
                )


def _fillable(definition: SurveyDefinition, name: str, place: Place, before: list[str]) -> Iterator[Finding]:
    if name in MERGE_FIELDS:
        return
    key = name.removeprefix(ANSWER_FIELD)
    if key == name or not definition.has_question(key):
        yield error(
            Code.UNKNOWN_MERGE_FIELD,
            place,
            f"Nobody can fill {{{{{name}}}}}; use {', '.join(sorted(MERGE_FIELDS))}, or answer. and the key"
            " of"
            " an earlier question.",
        )
    elif key not in before:
        yield error(
            Code.LATER_MERGE_FIELD,
            place,
            f"{{{{{name}}}}} is not answered yet when this is asked; ask “{key}” on an earlier page.",
        )


def _fields(parts: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {part: merge_fields_in(words) for part, words in parts.items()}


def language_name(code: str) -> str:
    """Return a language's own name for itself, else its code."""
    known = phrase_book().languages.get(code)
    return known.name if known else code


def _listed(fields: frozenset[str]) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in sorted(fields)) or "no merge field"


def _named(part: str) -> str:
    if part.startswith("option "):
        return f"words for the answer {part.removeprefix('option ')}"
    return {"prompt": "question text", "low": "lower end", "high": "upper end"}.get(part, part)
