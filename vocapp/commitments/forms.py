"""The form of a promise."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, StringField
from wtforms.validators import Optional

from vocapp.core.forms import Form


class PromiseForm(Form):
    """What is promised, and until when."""

    text = StringField(
        _("What we promise"), description=_("In words the customer may read: it stands in their report.")
    )
    due_on = DateField(_("Until"), validators=[Optional()])
