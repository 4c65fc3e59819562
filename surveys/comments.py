"""What comments are about: themes, found by the words that were written down for them, per language."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

LONGEST_NAME = 60
LONGEST_WORD = 40
MOST_WORDS = 200
SHORTEST_START = 2

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_WORD = re.compile(r"\w+")
_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Accents of Latin letters, Arabic vowel signs, and the stroke that only lengthens an Arabic word.
_MARKS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640]+")
_ARABIC_LETTERS = str.maketrans({"ى": "ي", "ة": "ه"})
# "and", "so"; then "with", "like", "for"; then the article; "for the" is written as one.
_ARABIC_PREFIXES = tuple(
    first + second for first in ("", "و", "ف") for second in ("", "ب", "ك", "ل", "ال", "بال", "كال", "لل")
)[1:]
_SHORTEST_ARABIC_STEM = 3
_WITHOUT_SPACES = frozenset({"ja", "zh", "th", "lo", "km", "my"})


class ThemeError(ValueError):
    """A theme that cannot be used; the message says what belongs where."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Something comments are about, with names and words per language; a word is how such words begin."""

    key: str
    names: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]

    def name_in(self, language: str) -> str:
        """Return the theme's name in a language, else in English, else in any."""
        names = self.names
        return names.get(language) or names.get("en") or next(iter(names.values()), self.key)

    def to_json(self) -> dict[str, object]:
        """Return the document that `parse_theme` reads back into an equal theme."""
        words = {language: list(listed) for language, listed in self.words.items()}
        return {"names": dict(self.names), "words": words}


def parse_theme(key: str, document: object) -> Theme:
    """Return the theme in a JSON document {"names": {…}, "words": {…}}. Raises ThemeError.

    Words are stripped and kept once, empty ones dropped; a language without words is not analysed.
    """
    if not _KEY.fullmatch(key):
        raise ThemeError("A theme's key is lower-case letters, digits, - and _, at most 40.")
    if not isinstance(document, dict):
        raise ThemeError("A theme has names and words per language.")
    names = {code: _line(name, LONGEST_NAME, "name") for code, name in _by_language(document, "names")}
    names = {code: name for code, name in names.items() if name}
    if not names:
        raise ThemeError("Give the theme a name in at least one language.")
    words = {code: _words(listed, code) for code, listed in _by_language(document, "words")}
    return Theme(key, names, {code: listed for code, listed in words.items() if listed})


@cache
def default_themes() -> tuple[Theme, ...]:
    """Return the dictionary that comes with the product."""
    document = json.loads(resources.files("surveys").joinpath("themes.json").read_text("utf-8"))
    return tuple(parse_theme(key, theme) for key, theme in document.items())


def themes_in(text: str, language: str, themes: Iterable[Theme]) -> tuple[str, ...] | None:
    """Return the keys of the themes a comment is about; None: nothing was analysed, which is no guess."""
    found = ThemeFinder(themes).find(text, language)
    return None if found is None else tuple(found)


class ThemeFinder:
    """Finds themes in many comments. Time grows with the length of a comment only, whatever stands in it."""

    def __init__(self, themes: Iterable[Theme]) -> None:
        """Read the words of some themes, in the order in which they are to be found."""
        self._themes = tuple(themes)
        self._dictionaries: dict[str, _Words | None] = {}

    def find(self, text: str, language: str) -> Mapping[str, str] | None:
        """Return per theme found the word it was found by, as the dictionary has it.

        A word counts where one begins with it, without regard to case and accents; in Arabic behind the
        article and what is written in one with it, in languages without spaces anywhere. None: no theme has
        words in this language ("pt-BR" reads those of "pt"), so the comment was not analysed.
        """
        base = language.partition("-")[0].lower()
        if base not in self._dictionaries:
            self._dictionaries[base] = self._words_of(base)
        words = self._dictionaries[base]
        if words is None:
            return None
        found = dict(words.everywhere(text) if base in _WITHOUT_SPACES else words.at_starts(text, base))
        return {theme.key: found[theme.key] for theme in self._themes if theme.key in found}

    def _words_of(self, base: str) -> "_Words | None":
        words = _Words()
        for theme in self._themes:
            for code, listed in theme.words.items():
                if code.partition("-")[0].lower() == base:
                    for word in listed:
                        words.add(theme.key, word, base)
        return words if words.all else None


@dataclass(slots=True)
class _Words:
    """The words of one language, ready to be compared: (folded, theme's key, as written)."""

    all: list[tuple[str, str, str]] = field(default_factory=list)
    by_beginning: defaultdict[str, list[tuple[str, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, key: str, word: str, base: str) -> None:
        folded = _folded(word, base) if base in _WITHOUT_SPACES else " ".join(_spoken(word, base))
        if folded:
            self.all.append((folded, key, word))
            self.by_beginning[folded[:SHORTEST_START]].append((folded, key, word))

    def everywhere(self, text: str) -> Iterator[tuple[str, str]]:
        folded = _folded(text, "ja")
        # Reversed, so that of two words of one theme the one that stands first in the dictionary stays.
        return ((key, word) for start, key, word in reversed(self.all) if start in folded)

    def at_starts(self, text: str, base: str) -> Iterator[tuple[str, str]]:
        spoken = _spoken(text, base)
        if base == "ar":
            spoken += [stem for word in spoken for stem in _arabic_stems(word)]
        line, place, seen = " ".join(spoken), 0, set()
        for word in spoken:
            for start, key, written in self.by_beginning.get(word[:SHORTEST_START], ()):
                if key not in seen and line.startswith(start, place):
                    seen.add(key)
                    yield key, written
            place += len(word) + 1


def _spoken(text: str, base: str) -> list[str]:
    return _WORD.findall(_folded(text, base))


def _folded(text: str, base: str) -> str:
    if base in _WITHOUT_SPACES:
        return unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return text.lower()
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return folded.translate(_ARABIC_LETTERS) if base == "ar" else folded


def _arabic_stems(word: str) -> Iterator[str]:
    for prefix in _ARABIC_PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST_ARABIC_STEM:
            yield word[len(prefix) :]


def _by_language(document: Mapping[str, object], part: str) -> Iterator[tuple[str, object]]:
    entries = document.get(part, {})
    if not isinstance(entries, dict):
        raise ThemeError(f"The {part} of a theme are an object with a language for each entry.")
    for code, entry in entries.items():
        if not isinstance(code, str) or not _LANGUAGE.fullmatch(code):
            raise ThemeError(f"{code!r} is not a language code such as en or pt-BR.")
        yield code, entry


def _words(listed: object, code: str) -> tuple[str, ...]:
    if not isinstance(listed, list):
        raise ThemeError(f"The words of a language ({code}) are a list.")
    words = tuple(dict.fromkeys(word for item in listed if (word := _line(item, LONGEST_WORD, "word"))))
    if len(words) > MOST_WORDS:
        raise ThemeError(f"A theme holds at most {MOST_WORDS} words per language; {code} has {len(words)}.")
    base = code.partition("-")[0].lower()
    for word in words:
        letters = "".join(_spoken(word, base))
        if len(letters) < SHORTEST_START and base not in _WITHOUT_SPACES:
            raise ThemeError(f"“{word}” is too short: a word has at least {SHORTEST_START} letters.")
    return words


def _line(value: object, longest: int, what: str) -> str:
    if not isinstance(value, str):
        raise ThemeError(f"A {what} is a text.")
    line = _NOT_ONE_LINE.sub(" ", value).strip()
    if len(line) > longest:
        raise ThemeError(f"“{line[:20]}…” is too long: a {what} has at most {longest} characters.")
    return line
