"""The words of reports in other languages: catalogues read from their text files, without a build step."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain, get_locale

FOLDER = Path(__file__).resolve().parent.parent / "translations"
DOMAIN = "reports"
# English is what the texts are written in.
SOURCE = "en"


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of a language lies, or would."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def report_languages() -> list[str]:
    """Return the codes of all languages a report can be written in, English first."""
    return [SOURCE, *sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))]


@lru_cache
def translations_in(language: str) -> NullTranslations:
    """Return the translations into a language; texts without one, and unknown languages, stay English."""
    path = catalogue_path(language)
    if language == SOURCE or not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, domain=DOMAIN)
    # The compiled form carries the rule for plurals, so it is made here, in memory.
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


class Catalogues(Domain):  # type: ignore[misc]  # flask_babel has no types
    """The texts of the application in the language of the moment.

    Pages choose no language, so they stay English; reports are written under `flask_babel.force_locale`.
    """

    def __init__(self) -> None:
        super().__init__(domain=DOMAIN)

    def get_translations(self) -> NullTranslations:
        """Return the translations into the language of the moment."""
        locale = get_locale()
        return translations_in(locale.language if locale else SOURCE)
