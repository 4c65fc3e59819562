"""Can a survey be asked, and asked well? Everything that stands in the way, each with its place."""

from collections.abc import Collection, Iterator

from surveys.conditions import About, Among, Condition, conditions_in
from surveys.definition import Page, SurveyDefinition
from surveys.finding import Code, Finding, Place, Severity, error, warning
from surveys.lengths import most_questions
from surveys.questions import CHOICES, WITH_OPTIONS, Question, QuestionKind
from surveys.standard_wording import standard_form
from surveys.way_checks import way_findings
from surveys.word_checks import word_findings

# Beyond these, people stop before the end.
MOST_QUESTIONS_ASKED = 6
MOST_ON_FIRST_PAGE = 3


def findings(definition: SurveyDefinition, *, personas: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Return what is wrong with a survey, errors first, each group in the order of the pages.

    `personas` are the keys of those that exist, None when nobody knows.
    """
    found = [
        *_about_the_rating(definition),
        *_about_the_wording(definition),
        *_about_options(definition),
        *_about_length(definition),
        *way_findings(definition),
        *word_findings(definition),
        *(_about_personas(definition, personas) if personas is not None else ()),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def is_askable(definition: SurveyDefinition) -> bool:
    """Whether a survey can be published: no finding is an error."""
    return all(finding.severity is not Severity.ERROR for finding in findings(definition))


def _about_the_rating(definition: SurveyDefinition) -> Iterator[Finding]:
    measures = [question for question in definition.questions if question.is_measure]
    if not definition.has_rating:
        if measures:
            late = measures[0]
            yield error(
                Code.RATING_NOT_FIRST,
                Place(definition.page_of(late.key).key, late.key),
                "The rating must come first; move it to the top of the first page.",
            )
        else:
            yield error(
                Code.NO_RATING,
                Place(definition.pages[0].key),
                "Put a rating (NPS, CSAT or CES) first: everything is measured by it.",
            )
        return
    first, page = definition.rating_question, definition.page_of(definition.rating_question.key)
    place = Place(page.key, first.key)
    if page is not definition.pages[0]:
        yield error(
            Code.RATING_NOT_FIRST,
            place,
            "The rating must come first; move its page to the top, or remove the empty ones before it.",
        )
    if not first.required or first.show_if is not None or page.show_if is not None or page.is_extra:
        yield error(
            Code.RATING_NOT_ALWAYS,
            place,
            "Everybody must be asked the rating: make it required, and put it and its page under no"
            " condition.",
        )


def _about_the_wording(definition: SurveyDefinition) -> Iterator[Finding]:
    if definition.has_rating and not definition.is_custom and standard_form(definition) is None:
        rating = definition.rating_question
        yield error(
            Code.WORDING_CHANGED,
            Place(definition.page_of(rating.key).key, rating.key),
            "The rating is not asked in the standard words of every language; restore them, or mark the"
            " survey"
            " as custom, which is not benchmarked.",
        )


def _about_options(definition: SurveyDefinition) -> Iterator[Finding]:
    for page, question in _everything(definition):
        fewest = 2 if question.kind in CHOICES else 1
        if question.kind in WITH_OPTIONS and len(question.choices) < fewest:
            what = "rows to rate" if question.kind is QuestionKind.MATRIX else "answers to choose from"
            yield error(
                Code.TOO_FEW_OPTIONS,
                Place(page.key, question.key, part="options"),
                f"Question “{question.key}” needs {what}: at least {fewest}.",
            )


def _about_length(definition: SurveyDefinition) -> Iterator[Finding]:
    for page in definition.pages:
        if not page.questions:
            yield warning(
                Code.EMPTY_PAGE, Place(page.key), f"Page “{page.key}” asks nothing and is never shown."
            )
    main = [page for page in definition.pages if not page.is_extra]
    first_extra = next((place for place, page in enumerate(definition.pages) if page.is_extra), None)
    if first_extra is not None and any(definition.pages.index(page) > first_extra for page in main):
        yield warning(
            Code.EXTRA_NOT_LAST,
            Place(definition.pages[first_extra].key),
            "An extra page should come after all others: whoever stops there misses what follows.",
        )
    asked = most_questions(definition)
    if asked > MOST_QUESTIONS_ASKED:
        yield warning(
            Code.TOO_MANY_QUESTIONS,
            Place(),
            f"Somebody may be asked {asked} questions; with more than {MOST_QUESTIONS_ASKED} many stop"
            " early.",
        )
    first = definition.pages[0]
    always = [question for question in first.questions if question.show_if is None]
    if len(always) > MOST_ON_FIRST_PAGE:
        yield warning(
            Code.FULL_FIRST_PAGE,
            Place(first.key),
            f"The first page asks {len(always)} questions; up to {MOST_ON_FIRST_PAGE} fit a phone's screen.",
        )


def _about_personas(definition: SurveyDefinition, personas: Collection[str]) -> Iterator[Finding]:
    for page, question in _everything(definition):
        for persona in question.variants:
            if persona not in personas:
                yield _unknown_persona(persona, Place(page.key, question.key))
        yield from _personas_of(question.show_if, Place(page.key, question.key), personas)
    for page in definition.pages:
        for condition in (page.show_if, *(jump.when for jump in page.jumps)):
            yield from _personas_of(condition, Place(page.key), personas)


def _personas_of(condition: Condition | None, place: Place, personas: Collection[str]) -> Iterator[Finding]:
    for part in conditions_in(condition) if condition else ():
        if isinstance(part, Among) and part.about is About.PERSONA:
            for persona in part.values:
                if persona not in personas:
                    yield _unknown_persona(persona, place)


def _unknown_persona(persona: str, place: Place) -> Finding:
    return warning(
        Code.UNKNOWN_PERSONA, place, f"There is no persona “{persona}”, so nobody meets what is meant for it."
    )


def _everything(definition: SurveyDefinition) -> Iterator[tuple[Page, Question]]:
    return ((page, question) for page in definition.pages for question in page.questions)
