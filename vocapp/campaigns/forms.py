"""The forms of waves."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from vocapp.campaigns.pilot import MOST_DAYS, MOST_PEOPLE, MOST_PERCENT, PilotOrder
from vocapp.core.forms import Form
from vocapp.core.web import LARGEST_ID
from vocapp.questionnaires.queries import ListedSurvey

NOW = "now"
LOOK = "look"
EVERYBODY, SHARE, NUMBER = "everybody", "share", "number"
LATER = "later"
THREE_AND_EIGHT = "3,8"
REMINDER_CHOICES = [
    (THREE_AND_EIGHT, _("On working days 3 and 8")),
    ("3", _("On working day 3")),
    ("5", _("On working day 5")),
    ("", _("None")),
]


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


class OnlyForm(Form):
    """Whom a wave asks only, of those who could be asked."""

    is_for_verified = BooleanField(_("Only people who were verified lately"))
    is_in_own_language = BooleanField(_("Only people whose language the survey speaks"))


class NoteForm(Form):
    """The CSM's own words. What is wrong with them is said by the service."""

    note = TextAreaField(_("Your note"))


class LaunchForm(Form):
    """When a wave begins and ends, in the user's time zone."""

    when = RadioField(_("Launch"), choices=[(NOW, _("Now")), (LATER, _("At a time"))], default=NOW)
    at = DateTimeLocalField(_("Date and time"), validators=[Optional()])
    closes_on = DateField(_("Closes at the end of"), validators=[Optional()])
    sends_until = DateField(
        _("First mails leave until the end of"),
        validators=[Optional()],
        description=_("Whoever could not be written to by then is not asked. Empty: as long as it is open."),
    )
    pilot = RadioField(
        _("Whom first"),
        choices=[
            (EVERYBODY, _("Everybody at once")),
            (SHARE, _("A pilot share first, in percent")),
            (NUMBER, _("A pilot of so many people first")),
        ],
        default=EVERYBODY,
    )
    pilot_size = IntegerField(
        _("How many first"),
        [Optional(), NumberRange(1, MOST_PEOPLE)],
        description=_("Percent or people, as chosen above; drawn by lot."),
    )
    pilot_days = IntegerField(
        _("The others follow after so many days"),
        [Optional(), NumberRange(1, MOST_DAYS)],
        description=_(
            "By themselves, unless you stop there, somebody complains or mails come back. Empty: when you say"
            " so. They get as many days to answer as the first."
        ),
    )
    reminders = SelectField(_("Reminders"), choices=REMINDER_CHOICES, default=THREE_AND_EIGHT)
    has_prenotice = BooleanField(
        _("Announce the question"),
        description=_(
            "A short mail from you two working days before. Nobody gets more than three mails, so at most one"
            " reminder follows."
        ),
    )
    has_heads_up = BooleanField(
        _("Tell the champions first"),
        description=_(
            "Champions who are asked hear two working days before that their colleagues are asked, too, and"
            " can put in a word. Everybody's question waits so long."
        ),
    )
    has_thanks = BooleanField(
        _("Thank by mail"),
        description=_(
            "A short mail after an answer: you read it, and by when you write if they asked for that."
            " The page they answer on says so in any case."
        ),
    )
    is_any_hour = BooleanField(
        _("Send at any hour"),
        description=_("Also at night, on weekends and holidays. Otherwise mails leave at working hours."),
    )

    def reminder_days(self) -> list[int]:
        """Return the working days after the question on which people are reminded."""
        return [int(day) for day in self.reminders.data.split(",") if day]

    def validate(self, extra_validators: Any = None) -> bool:
        """A later launch needs its time; a check of the field itself would be skipped while it is empty."""
        is_valid = bool(super().validate(extra_validators))
        if is_valid and self.when.data == LATER and self.at.data is None:
            self.at.errors = [str(_("Say when the wave is to be launched."))]
            return False
        if is_valid and self.pilot.data != EVERYBODY:
            wrong = self._wrong_with_pilot()
            self.pilot_size.errors = [wrong] if wrong else []
            return not wrong
        return is_valid

    def _wrong_with_pilot(self) -> str:
        size = self.pilot_size.data
        if size is None:
            return str(_("Say how many are asked first."))
        if self.pilot.data == SHARE and size > MOST_PERCENT:
            return str(_("Ask at most %(most)s percent first.", most=MOST_PERCENT))
        return ""

    def pilot_order(self) -> PilotOrder:
        """Return the pilot as somebody wants it."""
        size = self.pilot_size.data or 0
        return PilotOrder(
            percent=size if self.pilot.data == SHARE else 0,
            people=size if self.pilot.data == NUMBER else 0,
            days=self.pilot_days.data,
        )


class DoneForm(Form):
    """What was done about the answers to a wave; the service says what is wrong with it."""

    we_did = TextAreaField(_("What did you do about what people said?"))
