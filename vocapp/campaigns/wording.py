"""What may stand in the mails of a wave, part by part and language by language, and whose words count."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from surveys.merging import MERGE_FIELDS, fill_merge_fields, unknown_merge_fields
from surveys.translation import best_language, phrase_book
from vocapp.campaigns.rules import Letter

# Words as they are kept: letter (or `EVERY`) → part → language → text. An empty text stands for the standard.
Words = Mapping[str, Mapping[str, Mapping[str, str]]]


class Part(StrEnum):
    """A part of a mail with words of its own."""

    SUBJECT = "subject"
    BODY = "body"
    CLOSING = "closing"
    LEGAL = "legal"


# What stands in every mail of a wave.
EVERY = "every"
PARTS: Mapping[str, tuple[Part, ...]] = {
    **{letter.value: (Part.SUBJECT, Part.BODY) for letter in Letter},
    EVERY: (Part.CLOSING, Part.LEGAL),
}
LONGEST = {Part.SUBJECT: 120, Part.BODY: 2_000, Part.CLOSING: 200, Part.LEGAL: 500}
# The line with the company's legal words is the company's; the one that opts out is nobody's to change.
ALWAYS_LOCKED = f"{EVERY}.{Part.LEGAL}"
FIELDS = MERGE_FIELDS | {"account", "open_until"}
# These are written when nothing is open any more, or nobody is asked.
_WITHOUT_END = frozenset({Letter.YOU_SAID.value, EVERY})

# How the names of phrases end that take the place of others where answers are given in confidence.
CONFIDENTIAL = "_confidential"

_OURS = {
    (Letter.HEADS_UP, Part.SUBJECT): "mail_heads_up_subject",
    (Letter.HEADS_UP, Part.BODY): "mail_heads_up_intro",
    (Letter.PRENOTICE, Part.SUBJECT): "mail_prenotice_subject",
    (Letter.PRENOTICE, Part.BODY): "mail_prenotice_intro",
    (Letter.INVITATION, Part.SUBJECT): "mail_subject",
    (Letter.INVITATION, Part.BODY): "mail_intro",
    (Letter.REMINDER, Part.SUBJECT): "mail_reminder_subject",
    (Letter.REMINDER, Part.BODY): "mail_reminder_intro",
    (Letter.LAST_REMINDER, Part.SUBJECT): "mail_last_subject",
    (Letter.LAST_REMINDER, Part.BODY): "mail_last_intro",
    (Letter.THANKS, Part.SUBJECT): "mail_thanks_subject",
    (Letter.THANKS, Part.BODY): "mail_thanks_body",
    (Letter.YOU_SAID, Part.SUBJECT): "mail_said_subject",
    (Letter.YOU_SAID, Part.BODY): "mail_said_body",
    (EVERY, Part.CLOSING): "mail_regards",
}

# A greeting to nobody: "{{first_name}}, thank you" begins with "thank you", and "Dear {{first_name}}," ends
# with "Dear,". The bounded runs keep the search linear on hostile text.
_GREETING = re.compile(
    r"^\{\{[ \t]{0,9}first_name[ \t]{0,9}\}\}(?:様|さん)?[ \t]{0,9}[,،、][ \t]{0,9}", re.MULTILINE
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NAME = re.compile(r"[ \t]{0,9}\{\{[ \t]{0,9}first_name[ \t]{0,9}\}\}(?:様|さん)?")


@dataclass(frozen=True)
class Wording:
    """The words of a wave: its own, the company's, and the parts (`letter.part`) it may not change.

    Ours are others where answers are given in confidence.
    """

    own: Words
    standard: Words
    locked: frozenset[str]
    is_confidential: bool = False

    def text(self, step: str, part: Part, language: str) -> str:
        """Return what is said: the wave's own words, the company's, or ours, merge fields unfilled."""
        return self.own_text(step, part, language) or self.standard_text(step, part, language)

    def own_text(self, step: str, part: Part, language: str) -> str:
        """Return the wave's own words, "" without any or where they are locked."""
        return "" if self.is_locked(step, part) else _kept(self.own, step, part, language)

    def standard_text(self, step: str, part: Part, language: str) -> str:
        """Return the company's words, or ours where it has none."""
        kept = _kept(self.standard, step, part, language)
        return kept or our_text(step, part, language, is_confidential=self.is_confidential)

    def is_locked(self, step: str, part: Part) -> bool:
        """Whether only administrators change a part."""
        return lock_of(step, part) in self.locked or lock_of(step, part) == ALWAYS_LOCKED


@dataclass(frozen=True, order=True)
class Missing:
    """A part a wave says in its own words, in some languages but not in this one."""

    step: str
    part: Part
    language: str


def lock_of(step: str, part: Part) -> str:
    """Return the name of a part among locked ones."""
    return f"{step}.{part.value}"


def our_text(step: str, part: Part, language: str, *, is_confidential: bool = False) -> str:
    """Return the words that come with the product; there is no legal line among them.

    Where answers are given in confidence, nobody says that they read each.
    """
    key = next((key for (letter, named), key in _OURS.items() if (letter, named) == (step, part)), None)
    if key is None:
        return ""
    phrases = phrase_book().phrases
    texts = (phrases.get(f"{key}{CONFIDENTIAL}") if is_confidential else None) or phrases[key]
    return texts[best_language([language], texts)]


def tidied(part: Part, text: str) -> str:
    """Return a text as it is kept: a subject on one line, others without blanks at the ends."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return " ".join(text.split()) if part is Part.SUBJECT else text.strip()


def fields_of(step: str) -> tuple[str, ...]:
    """Return the merge fields of a letter, sorted."""
    return tuple(sorted(FIELDS - {"open_until"} if step in _WITHOUT_END else FIELDS))


def unknown_in(step: str, text: str) -> tuple[str, ...]:
    """Return the fields of a text that nobody fills, sorted."""
    return unknown_merge_fields(text, fields_of(step))


def with_text(words: Words, step: str, part: Part, language: str, text: str) -> dict[str, Any]:
    """Return words with one text changed; a part that says nothing of its own in any language is left out."""
    changed = {
        letter: {name: dict(texts) for name, texts in parts.items()} for letter, parts in words.items()
    }
    changed.setdefault(step, {}).setdefault(part.value, {})[language] = text
    kept = {
        letter: {name: texts for name, texts in parts.items() if any(texts.values())}
        for letter, parts in changed.items()
    }
    return {letter: parts for letter, parts in kept.items() if parts}


def missing_words(wording: Wording, steps: Iterable[str], languages: Iterable[str]) -> list[Missing]:
    """Return where a wave's own words lack a language that somebody is written to in.

    An empty text is none that lacks: it says that the standard is good enough.
    """
    spoken = list(languages)
    return [
        Missing(step, part, language)
        for step in (*steps, EVERY)
        for part in PARTS[step]
        if not wording.is_locked(step, part)
        for texts in [wording.own.get(step, {}).get(part.value, {})]
        if any(texts.values())
        for language in spoken
        if language not in texts
    ]


def fill_words(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its fields filled; without a first name, what would stand around it goes as well."""
    if not values.get("first_name"):
        text = _NAME.sub("", _GREETING.sub("", text))
        text = text[:1].upper() + text[1:]
    return fill_merge_fields(text, values)


def paragraphs_of(text: str) -> list[list[str]]:
    """Return a text as paragraphs of lines."""
    return [part.strip().split("\n") for part in text.split("\n\n") if part.strip()]


def sent_letters(
    *, reminders: Sequence[int], has_heads_up: bool, has_prenotice: bool, has_thanks: bool
) -> list[Letter]:
    """Return which letters a wave may send before it closes, in their order."""
    wanted = {
        Letter.HEADS_UP: has_heads_up,
        Letter.PRENOTICE: has_prenotice,
        Letter.INVITATION: True,
        Letter.REMINDER: len(reminders) > 0,
        Letter.LAST_REMINDER: len(reminders) > 1,
        Letter.THANKS: has_thanks,
    }
    return [letter for letter, is_wanted in wanted.items() if is_wanted]


def texts_in(words: Words) -> Iterable[tuple[str, Part, str, str]]:
    """Yield letter, part, language and text of everything that is said in words."""
    for step, parts in words.items():
        for part, texts in parts.items():
            for language, text in texts.items():
                if text:
                    yield step, Part(part), language, text


def known_locks(locks: Collection[str]) -> frozenset[str]:
    """Return those of some names that name a part."""
    return frozenset(locks) & {lock_of(step, part) for step, parts in PARTS.items() for part in parts}


def _kept(words: Words, step: str, part: Part, language: str) -> str:
    return words.get(step, {}).get(part.value, {}).get(language, "")
