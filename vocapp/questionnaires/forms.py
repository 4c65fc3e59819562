"""The forms of surveys; those of the editor are read by their operations."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from surveys.editing_languages import LONGEST_NAME
from surveys.translation import DEFAULT_LANGUAGE, phrase_book
from vocapp.core.forms import Form


class NewSurveyForm(Form):
    """What a new survey begins with, and what it is called."""

    source = SelectField(_("Begin with"))
    name = StringField(
        _("Name"),
        description=_("The people you ask see it as the title of the page."),
        validators=[InputRequired(_("Give the survey a name.")), Length(max=LONGEST_NAME)],
    )
    key = StringField(
        _("Key"),
        description=_("For commands and files, such as pulse-2027; without one it is made of the name."),
        validators=[
            Regexp(
                r"^$|^[a-z][a-z0-9_-]{0,39}$",
                message=_("A key begins with a small letter; small letters, digits, - and _ follow."),
            )
        ],
    )
    language = SelectField(
        _("Language"),
        description=_("Of an empty survey. More languages come in the editor."),
        default=DEFAULT_LANGUAGE,
    )

    def __init__(self, *, copies: Sequence[tuple[str, str]], **values: Any) -> None:
        super().__init__(data=values)
        self.source.choices = [("", _("An empty survey")), *copies]
        self.language.choices = [(code, spoken.name) for code, spoken in phrase_book().languages.items()]
