"""The forms of sharing: to whom, when, and with which words."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, IntegerField, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from vocapp.accounts.models import Contact
from vocapp.core.forms import Form
from vocapp.identity.models import User
from vocapp.sharing.rules import BEFORE_A_DATE, MOST_DAYS_BEFORE, Rhythm

RHYTHM_WORDS = {
    Rhythm.MONTHLY: _("Every month"),
    Rhythm.AFTER_WAVE: _("After a wave has closed"),
    Rhythm.BEFORE_RENEWAL: _("Before the renewal"),
    Rhythm.BEFORE_REVIEW: _("Before the business review"),
}


NOTE_HINT = _(
    "Shown between the greeting and the link. {{first_name}}, {{company}} and {{sender}} are filled in."
)


class Boxes(SelectMultipleField):
    """Some of several things, each with its own box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ShareForm(Form):
    """Whom a report goes to; people at the customer only where it was made for them."""

    users = Boxes(_("Colleagues who may read it"), coerce=int)
    contacts = Boxes(_("People at the customer"), coerce=int)
    note = TextAreaField(_("Personal note"), description=NOTE_HINT)

    def __init__(
        self, *, users: Sequence[User], contacts: Sequence[Contact], prefix: str = "", **values: Any
    ) -> None:
        super().__init__(data=values, prefix=prefix)
        self.users.choices = [(user.id, user.name or user.email) for user in users]
        self.contacts.choices = [(one.id, _words_for(one)) for one in contacts]


def _words_for(contact: Contact) -> str:
    """Return name, part and address: two people may have one name, and only one of them is meant."""
    parts = (contact.full_name, contact.title, contact.email)
    return " · ".join(part for part in parts if part)


class NoteForm(Form):
    """What the CSM writes above the link."""

    note = TextAreaField(_("Personal note"), description=NOTE_HINT)


class ScheduleForm(ShareForm):
    """When a report like this one is made again, and for whom."""

    rhythm = RadioField(_("When"), default=Rhythm.MONTHLY.value)
    days = IntegerField(
        _("Which day"),
        default=1,
        description=_("The day of the month, or how many days before the renewal or the business review."),
        validators=[Optional(), NumberRange(1, MOST_DAYS_BEFORE)],
    )
    is_me = BooleanField(_("Send it to me, too"), default=True)

    def __init__(
        self, *, users: Sequence[User], contacts: Sequence[Contact], is_account: bool, **values: Any
    ) -> None:
        # It stands on one page with the form that sends: their fields must not be taken for each other.
        super().__init__(users=users, contacts=contacts, prefix="again-", **values)
        self.rhythm.choices = [
            (rhythm.value, words)
            for rhythm, words in RHYTHM_WORDS.items()
            if is_account or rhythm not in BEFORE_A_DATE
        ]
