"""The form that makes the first administrator."""

from flask_babel import lazy_gettext as _
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from vocapp.core.forms import Form
from vocapp.identity.rules import MINIMUM_PASSWORD_LENGTH


class SetupForm(Form):
    """Company, person, password."""

    company = StringField(_("Your company"), [InputRequired(), Length(max=200)])
    name = StringField(_("Your name"), [InputRequired(), Length(max=200)])
    email = EmailField(_("Your e-mail address"), [InputRequired(), Length(max=320)])
    password = PasswordField(
        _("A password"),
        [InputRequired(), Length(min=MINIMUM_PASSWORD_LENGTH, max=128)],
        description=_("At least 15 characters; a few words in a row are good."),
    )
