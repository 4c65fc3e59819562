"""The catalogues of reports against the texts of today; `python -m tests.catalogues` brings them up to date.

The update adds what is new as empty texts and takes out what is gone. Then write the translations into the
files under vocapp/translations, and run the tests beside this module's.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from vocapp.core.catalogues import DOMAIN, FOLDER, SOURCE, catalogue_path, report_languages

ROOT = FOLDER.parent.parent
# Where the texts of reports stand.
PLACES = (
    "vocapp/core/formats.py",
    "vocapp/reports/editions.py",
    "vocapp/reports/reasons.py",
    "vocapp/reports/texts.py",
    "vocapp/reports/account",
    "vocapp/portfolio/phrases.py",
    "vocapp/reports/book",
    "vocapp/reports/portfolio",
    "vocapp/reports/wave",
    "templates/pdf/account.html",
    "templates/pdf/account_appendix.html",
    "templates/pdf/book.html",
    "templates/pdf/drawings.html",
    "templates/pdf/edition.html",
    "templates/pdf/portfolio.html",
    "templates/pdf/wave.html",
)
# Of a file whose other texts stand on pages: the functions that reports call, too.
PARTS = {
    "vocapp/portfolio/phrases.py": {
        *("title_of", "_decision_title", "_seat_title", "reason_of", "renewal_words", "_unhappy"),
        *("_own_reasons", "_told", "_seats_held", "_voices"),
    }
}
# These speak to staff, on pages.
PAGES = re.compile(r"(views|forms|service|queries|models)\.py$")
METHODS = {".py": "python", ".html": "jinja2.ext:babel_extract"}
KEYWORDS = {
    "_": None,
    "marked": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# Babel's rule for Arabic puts 11 to 99 behind 100; the order of the six forms here is the usual one.
PLURALS = {
    "ar": (
        "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
    )
}
HEADER = """\
# What reports say in {language}.
# Needs review by a native speaker.
#"""
PLACEHOLDER = re.compile(r"(?<!%)(?:%%)*%\((\w+)\)s")


def texts_of_reports(places: Iterable[str] = PLACES) -> Catalog:
    """Everything reports say, in English."""
    catalogue = Catalog(domain=DOMAIN, charset="utf-8")
    for path in _files(places):
        name = path.relative_to(ROOT).as_posix()
        found = extract_from_file(
            METHODS[path.suffix], path, keywords=KEYWORDS, options={"trimmed": "true", "silent": "false"}
        )
        lines = _lines_of(path, PARTS[name]) if name in PARTS else None
        for line, message, _comments, context in found:
            if lines is not None and line not in lines:
                continue
            _refuse_twins(catalogue.get(message, context), message, name)
            catalogue.add(message, locations=[(name, 0)], context=context)
    return catalogue


def _refuse_twins(known: Message | None, message: str | tuple[str, ...], name: str) -> None:
    """Refuse two texts of one singular: a catalogue can hold only one of them."""
    if known is not None and known.id != message:
        raise ValueError(
            f"{name}: {message!r} begins like {known.id!r}; give it another singular, or a context"
        )


def _lines_of(path: Path, functions: set[str]) -> set[int]:
    """The numbers of the lines on which functions of a file stand."""
    found = [node for node in ast.parse(path.read_text()).body if getattr(node, "name", "") in functions]
    assert len(found) == len(functions), f"{path} lacks some of {sorted(functions)}"
    return {line for node in found for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def _files(places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix in METHODS and not PAGES.search(file.name):
                yield file


def catalogue_in(language: str) -> Catalog:
    """The catalogue of a language as it lies on disk."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def key_of(message: Message) -> str:
    """The English text of a message, its singular where it has two."""
    text = _english(message)[0]
    return f"{message.context}: {text}" if message.context else text


def missing(texts: Catalog, catalogue: Catalog) -> list[str]:
    """The texts that a catalogue does not translate, or not in all their plural forms."""
    return [key_of(text) for text in _messages(texts) if not _is_whole(catalogue.get(text.id, text.context))]


def stale(texts: Catalog, catalogue: Catalog) -> list[str]:
    """What a catalogue translates though no report says it any more."""
    return [key_of(text) for text in _messages(catalogue) if texts.get(text.id, text.context) is None]


def misfits(catalogue: Catalog) -> list[str]:
    """The translations whose values do not fit the English text, or that would break the page."""
    return [
        f"{key_of(message)} → {form}"
        for message in _messages(catalogue)
        for number, form in enumerate(_forms(message))
        if form and not _fits(message, form, number, catalogue)
    ]


def _fits(message: Message, form: str, number: int, catalogue: Catalog) -> bool:
    if re.search(r"[<>&]", form) or form != form.strip():
        return False
    one, *many = [set(PLACEHOLDER.findall(text)) for text in _english(message)]
    wanted, found = one.union(*many), set(PLACEHOLDER.findall(form))
    # A form for a single number may say it in words, as "one answer" does, and leave out what English does.
    left_out = {"num"} | (wanted - one) if many and _is_single(number, catalogue) else set()
    if not wanted - left_out <= found <= wanted:
        return False
    try:
        return bool(form % dict.fromkeys(wanted, "1")) if wanted else True
    except (TypeError, ValueError):
        return False


def _is_single(number: int, catalogue: Catalog) -> bool:
    """Whether a plural form is used for one number only (in French and Arabic also for none)."""
    return number < {1: 0, 2: 1}.get(catalogue.num_plurals, 3)


def _is_whole(message: Message | None) -> bool:
    return message is not None and all(_forms(message)) and not message.fuzzy


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def _english(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def updated(texts: Catalog, language: str, known: Catalog | None) -> Catalog:
    """A catalogue of today's texts with the translations that are known."""
    catalogue = Catalog(
        locale=language,
        domain=DOMAIN,
        header_comment=HEADER.format(language=Locale(language).english_name),
        charset="utf-8",
    )
    if language in PLURALS:
        catalogue.mime_headers = [("Plural-Forms", PLURALS[language])]
    for text in _messages(texts):
        before = known.get(text.id, text.context) if known else None
        # What has become a text for a number of things, or is no longer one, is written anew.
        is_kept = before is not None and before.pluralizable == text.pluralizable
        forms = ("",) * catalogue.num_plurals if text.pluralizable else ""
        string = before.string if before is not None and is_kept else forms
        catalogue.add(text.id, string, locations=text.locations, context=text.context)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """A catalogue as a file: sorted by text, without dates and line numbers, so that changes read well."""
    file = BytesIO()
    write_po(file, catalogue, width=110, sort_output=True, omit_header=True, include_lineno=False)
    header = (
        f"{catalogue.header_comment}\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale_identifier}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + file.getvalue()


def main() -> None:
    """Bring every catalogue up to date and say what is left to translate."""
    texts = texts_of_reports()
    for language in report_languages():
        if language == SOURCE:
            continue
        catalogue = updated(texts, language, catalogue_in(language))
        catalogue_path(language).write_bytes(written(catalogue))
        left = missing(texts, catalogue)
        print(f"{language}: {len(texts)} texts, {len(left)} without translation")
        for text in left:
            print(f"    {text}")


if __name__ == "__main__":
    main()
