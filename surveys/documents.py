"""Surveys as JSON: read with every mistake named by its place, written back without loss."""

import re
from collections.abc import Mapping, Sequence

from surveys.conditions import Condition, ConditionError, condition_to_json, parse_condition
from surveys.definition import END, DefinitionError, Jump, Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.questions import (
    DEFAULT_POINTS,
    FEWEST_POINTS,
    MOST_POINTS,
    OTHER,
    Option,
    Question,
    QuestionKind,
    QuestionText,
)
from surveys.reading import storable

FORMAT = 2
FIRST_PAGE = "start"
MOST_PAGES, MOST_QUESTIONS, MOST_OPTIONS, LONGEST_TEXT = 50, 200, 100, 4000
MOST_VARIANTS, LONGEST_PERSONA = 50, 40

# What a form says besides the answers; a question with such a key would take its place.
RESERVED_KEYS = frozenset(
    {
        *("lang", "seen", "page", "shown", "website", "version", "score", "opened", "visit", "confirm"),
        *("sent", "autosave", "persona", "tier", "csrf_token"),
    }
)

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


def parse_definition(document: object) -> SurveyDefinition:
    """Return the survey in a JSON document. Raises DefinitionError for anything of the wrong shape.

    A draft may lack words, translations or a rating: `surveys.checks` says what keeps it from being asked.
    Documents of format 1, whose questions stand in no page, are read as one page.
    """
    root = _object(document, "the survey")
    _refuse_unstorable(root)
    if root.get("format", FORMAT) not in ((FORMAT,) if "pages" in root else (1, FORMAT)):
        raise DefinitionError(f"this survey has another format than {FORMAT}; export it again")
    languages = _languages(root)
    default = _word(root, "default_language", "the survey")
    if default not in languages:
        raise DefinitionError(f"default_language {default!r} is not among the survey's languages")
    definition = SurveyDefinition(
        key=_key(root, "the survey"),
        occasion=Occasion(_choice(root, "occasion", list(Occasion), "the survey")),
        default_language=default,
        languages=languages,
        pages=_pages(root, languages),
        is_custom=_flag(root, "is_custom", "the survey"),
        is_confidential=_flag(root, "is_confidential", "the survey"),
    )
    _refuse_twins([page.key for page in definition.pages], "pages")
    _refuse_twins([question.key for question in definition.questions], "questions")
    if len(definition.questions) > MOST_QUESTIONS:
        raise DefinitionError(f"a survey has at most {MOST_QUESTIONS} questions")
    return definition


def definition_to_json(definition: SurveyDefinition) -> dict[str, object]:
    """Return the JSON document that `parse_definition` reads back into an equal definition."""
    return {
        "format": FORMAT,
        "key": definition.key,
        "occasion": definition.occasion.value,
        "is_custom": definition.is_custom,
        "is_confidential": definition.is_confidential,
        "default_language": definition.default_language,
        "languages": {
            code: {"name": language.name, "needs_review": language.needs_review}
            for code, language in definition.languages.items()
        },
        "pages": [_page_to_json(page) for page in definition.pages],
    }


def _languages(root: Mapping[str, object]) -> dict[str, SurveyLanguage]:
    languages: dict[str, SurveyLanguage] = {}
    for code, item in _object(root.get("languages"), "languages").items():
        if not _LANGUAGE.fullmatch(code):
            raise DefinitionError(f"{code!r} is not a language code such as en or pt-BR")
        place = f"language {code}"
        entry = _object(item, place)
        languages[code] = SurveyLanguage(_text(entry, "name", place), _flag(entry, "needs_review", place))
    return languages


def _pages(root: Mapping[str, object], languages: Mapping[str, SurveyLanguage]) -> tuple[Page, ...]:
    if "pages" not in root:
        return (Page(FIRST_PAGE, _questions(root, "the survey", languages)),)
    pages = _list(root, "pages", "the survey", most=MOST_PAGES)
    if not pages:
        raise DefinitionError("the survey: pages has at least one page")
    return tuple(_page(item, number, languages) for number, item in enumerate(pages, start=1))


def _page(item: object, number: int, languages: Mapping[str, SurveyLanguage]) -> Page:
    place = f"page {number}"
    entry = _object(item, place)
    key = _key(entry, place)
    if key == END:
        raise DefinitionError(f"{place}: {END} stands for the end of the survey; choose another key")
    jumps = _list(entry, "jumps", place, most=MOST_PAGES) if "jumps" in entry else ()
    return Page(
        key=key,
        questions=_questions(entry, place, languages),
        is_extra=_flag(entry, "is_extra", place),
        show_if=_condition(entry, "show_if", place),
        jumps=tuple(_jump(jump, f"{place}, jump {count}") for count, jump in enumerate(jumps, start=1)),
    )


def _jump(item: object, place: str) -> Jump:
    entry = _object(item, place)
    return Jump(_key(entry, place, name="to"), _condition(entry, "if", place))


def _questions(
    entry: Mapping[str, object], place: str, languages: Mapping[str, SurveyLanguage]
) -> tuple[Question, ...]:
    listed = _list(entry, "questions", place, most=MOST_QUESTIONS)
    return tuple(
        _question(item, f"{place}, question {number}", languages)
        for number, item in enumerate(listed, start=1)
    )


def _question(item: object, place: str, languages: Mapping[str, SurveyLanguage]) -> Question:
    entry = _object(item, place)
    key = _key(entry, place)
    if key in RESERVED_KEYS:
        raise DefinitionError(f"{place}: {key} is a word the form needs itself; choose another key")
    options = _list(entry, "options", place, most=MOST_OPTIONS) if "options" in entry else ()
    question = Question(
        key=key,
        kind=QuestionKind(_choice(entry, "kind", list(QuestionKind), place)),
        required=_flag(entry, "required", place),
        texts=_words(entry.get("texts", {}), place, languages),
        options=tuple(
            _option(option, f"{place}, option {number}", languages)
            for number, option in enumerate(options, start=1)
        ),
        has_other=_flag(entry, "has_other", place),
        is_shuffled=_flag(entry, "is_shuffled", place),
        points=_points(entry, place),
        show_if=_condition(entry, "show_if", place),
        variants=_variants(entry, place, languages),
    )
    _refuse_twins([option.key for option in question.options], f"options of {place}")
    return question


def _variants(
    entry: Mapping[str, object], place: str, languages: Mapping[str, SurveyLanguage]
) -> dict[str, dict[str, QuestionText]]:
    variants = _mapping(entry.get("variants", {}), f"{place}, variants")
    if len(variants) > MOST_VARIANTS:
        raise DefinitionError(f"{place}: variants has at most {MOST_VARIANTS} entries")
    for persona in variants:
        if not persona.strip() or len(persona) > LONGEST_PERSONA:
            raise DefinitionError(f"{place}: a variant is for a persona, by its key")
    return {
        persona: _words(words, f"{place} for {persona}", languages) for persona, words in variants.items()
    }


def _option(item: object, place: str, languages: Mapping[str, SurveyLanguage]) -> Option:
    entry = _object(item, place)
    key = _key(entry, place)
    if key == OTHER:
        raise DefinitionError(f"{place}: has_other makes the option {OTHER}; choose another key")
    texts: dict[str, str] = {}
    words = _mapping(entry.get("texts", {}), place)
    for code in words:
        _spoken(code, place, languages)
        texts[code] = _text(words, code, place)
    return Option(key, texts)


def _words(document: object, place: str, languages: Mapping[str, SurveyLanguage]) -> dict[str, QuestionText]:
    texts: dict[str, QuestionText] = {}
    for code, item in _mapping(document, f"the texts of {place}").items():
        _spoken(code, place, languages)
        entry = _mapping(item, f"{place} in {code}")
        texts[code] = QuestionText(
            *(_text(entry, name, f"{place} in {code}") for name in ("prompt", "low", "high", "help"))
        )
    return texts


def _spoken(code: str, place: str, languages: Mapping[str, SurveyLanguage]) -> None:
    if code not in languages:
        raise DefinitionError(f"{place} has words in {code!r}, which is not a language of the survey")


def _points(entry: Mapping[str, object], place: str) -> int:
    points = entry.get("points", DEFAULT_POINTS)
    if type(points) is not int or not FEWEST_POINTS <= points <= MOST_POINTS:
        raise DefinitionError(f"{place}: points is a whole number from {FEWEST_POINTS} to {MOST_POINTS}")
    return points


def _condition(entry: Mapping[str, object], name: str, place: str) -> Condition | None:
    if entry.get(name) is None:
        return None
    try:
        return parse_condition(entry[name])
    except ConditionError as problem:
        raise DefinitionError(f"{place}, {name}: {problem}") from None


def _page_to_json(page: Page) -> dict[str, object]:
    return {
        "key": page.key,
        **({"is_extra": True} if page.is_extra else {}),
        **_condition_entry("show_if", page.show_if),
        "questions": [_question_to_json(question) for question in page.questions],
        **({"jumps": [_jump_to_json(jump) for jump in page.jumps]} if page.jumps else {}),
    }


def _jump_to_json(jump: Jump) -> dict[str, object]:
    return {**_condition_entry("if", jump.when), "to": jump.to}


def _question_to_json(question: Question) -> dict[str, object]:
    entry: dict[str, object] = {
        "key": question.key,
        "kind": question.kind.value,
        "required": question.required,
        "texts": {code: _words_to_json(words) for code, words in question.texts.items()},
    }
    if question.options:
        entry["options"] = [{"key": option.key, "texts": dict(option.texts)} for option in question.options]
    for name in ("has_other", "is_shuffled"):
        if getattr(question, name):
            entry[name] = True
    if question.points != DEFAULT_POINTS:
        entry["points"] = question.points
    if question.variants:
        entry["variants"] = {
            persona: {code: _words_to_json(text) for code, text in words.items()}
            for persona, words in question.variants.items()
        }
    return {**entry, **_condition_entry("show_if", question.show_if)}


def _words_to_json(text: QuestionText) -> dict[str, str]:
    ends = {"low": text.low, "high": text.high} if text.low or text.high else {}
    return {"prompt": text.prompt, **ends, **({"help": text.help} if text.help else {})}


def _condition_entry(name: str, condition: Condition | None) -> dict[str, object]:
    return {} if condition is None else {name: condition_to_json(condition)}


def _refuse_twins(keys: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise DefinitionError(f"two {what} share the key {key!r}")
        seen.add(key)


def _refuse_unstorable(document: object) -> None:
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and not _is_storable(value):
            raise DefinitionError("a text of the survey holds a character that cannot be stored; remove it")


def _is_storable(text: str) -> bool:
    # Most texts of a large file are plain keys, and told at a glance.
    return "\0" not in text if text.isascii() else storable(text) == text


def _mapping(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise DefinitionError(f"{place}: an object belongs here")
    return value


def _object(value: object, place: str) -> Mapping[str, object]:
    if not value:
        raise DefinitionError(f"{place}: an object with at least one entry belongs here")
    return _mapping(value, place)


def _list(entry: Mapping[str, object], name: str, place: str, *, most: int) -> Sequence[object]:
    value = entry.get(name)
    if not isinstance(value, list):
        raise DefinitionError(f"{place}: {name} is a list")
    if len(value) > most:
        raise DefinitionError(f"{place}: {name} has at most {most} entries")
    return value


def _text(entry: Mapping[str, object], name: str, place: str) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise DefinitionError(f"{place}: {name} is a text")
    if len(value) > LONGEST_TEXT:
        raise DefinitionError(f"{place}: {name} has at most {LONGEST_TEXT} characters")
    return value


def _word(entry: Mapping[str, object], name: str, place: str) -> str:
    value = _text(entry, name, place)
    if not value.strip():
        raise DefinitionError(f"{place}: {name} is a text and not empty")
    return value


def _flag(entry: Mapping[str, object], name: str, place: str) -> bool:
    value = entry.get(name, False)
    if not isinstance(value, bool):
        raise DefinitionError(f"{place}: {name} is true or false")
    return value


def _choice(entry: Mapping[str, object], name: str, choices: Sequence[str], place: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or value not in choices:
        raise DefinitionError(f"{place}: {name} is one of {', '.join(choices)}")
    return value


def _key(entry: Mapping[str, object], place: str, *, name: str = "key") -> str:
    value = _word(entry, name, place)
    if not _KEY.fullmatch(value):
        raise DefinitionError(
            f"{place}: {name} begins with a lower-case letter; letters, digits, - and _ follow, at most 40"
        )
    return value
