"""The form of a theme: its name and its words in every language of the product."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from surveys.comments import LONGEST_NAME, LONGEST_WORD, MOST_WORDS, Theme
from surveys.translation import phrase_book
from vocapp.core.forms import Form

NAME, WORDS = "name_", "words_"
LONGEST_LIST = MOST_WORDS * (LONGEST_WORD + 2)


class ThemeForm(Form):
    """Name and words per language; the fields of each language are added below."""

    def show(self, theme: Theme) -> None:
        """Fill the fields with what a theme has."""
        for code in phrase_book().languages:
            self[NAME + code].data = theme.names.get(code, "")
            self[WORDS + code].data = "\n".join(theme.words.get(code, ()))

    def names(self) -> Mapping[str, str]:
        """Return the name in each language, empty for none."""
        return {code: (self[NAME + code].data or "").strip() for code in phrase_book().languages}

    def words(self) -> Mapping[str, list[str]]:
        """Return the words of each language: one per line, or with commas between them."""
        return {
            code: (self[WORDS + code].data or "").replace(",", "\n").splitlines()
            for code in phrase_book().languages
        }


for _code, _language in phrase_book().languages.items():
    setattr(ThemeForm, NAME + _code, StringField(_("Name"), [Length(max=LONGEST_NAME)]))
    setattr(
        ThemeForm,
        WORDS + _code,
        TextAreaField(_("Words"), [Length(max=LONGEST_LIST)], render_kw={"rows": 6, "lang": _code}),
    )
