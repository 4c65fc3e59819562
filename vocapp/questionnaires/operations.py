"""What the editor can do to questions and their answers, and the table of everything it can do."""

from surveys import editing, editing_options
from surveys.definition import SurveyDefinition
from surveys.editing_parts import free_key, page_at, question_at, question_keys
from surveys.editing_words import add_variant, remove_variant
from surveys.questions import QuestionKind
from vocapp.core.errors import DomainError
from vocapp.questionnaires.condition_forms import condition_in
from vocapp.questionnaires.edits import (
    Context,
    Edit,
    Form,
    Operations,
    number_in,
    place_of_question,
    text_in,
)
from vocapp.questionnaires.page_operations import PAGE_OPERATIONS, STEPS, shown_when
from vocapp.questionnaires.survey_operations import SURVEY_OPERATIONS
from vocapp.questionnaires.word_forms import change_words

# What a new question is called until somebody finds a better key.
_STEMS = {
    QuestionKind.NPS: "rating",
    QuestionKind.CSAT: "rating",
    QuestionKind.CES: "rating",
    QuestionKind.TEXT: "comment",
    QuestionKind.SHORT_TEXT: "text",
    QuestionKind.MATRIX: "drivers",
    QuestionKind.SINGLE_CHOICE: "choice",
    QuestionKind.MULTIPLE_CHOICE: "choices",
    QuestionKind.YES_NO: "yes-no",
}


def _question_add(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    page, kind = form.get("page", ""), _kind(form)
    after = form.get("after", "")
    key = free_key(_STEMS.get(kind, kind.value), question_keys(definition))
    # Where a question is chosen the new one follows it; else it comes last on the page.
    after = after if any(question.key == after for question in page_at(definition, page).questions) else ""
    return Edit(
        lambda survey: editing.add_question(survey, page, key, kind, after=after),
        f"Added question “{key}”",
        f"{page}.{key}",
    )


def _question_remove(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key = form.get("question", "")
    question_at(definition, key)
    return Edit(
        lambda survey: editing.remove_question(survey, key),
        f"Removed question “{key}”",
        definition.page_of(key).key,
    )


def _question_move(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key, by = form.get("question", ""), STEPS.get(form.get("to", ""), 0)
    return Edit(
        lambda survey: editing.move_question(survey, key, by=by),
        f"Moved question “{key}”",
        place_of_question(definition, key),
    )


def _question_copy(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key = form.get("question", "")
    question_at(definition, key)
    made = free_key(key, question_keys(definition))
    return Edit(
        lambda survey: editing.duplicate_question(survey, key),
        f"Copied question “{key}”",
        f"{definition.page_of(key).key}.{made}",
    )


def _question(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key, new, page = form.get("question", ""), text_in(form, "key"), form.get("page", "")
    settings = {
        "kind": _kind(form),
        "required": "required" in form,
        "has_other": "has_other" in form,
        "is_shuffled": "is_shuffled" in form,
        **({"points": number_in(form, "points")} if "points" in form else {}),
    }

    def change(survey: SurveyDefinition) -> SurveyDefinition:
        moved = editing.move_question_to(editing.set_question(survey, key, **settings), key, page)
        return editing.rename_question(moved, key, new)

    is_renamed = new != question_at(definition, key).key
    what = f"Renamed question “{key}” to “{new}”" if is_renamed else f"Changed the settings of “{key}”"
    return Edit(change, what, f"{page}.{new}")


def _question_condition(definition: SurveyDefinition, form: Form, context: Context) -> Edit:
    key = form.get("question", "")
    condition = condition_in(definition, form, context.known)
    return Edit(
        lambda survey: editing.set_question_condition(survey, key, condition),
        f"Question “{key}” is asked {shown_when(definition, condition)}",
        place_of_question(definition, key),
    )


def _option_add(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    question = question_at(definition, form.get("question", ""))
    stem = "row" if question.kind is QuestionKind.MATRIX else "answer"
    taken = [option.key for option in question.options]
    key = free_key(f"{stem}-{len(taken) + 1}", taken)
    return Edit(
        lambda survey: editing_options.add_option(survey, question.key, key),
        f"Added an answer to “{question.key}”",
        place_of_question(definition, question.key),
    )


def _option_remove(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    question, option = form.get("question", ""), form.get("option", "")
    return Edit(
        lambda survey: editing_options.remove_option(survey, question, option),
        f"Removed answer “{option}” of “{question}”",
        place_of_question(definition, question),
    )


def _option_move(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    question, option = form.get("question", ""), form.get("option", "")
    by = STEPS.get(form.get("to", ""), 0)
    return Edit(
        lambda survey: editing_options.move_option(survey, question, option, by=by),
        f"Moved answer “{option}” of “{question}”",
        place_of_question(definition, question),
    )


def _option_copy(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    question, option = form.get("question", ""), form.get("option", "")
    return Edit(
        lambda survey: editing_options.duplicate_option(survey, question, option),
        f"Copied answer “{option}” of “{question}”",
        place_of_question(definition, question),
    )


def _option_rename(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    question, option, new = form.get("question", ""), form.get("option", ""), text_in(form, "key")
    return Edit(
        lambda survey: editing_options.rename_option(survey, question, option, new),
        f"Renamed answer “{option}” of “{question}” to “{new}”",
        place_of_question(definition, question),
    )


def _variant_add(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    question, persona = form.get("question", ""), form.get("persona", "")
    return Edit(
        lambda survey: add_variant(survey, question, persona),
        f"Other words of “{question}” for {persona}",
        place_of_question(definition, question),
    )


def _variant_remove(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    question, persona = form.get("question", ""), form.get("persona", "")
    return Edit(
        lambda survey: remove_variant(survey, question, persona),
        f"No other words of “{question}” for {persona}",
        place_of_question(definition, question),
    )


def _kind(form: Form) -> QuestionKind:
    kind = form.get("kind", "")
    if kind not in list(QuestionKind):
        raise DomainError("Choose the kind of question.")
    return QuestionKind(kind)


OPERATIONS: Operations = {
    **SURVEY_OPERATIONS,
    **PAGE_OPERATIONS,
    "question": _question,
    "question-add": _question_add,
    "question-remove": _question_remove,
    "question-move": _question_move,
    "question-copy": _question_copy,
    "question-condition": _question_condition,
    "words": change_words,
    "option-add": _option_add,
    "option-remove": _option_remove,
    "option-move": _option_move,
    "option-copy": _option_copy,
    "option-rename": _option_rename,
    "variant-add": _variant_add,
    "variant-remove": _variant_remove,
}
