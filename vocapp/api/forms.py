"""The form that makes an API token."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField
from wtforms.fields import SelectMultipleField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from vocapp.api.rules import LIFETIMES, Scope
from vocapp.core.forms import Form
from vocapp.identity.models import User

SCOPE_WORDS = {
    Scope.ACCOUNTS_READ: _("Read accounts and their measures"),
    Scope.CONTACTS_READ: _("Read people, with their addresses"),
    Scope.SURVEYS_READ: _("Read surveys"),
    Scope.WAVES_READ: _("Read waves"),
    Scope.INVITATIONS_READ: _("Read who was asked, and how far they got"),
    Scope.RESPONSES_READ: _("Read what people answered; nothing said in confidence"),
    Scope.OUTCOMES_READ: _("Read how renewals ended"),
    Scope.OUTCOMES_WRITE: _("Write how renewals ended"),
    Scope.EVENTS_READ: _("Read events"),
    Scope.EVENTS_WRITE: _("Send events; triggers may ask people about them"),
    Scope.REPORTS_READ: _("Read reports"),
    Scope.REPORTS_WRITE: _("Ask for reports"),
}


class ScopesField(SelectMultipleField):
    """What a token may do, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


class TokenForm(Form):
    """A token that is to be made."""

    name = StringField(
        _("Name"),
        [InputRequired(_("Say what it is for.")), Length(max=80)],
        filters=[_stripped],
        description=_("What it is for, such as “data warehouse, nightly”."),
    )
    user = SelectField(
        _("Acts for"),
        coerce=int,
        description=_("It sees what this person sees, and loses what they lose. Executives only read."),
    )
    scopes = ScopesField(_("May"), [InputRequired(_("Choose at least one."))])
    days = SelectField(_("Good for"), coerce=int, default=90)

    def __init__(self, *, users: Sequence[User], **values: Any) -> None:
        super().__init__(data=values)
        self.user.choices = [(user.id, user.name or user.email) for user in users]
        self.scopes.choices = [(scope.value, f"{words} ({scope})") for scope, words in SCOPE_WORDS.items()]
        self.days.choices = [(days, _("%(days)s days", days=days)) for days in LIFETIMES]
