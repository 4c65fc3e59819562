"""Taking people out of what somebody wrote before it is quoted or passed on: names, addresses, numbers."""

import re
import unicodedata
from collections.abc import Iterable

NAME = "[name]"
ADDRESS = "[email]"
NUMBER = "[phone]"

# Shorter words are initials and particles; a Chinese or Japanese family name is often one sign.
_SHORTEST_NAME = 3
_SHORTEST_IDEOGRAPHIC = 2
# First names that are everyday words as well: those stay where they are written in small letters.
_ALSO_WORDS = frozenset(
    {
        "art",
        "bill",
        "chase",
        "dean",
        "drew",
        "faith",
        "frank",
        "grace",
        "grant",
        "hope",
        "iris",
        "jack",
        "joy",
    }
    | {
        "june",
        "lance",
        "mark",
        "may",
        "miles",
        "olive",
        "page",
        "pat",
        "rich",
        "rob",
        "rose",
        "sandy",
        "skip",
    }
    | {"sue", "summer", "wade", "ward", "will"}
)
# Bounded and anchored: a long text without an address must not be read from every letter anew.
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_NUMBER = re.compile(r"(?<![\w.,/-])(?:\+|\(\+?)?\d(?:[\s().\-/\u2010-\u2013]{0,3}\d){6,16}(?![\w/-]|[.,]\d)")
_NAME_PART = re.compile(r"\w+")
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}")
_AMOUNT = re.compile(r"\d{1,3}(?:[.\s]\d{3})+|\d+\.\d{1,2}|\d{7,}")


def redact(text: str, names: Iterable[str]) -> str:
    """Return a text in which people cannot be recognised: "[name]", "[email]", "[phone]" stand for them.

    `names` are names of people who might be spoken of, in full or in part: each of their words of three
    letters or more is taken out, in any case, with or without accents, also with a genitive s. Phone numbers
    have seven digits or more and are told from dates and amounts by how they are grouped; a plain row of
    digits is a number only behind a plus or a zero. Time grows with the length of the text.
    """
    text = unicodedata.normalize("NFC", text)
    text = _ADDRESS.sub(ADDRESS, text)
    text = _NUMBER.sub(_hidden_number, text)
    return _without_names(text, names)


def _hidden_number(found: re.Match[str]) -> str:
    number = found.group()
    if _DATE.fullmatch(number):
        return number
    is_dialled = number.lstrip("(").startswith(("+", "0"))
    return number if _AMOUNT.fullmatch(number) and not is_dialled else NUMBER


def _without_names(text: str, names: Iterable[str]) -> str:
    words = {word for name in names for word in _NAME_PART.findall(name) if _is_telling(word)}
    if not words:
        return text
    bare = {_bare(word) for word in words}
    ideographic = sorted((word for word in words if _is_ideographic(word)), key=len, reverse=True)
    if ideographic:
        text = re.sub("|".join(re.escape(word) for word in ideographic), NAME, text)

    def hidden(found: re.Match[str]) -> str:
        word = found.group()
        return NAME if _names_somebody(word, bare) else word

    text = re.sub(r"\w+(?:-\w+)*", hidden, text)
    # A first and a last name are one person.
    return re.sub(rf"{re.escape(NAME)}(?:\s+{re.escape(NAME)})+", NAME, text)


def _names_somebody(word: str, bare: set[str]) -> bool:
    plain = _bare(word)
    if plain in bare:
        return not (word.islower() and plain in _ALSO_WORDS)
    if plain.endswith("s") and plain[:-1] in bare and len(plain) > _SHORTEST_NAME + 1:
        return not word.islower()
    # Of a double name, each half is one.
    return "-" in word and any(_names_somebody(part, bare) for part in word.split("-"))


def _is_telling(word: str) -> bool:
    return len(word) >= (_SHORTEST_IDEOGRAPHIC if _is_ideographic(word) else _SHORTEST_NAME)


def _is_ideographic(word: str) -> bool:
    return any(unicodedata.east_asian_width(letter) in "WF" for letter in word)


def _bare(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
