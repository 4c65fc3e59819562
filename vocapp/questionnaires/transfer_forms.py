"""The form that takes a survey in as a file."""

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import Optional, Regexp

from vocapp.core.forms import Form


class SurveyFileForm(Form):
    """A survey made elsewhere."""

    file = FileField(
        _("File"),
        [FileRequired()],
        description=_("JSON from vocapp, or .lss or .txt from LimeSurvey, up to 50 MB."),
    )
    key = StringField(
        _("Key"),
        [Optional(), Regexp(r"[a-z][a-z0-9_-]{0,39}\Z", message=_("Lower-case letters, digits, - and _."))],
        description=_("What scripts call the survey; empty takes the file's own."),
    )
