"""What changed between two versions of a survey, and whether its answers still mean the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.conditions import condition_to_json
from surveys.definition import Page, SurveyDefinition
from surveys.finding import Place
from surveys.questions import Question, QuestionText
from surveys.standard_wording import standard_form
from surveys.word_checks import words_in


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `is_meaning`: answers before and after it do not compare without a thought.

    `before` and `after` are the words or settings, "" where there were none.
    """

    place: Place
    sentence: str
    before: str
    after: str
    is_meaning: bool


def changes(old: SurveyDefinition, new: SurveyDefinition) -> tuple[Change, ...]:
    """Return what changed from one version to another, what changes the meaning first."""
    found = [
        *_about_the_survey(old, new),
        *_about_languages(old, new),
        *_about_questions(old, new),
        *_about_pages(old, new),
    ]
    return tuple(sorted(found, key=lambda change: not change.is_meaning))


def _about_the_survey(old: SurveyDefinition, new: SurveyDefinition) -> Iterator[Change]:
    before, after = standard_form(old), standard_form(new)
    if before != after:
        yield Change(
            Place(),
            "The rating is no longer asked in the same standard words, so the two are not benchmarked"
            " together.",
            before or "custom wording",
            after or "custom wording",
            is_meaning=True,
        )
    if old.occasion is not new.occasion:
        yield Change(Place(), "The occasion changed.", old.occasion, new.occasion, is_meaning=True)
    if old.is_confidential is not new.is_confidential:
        yield Change(
            Place(),
            "What respondents are promised about their answers changed.",
            _promise(old),
            _promise(new),
            is_meaning=True,
        )
    if old.default_language != new.default_language:
        yield Change(
            Place(),
            "The default language changed.",
            old.default_language,
            new.default_language,
            is_meaning=False,
        )


def _promise(definition: SurveyDefinition) -> str:
    return "confidential" if definition.is_confidential else "open"


def _about_languages(old: SurveyDefinition, new: SurveyDefinition) -> Iterator[Change]:
    for code in _only_in(old.languages, new.languages):
        yield Change(Place(language=code), f"{code} was removed.", code, "", is_meaning=False)
    for code in _only_in(new.languages, old.languages):
        yield Change(Place(language=code), f"{code} was added.", "", code, is_meaning=False)
    for code in [code for code in new.languages if code in old.languages]:
        before, after = old.languages[code], new.languages[code]
        place = Place(language=code, part="name")
        if before.name != after.name:
            yield Change(
                place, f"The survey's name in {code} changed.", before.name, after.name, is_meaning=False
            )
        if before.needs_review and not after.needs_review:
            yield Change(
                Place(language=code), f"A speaker has read {code}.", "to be read", "read", is_meaning=False
            )


def _only_in(these: Mapping[str, object], others: Mapping[str, object]) -> list[str]:
    return [key for key in these if key not in others]


def _about_questions(old: SurveyDefinition, new: SurveyDefinition) -> Iterator[Change]:
    before = {question.key: question for question in old.questions}
    after = {question.key: question for question in new.questions}
    for key, question in before.items():
        if key not in after:
            place = Place(old.page_of(key).key, key)
            yield Change(place, f"“{key}” is no longer asked.", _prompt(old, question), "", is_meaning=True)
    for key, question in after.items():
        place = Place(new.page_of(key).key, key)
        if key not in before:
            yield Change(place, f"“{key}” is new.", "", _prompt(new, question), is_meaning=True)
        else:
            shared = [code for code in new.languages if code in old.languages]
            page = old.page_of(key).key
            if page != place.page:
                yield Change(place, f"“{key}” is on another page.", page, place.page, is_meaning=False)
            yield from _about_question(before[key], question, place, shared)
    yield from _about_order(list(before), list(after))


def _about_question(
    before: Question, after: Question, place: Place, languages: Sequence[str]
) -> Iterator[Change]:
    key = after.key
    settings = (
        ("the kind of question", before.kind.value, after.kind.value, True),
        ("the length of the scale", str(before.points), str(after.points), True),
        ("whether it must be answered", _needed(before), _needed(after), True),
        ("when it is asked", _when(before), _when(after), True),
        ("whether something else may be written", str(before.has_other), str(after.has_other), True),
        ("whether the order of answers is shuffled", str(before.is_shuffled), str(after.is_shuffled), False),
        ("the order of answers", _keys_kept(before, after), _keys_kept(after, before), False),
        ("for which personas there are other words", _personas(before), _personas(after), True),
    )
    for what, one, other, is_meaning in settings:
        if one != other:
            yield Change(place, f"In “{key}”, {what} changed.", one, other, is_meaning=is_meaning)
    yield from _about_options(before, after, place)
    for language in languages:
        yield from _about_words(before, after, place, language)
        yield from _about_variants(before, after, place, language)


def _about_words(before: Question, after: Question, place: Place, language: str) -> Iterator[Change]:
    old, new = words_in(before, language), words_in(after, language)
    # Answers that are new or gone were named already.
    both = [
        part
        for part in dict.fromkeys((*old, *new))
        if not part.startswith("option ") or (part in old and part in new)
    ]
    for part in both:
        one, other = old.get(part, ""), new.get(part, "")
        if one.split() != other.split():
            yield Change(
                Place(place.page, place.question, language, part),
                f"In “{place.question}”, the {_part(part)} in {language} changed.",
                one,
                other,
                is_meaning=part != "help",
            )


def _about_options(before: Question, after: Question, place: Place) -> Iterator[Change]:
    one, other = ([option.key for option in question.options] for question in (before, after))
    if set(one) != set(other):
        yield Change(
            Place(place.page, place.question, part="options"),
            f"In “{place.question}”, the answers to choose from changed.",
            ", ".join(one),
            ", ".join(other),
            is_meaning=True,
        )


def _about_variants(before: Question, after: Question, place: Place, language: str) -> Iterator[Change]:
    for persona in [persona for persona in after.variants if persona in before.variants]:
        one, other = (_said(question.variants[persona].get(language)) for question in (before, after))
        if one.split() != other.split():
            yield Change(
                Place(place.page, place.question, language, f"variant {persona}"),
                f"In “{place.question}”, the words for {persona} in {language} changed.",
                one,
                other,
                is_meaning=True,
            )


def _said(text: QuestionText | None) -> str:
    parts = (text.prompt, text.help, text.low, text.high) if text else ()
    return " / ".join(part for part in parts if part.strip())


def _part(part: str) -> str:
    return {"prompt": "question text", "low": "lower end", "high": "upper end"}.get(
        part, part.replace("option ", "answer ")
    )


def _about_order(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    kept_before = [key for key in before if key in after]
    kept_after = [key for key in after if key in before]
    if kept_before != kept_after:
        yield Change(
            Place(),
            "The questions come in another order.",
            ", ".join(kept_before),
            ", ".join(kept_after),
            is_meaning=True,
        )


def _about_pages(old: SurveyDefinition, new: SurveyDefinition) -> Iterator[Change]:
    before, after = {page.key: page for page in old.pages}, {page.key: page for page in new.pages}
    for key in before:
        if key not in after:
            yield Change(Place(key), f"Page “{key}” was removed.", key, "", is_meaning=False)
    for key, page in after.items():
        if key not in before:
            yield Change(Place(key), f"Page “{key}” is new.", "", key, is_meaning=False)
        elif _leading(before[key]) != _leading(page):
            yield Change(
                Place(key),
                f"Who meets page “{key}”, or where it leads, changed.",
                _leading(before[key]),
                _leading(page),
                is_meaning=True,
            )


def _leading(page: Page) -> str:
    parts = [f"if {condition_to_json(page.show_if)}"] if page.show_if else []
    parts += [
        f"to {jump.to}" + (f" if {condition_to_json(jump.when)}" if jump.when else "") for jump in page.jumps
    ]
    return "; ".join([*parts, *(["extra"] if page.is_extra else [])]) or "always, then on"


def _prompt(definition: SurveyDefinition, question: Question) -> str:
    return words_in(question, definition.default_language)["prompt"]


def _needed(question: Question) -> str:
    return "required" if question.required else "optional"


def _when(question: Question) -> str:
    return str(condition_to_json(question.show_if)) if question.show_if else "always"


def _keys_kept(question: Question, other: Question) -> str:
    kept: Mapping[str, None] = dict.fromkeys(option.key for option in other.options)
    return ", ".join(option.key for option in question.options if option.key in kept)


def _personas(question: Question) -> str:
    return ", ".join(sorted(question.variants))
