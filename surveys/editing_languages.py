"""Changes to a survey as a whole: its languages and names, its occasion, its wording, its promise."""

from dataclasses import replace

from surveys.definition import DefinitionError, Occasion, SurveyDefinition, SurveyLanguage
from surveys.editing_parts import checked, with_question
from surveys.questions import Option, Question
from surveys.standard_wording import Forms, standard_form, standard_texts
from surveys.translation import language as known_language

LONGEST_NAME = 120


def add_language(definition: SurveyDefinition, code: str) -> SurveyDefinition:
    """Let a survey speak another language: its words are to be written and read; standard ones are there."""
    if code in definition.languages:
        raise DefinitionError(f"The survey speaks {code} already.")
    try:
        known_language(code)
    except ValueError as problem:
        raise DefinitionError(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from None
    form = standard_form(definition)
    spoken = replace(
        definition,
        languages={**definition.languages, code: SurveyLanguage(definition.name, needs_review=True)},
    )
    if form is None:
        return checked(spoken)
    rating = definition.rating_question
    standard = standard_texts()[rating.kind.value][form]
    texts = {**rating.texts, **({code: standard[code]} if code in standard else {})}
    return with_question(spoken, rating.key, lambda own: replace(own, texts=texts))


def remove_language(definition: SurveyDefinition, code: str) -> SurveyDefinition:
    """Remove a language with all its words; the default language stays."""
    if code not in definition.languages:
        raise DefinitionError(f"The survey does not speak {code} any more.")
    if code == definition.default_language:
        raise DefinitionError("This is the default language; make another one the default first.")

    def without(question: Question) -> Question:
        return replace(
            question,
            texts={key: text for key, text in question.texts.items() if key != code},
            options=tuple(
                Option(option.key, {key: text for key, text in option.texts.items() if key != code})
                for option in question.options
            ),
            variants={
                persona: {key: text for key, text in texts.items() if key != code}
                for persona, texts in question.variants.items()
            },
        )

    pages = (
        replace(page, questions=tuple(without(question) for question in page.questions))
        for page in definition.pages
    )
    languages = {key: spoken for key, spoken in definition.languages.items() if key != code}
    return checked(replace(definition, languages=languages, pages=tuple(pages)))


def set_language(
    definition: SurveyDefinition, code: str, *, name: str, needs_review: bool
) -> SurveyDefinition:
    """Say what the survey is called in a language, and whether a speaker still has to read it."""
    if code not in definition.languages:
        raise DefinitionError(f"The survey does not speak {code} any more.")
    if len(name) > LONGEST_NAME:
        raise DefinitionError(f"Shorten the name to {LONGEST_NAME} characters.")
    languages = {**definition.languages, code: SurveyLanguage(name, needs_review)}
    return checked(replace(definition, languages=languages))


def set_default_language(definition: SurveyDefinition, code: str) -> SurveyDefinition:
    """Say in which language people are asked whose own the survey does not speak."""
    if code not in definition.languages:
        raise DefinitionError(f"The survey does not speak {code} any more.")
    return checked(replace(definition, default_language=code))


def set_occasion(definition: SurveyDefinition, occasion: Occasion) -> SurveyDefinition:
    """Say why the survey is sent."""
    return checked(replace(definition, occasion=occasion))


def set_confidential(
    definition: SurveyDefinition, is_confidential: bool, *, is_published: bool
) -> SurveyDefinition:
    """Promise that answers are only shown in groups, or not; only before the first version is published."""
    if definition.is_confidential is is_confidential:
        return definition
    if is_published:
        raise DefinitionError(
            "Whether answers are confidential is fixed once a survey is published; make a new survey instead."
        )
    return checked(replace(definition, is_confidential=is_confidential))


def use_own_wording(definition: SurveyDefinition) -> SurveyDefinition:
    """Unlock the words of the rating: the survey is custom from now on, and not benchmarked."""
    return checked(replace(definition, is_custom=True))


def standard_forms(definition: SurveyDefinition) -> Forms:
    """Return the standard words the rating can be asked in, by form; none for a survey without a rating."""
    return standard_texts().get(definition.kind.value, {}) if definition.has_rating else {}


def use_standard_wording(definition: SurveyDefinition, form: str) -> SurveyDefinition:
    """Ask the rating in a standard form, in every language there is one for, and lock its words."""
    forms = standard_forms(definition)
    if form not in forms:
        raise DefinitionError("Choose one of the standard wordings of this kind of rating.")
    standard = forms[form]
    rating = definition.rating_question
    texts = {**rating.texts, **{code: standard[code] for code in definition.languages if code in standard}}
    worded = replace(definition, is_custom=False)
    return with_question(worded, rating.key, lambda own: replace(own, texts=texts, variants={}))
