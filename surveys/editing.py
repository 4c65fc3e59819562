"""Changes to the pages and questions of a survey.

Every change takes a survey and returns the changed one, which always reads back from JSON, or raises
DefinitionError with one sentence that says what to do. Answers, jumps, words and languages are changed in
`editing_options`, `editing_jumps`, `editing_words` and `editing_languages`.
"""

from dataclasses import replace
from typing import Any

from surveys.conditions import Condition
from surveys.definition import END, DefinitionError, Page, SurveyDefinition
from surveys.editing_parts import (
    free_key,
    inserted,
    moved,
    page_at,
    page_keys,
    place_of,
    question_at,
    question_keys,
    refuse_if_used,
    refuse_taken,
    with_page,
    with_pages,
    with_question,
)
from surveys.questions import (
    DEFAULT_POINTS,
    SCALES,
    WITH_ENDS,
    WITH_OPTIONS,
    Question,
    QuestionKind,
    QuestionText,
)
from surveys.references import uses_of_page, uses_of_question, with_page_renamed, with_question_renamed
from surveys.standard_wording import standard_texts


def add_page(definition: SurveyDefinition, key: str, *, after: str = "") -> SurveyDefinition:
    """Add an empty page after another one, or as the last."""
    refuse_taken(key, page_keys(definition), "page")
    place = place_of(definition.pages, after, "page") + 1 if after else len(definition.pages)
    return with_pages(definition, inserted(definition.pages, place, Page(key, ())))


def remove_page(definition: SurveyDefinition, key: str) -> SurveyDefinition:
    """Remove a page with its questions, unless it is the only one or something outside it needs them."""
    page = page_at(definition, key)
    if len(definition.pages) == 1:
        raise DefinitionError("A survey has at least one page; remove its questions instead.")
    refuse_if_used(f"page “{key}”", uses_of_page(definition, key))
    rest = replace(
        definition,
        pages=tuple(
            replace(other, questions=(), jumps=(), show_if=None) if other.key == key else other
            for other in definition.pages
        ),
    )
    for question in page.questions:
        refuse_if_used(f"question “{question.key}” of this page", uses_of_question(rest, question.key))
    return with_pages(definition, tuple(other for other in definition.pages if other.key != key))


def move_page(definition: SurveyDefinition, key: str, *, by: int) -> SurveyDefinition:
    """Move a page up (by -1) or down (by 1); at the end nothing happens."""
    return with_pages(definition, moved(definition.pages, place_of(definition.pages, key, "page"), by))


def duplicate_page(definition: SurveyDefinition, key: str) -> SurveyDefinition:
    """Copy a page with its questions, under free keys, right behind it; its jumps are not copied."""
    page = page_at(definition, key)
    taken = question_keys(definition)
    copies: list[Question] = []
    for question in page.questions:
        copy = replace(question, key=free_key(question.key, taken))
        taken.append(copy.key)
        copies.append(copy)
    made = replace(page, key=free_key(key, page_keys(definition)), questions=tuple(copies), jumps=())
    place = place_of(definition.pages, key, "page") + 1
    return with_pages(definition, inserted(definition.pages, place, made))


def rename_page(definition: SurveyDefinition, key: str, new: str) -> SurveyDefinition:
    """Give a page another key; jumps follow."""
    if new == key:
        return definition
    if new == END:
        raise DefinitionError(f"“{END}” stands for the end of the survey; choose another key.")
    refuse_taken(new, page_keys(definition), "page")
    return with_page(with_page_renamed(definition, key, new), key, lambda page: replace(page, key=new))


def set_page(definition: SurveyDefinition, key: str, *, is_extra: bool) -> SurveyDefinition:
    """Say whether a page is a bonus that nobody needs to send."""
    return with_page(definition, key, lambda page: replace(page, is_extra=is_extra))


def set_page_condition(
    definition: SurveyDefinition, key: str, condition: Condition | None
) -> SurveyDefinition:
    """Say when a page is shown; None: always."""
    return with_page(definition, key, lambda page: replace(page, show_if=condition))


def add_question(
    definition: SurveyDefinition, page: str, key: str, kind: QuestionKind, *, after: str = ""
) -> SurveyDefinition:
    """Add a question to a page, after another one or as the last; a measure gets its standard words."""
    refuse_taken(key, question_keys(definition), "question")
    made = _fitted(definition, Question(key, kind, required=kind in SCALES, texts={}))

    def added(target: Page) -> Page:
        place = place_of(target.questions, after, "question") + 1 if after else len(target.questions)
        return replace(target, questions=inserted(target.questions, place, made))

    return with_page(definition, page, added)


def remove_question(definition: SurveyDefinition, key: str) -> SurveyDefinition:
    """Remove a question, unless a condition or the words of another one need it."""
    question_at(definition, key)
    refuse_if_used(f"question “{key}”", uses_of_question(definition, key))
    return with_page(
        definition,
        definition.page_of(key).key,
        lambda page: replace(page, questions=tuple(one for one in page.questions if one.key != key)),
    )


def move_question(definition: SurveyDefinition, key: str, *, by: int) -> SurveyDefinition:
    """Move a question up (by -1) or down (by 1), over the edge of its page to the next one."""
    question_at(definition, key)
    page = definition.page_of(key)
    place = place_of(page.questions, key, "question")
    if 0 <= place + by < len(page.questions):
        order = moved(page.questions, place, by)
        return with_page(definition, page.key, lambda own: replace(own, questions=order))
    number = definition.pages.index(page) + by
    if not 0 <= number < len(definition.pages):
        return definition
    return move_question_to(definition, key, definition.pages[number].key, is_first=by > 0)


def move_question_to(
    definition: SurveyDefinition, key: str, page: str, *, is_first: bool = False
) -> SurveyDefinition:
    """Put a question on another page, last there or first."""
    question = question_at(definition, key)
    page_at(definition, page)
    if definition.page_of(key).key == page:
        return definition

    def changed(own: Page) -> Page:
        rest = tuple(one for one in own.questions if one.key != key)
        if own.key == page:
            rest = (question, *rest) if is_first else (*rest, question)
        return replace(own, questions=rest)

    return with_pages(definition, tuple(changed(own) for own in definition.pages))


def duplicate_question(definition: SurveyDefinition, key: str) -> SurveyDefinition:
    """Copy a question under a free key, right behind it."""
    question = question_at(definition, key)
    copy = replace(question, key=free_key(key, question_keys(definition)))

    def added(page: Page) -> Page:
        place = place_of(page.questions, key, "question") + 1
        return replace(page, questions=inserted(page.questions, place, copy))

    return with_page(definition, definition.page_of(key).key, added)


def rename_question(definition: SurveyDefinition, key: str, new: str) -> SurveyDefinition:
    """Give a question another key; conditions and merge fields follow."""
    if new == key:
        return definition
    refuse_taken(new, question_keys(definition), "question")
    followed = with_question_renamed(definition, key, new)
    return with_question(followed, key, lambda question: replace(question, key=new))


def set_question(definition: SurveyDefinition, key: str, **settings: Any) -> SurveyDefinition:
    """Change settings of a question: kind, required, points, has_other, is_shuffled.

    What a new kind has no use for (answers, the ends of a scale) is dropped.
    """
    return with_question(
        definition, key, lambda question: _fitted(definition, replace(question, **settings), before=question)
    )


def set_question_condition(
    definition: SurveyDefinition, key: str, condition: Condition | None
) -> SurveyDefinition:
    """Say when a question is asked; None: always."""
    return with_question(definition, key, lambda question: replace(question, show_if=condition))


def _fitted(definition: SurveyDefinition, question: Question, *, before: Question | None = None) -> Question:
    """Return a question without what its kind has no use for."""
    kind = question.kind
    if before is not None and before.kind is kind:
        return question
    texts = question.texts
    standard = {} if definition.is_custom else next(iter(standard_texts().get(kind.value, {}).values()), {})
    if standard:
        texts = {**texts, **{code: standard[code] for code in definition.languages if code in standard}}
    elif kind not in WITH_ENDS:
        texts = {code: QuestionText(text.prompt, help=text.help) for code, text in texts.items()}
    has_options = kind in WITH_OPTIONS
    return replace(
        question,
        texts=texts,
        options=question.options if has_options else (),
        has_other=question.has_other and has_options and kind is not QuestionKind.MATRIX,
        is_shuffled=question.is_shuffled and has_options,
        points=question.points if kind in WITH_ENDS and kind not in SCALES else DEFAULT_POINTS,
        variants={} if standard else question.variants,
    )
