"""The forms that say what the mails of waves say."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from vocapp.campaigns.wording import Part
from vocapp.core.forms import Form

LETTER_CHOICES = [
    ("heads_up", _("Heads-up")),
    ("prenotice", _("Announcement")),
    ("invitation", _("Invitation")),
    ("reminder", _("First reminder")),
    ("last_reminder", _("Last reminder")),
    ("thanks", _("Thanks")),
    ("you_said", _("You said, we did")),
]


class WordsForm(Form):
    """The parts of a mail in one language. What is wrong with them is said by the service."""

    subject = StringField(_("Subject"))
    body = TextAreaField(_("Text"), description=_("An empty line begins a new paragraph."))
    closing = TextAreaField(_("Closing"), description=_("Stands above your name."))
    legal = TextAreaField(
        _("Legal line"), description=_("Small, below your name: who writes, and why people get this.")
    )

    def texts(self, parts: Mapping[Part, bool]) -> dict[Part, str]:
        """Return the sent texts of some parts, without those that are locked (True)."""
        return {part: self[part.value].data or "" for part, is_locked in parts.items() if not is_locked}


class LocksForm(Form):
    """Which parts of a mail no wave may change."""

    subject = BooleanField(_("Keep the subject as it is in every wave"))
    body = BooleanField(_("Keep the text as it is in every wave"))
    closing = BooleanField(_("Keep the closing as it is in every wave"))


class TestForm(Form):
    """Which mails of a wave to send to oneself, and in which language."""

    letters = SelectMultipleField(
        _("Mails"),
        choices=LETTER_CHOICES,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    language = SelectField(_("Language"))
