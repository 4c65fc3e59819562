"""What is asked about a call beside the questions of the survey."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from vocapp.core.forms import Form

# No question of a survey has a field whose name begins so.
PREFIX = "call:"


class CallForm(Form):
    """When somebody was called, and the number of the answer that stood on the page (0 for none)."""

    called_on = DateField(
        _("Day of the call"), [InputRequired(_("Enter the day of the call."))], render_kw={"required": False}
    )
    seen = IntegerField(widget=HiddenInput(), default=0)
