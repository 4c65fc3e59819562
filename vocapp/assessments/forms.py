"""The guided forms and the form of a note."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import RadioField, TextAreaField
from wtforms.validators import Length, ValidationError

from vocapp.assessments.rules import (
    ACCOUNT_QUESTIONS,
    LONGEST_NOTE,
    PERSON_QUESTIONS,
    RATINGS,
    Question,
    as_typed,
    is_blank,
)
from vocapp.core.forms import Form

LEFT_OPEN = ""


def _typed(text: str | None) -> str:
    return as_typed(text or "")


class RatingField(RadioField):
    """A number from 1 to 5, or nothing."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        choices: list[Any] = [LEFT_OPEN, *map(str, RATINGS)]
        super().__init__(label, choices=choices, default=LEFT_OPEN, validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no choice, in words."""
        super().pre_validate(form)
        if self.data not in (None, LEFT_OPEN, *map(str, RATINGS)):
            raise ValidationError(_("Choose a number from 1 to 5, or leave the question open."))


class AssessmentForm(Form):
    """A guided form: one rating per question, each of them optional, but not all."""

    questions: tuple[Question, ...] = ()
    note = TextAreaField(
        _("Note"),
        [Length(max=LONGEST_NOTE, message=_("The note is longer than 10,000 characters; shorten it."))],
        filters=[_typed],
        description=_("What made you answer like this? Whoever reads it later will want to know."),
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Ask for one answer at least."""
        is_valid = super().validate(*args, **kwargs)
        if is_valid and not self.ratings():
            self.form_errors.append(_("Answer at least one question."))
            return False
        return is_valid

    def ratings(self) -> dict[str, int]:
        """Return question key → 1-5 of the questions that were answered."""
        given = {question.key: self[question.key].data for question in self.questions}
        return {key: int(rating) for key, rating in given.items() if rating}


def _guided(name: str, questions: Sequence[Question]) -> type[AssessmentForm]:
    fields = {question.key: RatingField(_(question.text)) for question in questions}
    return type(name, (AssessmentForm,), {**fields, "questions": tuple(questions)})


AccountAssessmentForm = _guided("AccountAssessmentForm", ACCOUNT_QUESTIONS)
PersonAssessmentForm = _guided("PersonAssessmentForm", PERSON_QUESTIONS)


class NoteForm(Form):
    """A note."""

    text = TextAreaField(
        _("Note"),
        [Length(max=LONGEST_NOTE, message=_("The note is longer than 10,000 characters; shorten it."))],
        filters=[_typed],
    )

    def validate_text(self, field: TextAreaField) -> None:
        """Refuse a note with nothing to read in it."""
        if is_blank(field.data or ""):
            raise ValidationError(_("The note is empty; write something first."))
