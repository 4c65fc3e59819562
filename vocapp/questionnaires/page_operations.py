"""What the editor can do to pages and to where they lead."""

from surveys import editing, editing_jumps
from surveys.condition_words import condition_words
from surveys.conditions import Condition
from surveys.definition import SurveyDefinition
from surveys.editing_parts import free_key, page_at, page_keys
from vocapp.questionnaires.condition_forms import condition_in
from vocapp.questionnaires.edits import WHOLE_SURVEY, Context, Edit, Form, Operations, number_in, text_in

STEPS = {"up": -1, "down": 1}


def _page_add(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key = free_key(f"page-{len(definition.pages) + 1}", page_keys(definition))
    after = form.get("after", "")
    return Edit(lambda survey: editing.add_page(survey, key, after=after), f"Added page “{key}”", key)


def _page_remove(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key = form.get("page", "")
    rest = [page.key for page in definition.pages if page.key != key]
    at = rest[0] if rest else WHOLE_SURVEY
    return Edit(lambda survey: editing.remove_page(survey, key), f"Removed page “{key}”", at)


def _page_move(_definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key, by = form.get("page", ""), STEPS.get(form.get("to", ""), 0)
    return Edit(lambda survey: editing.move_page(survey, key, by=by), f"Moved page “{key}”", key)


def _page_copy(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key = form.get("page", "")
    made = free_key(key, page_keys(definition))
    return Edit(lambda survey: editing.duplicate_page(survey, key), f"Copied page “{key}”", made)


def _page(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key, new = form.get("page", ""), text_in(form, "key")
    is_extra = "is_extra" in form

    def change(survey: SurveyDefinition) -> SurveyDefinition:
        return editing.rename_page(editing.set_page(survey, key, is_extra=is_extra), key, new)

    is_renamed = new != key and page_at(definition, key) is not None
    what = f"Renamed page “{key}” to “{new}”" if is_renamed else f"Changed page “{key}”"
    return Edit(change, what, new)


def _page_condition(definition: SurveyDefinition, form: Form, context: Context) -> Edit:
    key = form.get("page", "")
    condition = condition_in(definition, form, context.known)
    return Edit(
        lambda survey: editing.set_page_condition(survey, key, condition),
        f"Page “{key}” is shown {shown_when(definition, condition)}",
        key,
    )


def _jump_add(_definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key, to = form.get("page", ""), form.get("to", "")
    return Edit(lambda survey: editing_jumps.add_jump(survey, key, to), f"Page “{key}” jumps to “{to}”", key)


def _jump_remove(_definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    key, number = form.get("page", ""), number_in(form, "jump")
    return Edit(
        lambda survey: editing_jumps.remove_jump(survey, key, number), f"Removed a jump of page “{key}”", key
    )


def _jump(definition: SurveyDefinition, form: Form, context: Context) -> Edit:
    key, number, to = form.get("page", ""), number_in(form, "jump"), form.get("to", "")
    when = condition_in(definition, form, context.known)
    return Edit(
        lambda survey: editing_jumps.set_jump(survey, key, number, to=to, when=when),
        f"Page “{key}” jumps to “{to}” {shown_when(definition, when)}",
        key,
    )


def shown_when(definition: SurveyDefinition, condition: Condition | None) -> str:
    """Return when something happens, as the end of a sentence."""
    return f"when {condition_words(definition, condition)}" if condition else "always"


PAGE_OPERATIONS: Operations = {
    "page": _page,
    "page-add": _page_add,
    "page-remove": _page_remove,
    "page-move": _page_move,
    "page-copy": _page_copy,
    "page-condition": _page_condition,
    "jump": _jump,
    "jump-add": _jump_add,
    "jump-remove": _jump_remove,
}
