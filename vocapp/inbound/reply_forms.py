"""What is sent along when a number in a reply becomes an answer."""

from wtforms import IntegerField
from wtforms.widgets import HiddenInput

from vocapp.core.forms import Form


class ReplyAnswerForm(Form):
    """The number of the answer that stood on the page (0 for none)."""

    seen = IntegerField(widget=HiddenInput(), default=0)
