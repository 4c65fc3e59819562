"""The words of a respondent's page and mail in every language, and the choice among languages."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from surveys.merging import fill_merge_fields, merge_fields_in

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its code, its own name for itself, the direction it is read in (ltr or rtl)."""

    code: str
    name: str
    direction: str
    needs_review: bool


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """All languages by code, and all phrases: key → language → text with merge fields."""

    languages: Mapping[str, Language]
    phrases: Mapping[str, Mapping[str, str]]


@cache
def phrase_book() -> PhraseBook:
    """Return every word of the respondent's pages and mails."""
    file = resources.files("surveys").joinpath("phrases.json")
    document = json.loads(file.read_text(encoding="utf-8"))
    languages = {
        code: Language(code, entry["name"], entry["direction"], entry["needs_review"])
        for code, entry in document["languages"].items()
    }
    phrases = {key: MappingProxyType(texts) for key, texts in document["phrases"].items()}
    return PhraseBook(MappingProxyType(languages), MappingProxyType(phrases))


def language(code: str) -> Language:
    """Return a language by its code. Raises ValueError naming the known codes."""
    known = phrase_book().languages
    if code not in known:
        raise ValueError(f"there are no words in {code!r}; choose one of {', '.join(known)}")
    return known[code]


def phrase(key: str, language: str, /, **values: str) -> str:
    """Return a phrase in a language with its merge fields filled, as plain text.

    Raises ValueError for an unknown key or language, and for a value that is missing or has no field: a
    half-filled sentence must never reach a customer.
    """
    texts = phrase_book().phrases.get(key)
    if texts is None or language not in texts:
        raise ValueError(f"there is no phrase {key!r} in {language!r}")
    fields = merge_fields_in(texts[language])
    if fields != frozenset(values):
        raise ValueError(
            f"the phrase {key!r} needs exactly these values: {', '.join(sorted(fields)) or 'none'}"
        )
    return fill_merge_fields(texts[language], values)


def best_language(
    wanted: Sequence[str | None], available: Collection[str], *, default: str = DEFAULT_LANGUAGE
) -> str:
    """Return the first wanted language that is available, else the default; "pt" serves "pt-BR" and back.

    `wanted` goes from most to least binding (contact, account, what the browser asks for); None, case and
    underscores in codes are forgiven. Falls back to the first available language when even the default is
    missing. Raises ValueError when none is available.
    """
    if not available:
        raise ValueError("a text needs at least one language")
    by_code = {_normal(code): code for code in available}
    for code in available:
        by_code.setdefault(_normal(code).split("-")[0], code)
    for candidate in (*wanted, default):
        parts = _normal(candidate or "").split("-")
        for length in range(len(parts), 0, -1):
            match = by_code.get("-".join(parts[:length]))
            if match is not None:
                return match
    return next(iter(available))


def speaks(language: str, available: Collection[str]) -> bool:
    """Whether a text in some languages has one's own; who has said none is content with any."""
    own = _normal(language).split("-")[0]
    return not own or own in {_normal(code).split("-")[0] for code in available}


def _normal(code: str) -> str:
    return code.strip().replace("_", "-").lower()
