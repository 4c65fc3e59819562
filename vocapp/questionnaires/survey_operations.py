"""What the editor can do to a survey as a whole: names, languages, occasion, wording."""

from functools import partial, reduce

from surveys.definition import Occasion, SurveyDefinition
from surveys.editing_languages import (
    add_language,
    remove_language,
    set_confidential,
    set_default_language,
    set_language,
    set_occasion,
    use_own_wording,
    use_standard_wording,
)
from surveys.translation import phrase_book
from vocapp.core.errors import DomainError
from vocapp.questionnaires.drafting import Change
from vocapp.questionnaires.edits import (
    WHOLE_SURVEY,
    Context,
    Edit,
    Form,
    Operations,
    place_of_question,
    text_in,
)


def _survey(definition: SurveyDefinition, form: Form, context: Context) -> Edit:
    occasion = form.get("occasion", "")
    if occasion not in list(Occasion):
        raise DomainError("Choose what the survey is sent for.")
    default = form.get("default_language", "")
    changes: list[Change] = [
        lambda survey: set_occasion(survey, Occasion(occasion)),
        lambda survey: set_default_language(survey, default),
    ]
    if not context.is_published:
        promised = "is_confidential" in form
        changes.append(lambda survey: set_confidential(survey, promised, is_published=False))
    for code in definition.languages:
        if f"name|{code}" in form:
            name, unread = text_in(form, f"name|{code}"), f"needs_review|{code}" in form
            changes.append(partial(set_language, code=code, name=name, needs_review=unread))
    return Edit(
        lambda survey: reduce(lambda changed, change: change(changed), changes, survey),
        "Changed the settings of the survey",
        WHOLE_SURVEY,
        merges=True,
    )


def _language_add(_definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    code = form.get("language", "")
    return Edit(lambda survey: add_language(survey, code), f"Added {_name(code)}", WHOLE_SURVEY)


def _language_remove(_definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    code = form.get("language", "")
    return Edit(lambda survey: remove_language(survey, code), f"Removed {_name(code)}", WHOLE_SURVEY)


def _own_wording(definition: SurveyDefinition, _form: Form, _context: Context) -> Edit:
    return Edit(use_own_wording, "Switched to own wording, not benchmarked", _at_rating(definition))


def _standard_wording(definition: SurveyDefinition, form: Form, _context: Context) -> Edit:
    standard = form.get("form", "")
    return Edit(
        lambda survey: use_standard_wording(survey, standard),
        "Restored the standard wording",
        _at_rating(definition),
    )


def _at_rating(definition: SurveyDefinition) -> str:
    return place_of_question(definition, definition.questions[0].key) if definition.questions else ""


def _name(code: str) -> str:
    known = phrase_book().languages.get(code)
    return known.name if known else code


SURVEY_OPERATIONS: Operations = {
    "survey": _survey,
    "language-add": _language_add,
    "language-remove": _language_remove,
    "wording-own": _own_wording,
    "wording-standard": _standard_wording,
}
