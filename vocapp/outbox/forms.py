"""Forms of the pages about outgoing mail."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from vocapp.core.forms import Form
from vocapp.outbox.pacing import FASTEST_PER_MINUTE


class PacingForm(Form):
    """How fast mail goes out."""

    per_minute = IntegerField(
        _("Mails a minute to one provider"),
        [InputRequired(), NumberRange(min=0, max=FASTEST_PER_MINUTE)],
        description=_("0 sends as fast as the mail server takes them."),
    )
    warm_up_from = DateField(
        _("First day of the warm-up"),
        [Optional()],
        description=_(
            "For a new sender: 100 mails a day in the first week, then 500, 2,000, 10,000. Empty: no warm-up."
        ),
    )


class RetryForm(Form):
    """Sending a mail once more."""

    is_twice_accepted = BooleanField(_("The person may get it twice"))
