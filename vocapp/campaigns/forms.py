"""The forms of waves."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    DateField,
    DateTimeLocalField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from vocapp.core.forms import Form
from vocapp.core.web import LARGEST_ID
from vocapp.questionnaires.queries import ListedSurvey

NOW = "now"
LATER = "later"


class SurveyForm(Form):
    """Which survey a wave asks, and what the wave is called; `account` is one chosen beforehand."""

    survey = RadioField(_("Survey"), validators=[InputRequired(_("Choose a survey."))])
    name = StringField(_("Name of the wave"), validators=[Length(max=120)])
    account = IntegerField(widget=HiddenInput(), validators=[Optional(), NumberRange(1, LARGEST_ID)])

    def __init__(self, *, surveys: Sequence[ListedSurvey], **values: Any) -> None:
        super().__init__(data=values)
        self.survey.choices = [(survey.key, survey.name) for survey in surveys]


class LeaveOutForm(Form):
    """Why somebody is not asked."""

    reason = StringField(_("Reason"))


class NoteForm(Form):
    """The CSM's own words. What is wrong with them is said by the service."""

    note = TextAreaField(_("Your note"))


class LaunchForm(Form):
    """When a wave begins and ends, in the user's time zone."""

    when = RadioField(_("Launch"), choices=[(NOW, _("Now")), (LATER, _("At a time"))], default=NOW)
    at = DateTimeLocalField(_("Date and time"), validators=[Optional()])
    closes_on = DateField(_("Closes at the end of"), validators=[Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        """A later launch needs its time; a check of the field itself would be skipped while it is empty."""
        is_valid = bool(super().validate(extra_validators))
        if is_valid and self.when.data == LATER and self.at.data is None:
            self.at.errors = [str(_("Say when the wave is to be launched."))]
            return False
        return is_valid


class ExtendForm(Form):
    """A new end for a wave, in the user's time zone."""

    closes_on = DateField(_("Closes at the end of"), validators=[InputRequired(_("Choose a day."))])
