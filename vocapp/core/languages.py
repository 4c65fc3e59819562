"""What a language is called by the person who reads about it."""

from babel import Locale
from babel.core import UnknownLocaleError
from flask_babel import get_locale


def language_name(code: str) -> str:
    """Return the name of a language in the reader's own, such as "Portuguese (Brazil)"; else its code."""
    try:
        named = Locale.parse(code, sep="-").get_display_name(get_locale() or Locale("en"))
    except (UnknownLocaleError, ValueError):
        return code
    return named or code
