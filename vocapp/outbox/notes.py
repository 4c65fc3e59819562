"""The CSM's own words in a mail: what they may hold, and how they become paragraphs."""

from collections.abc import Mapping

from surveys.merging import fill_merge_fields, unknown_merge_fields
from vocapp.core.errors import DomainError

NOTE_LIMIT = 2_000


def note_problem(note: str) -> str | None:
    """Return what is wrong with a personal note, or None: "too_long", "markup" or "unknown_field"."""
    if len(note) > NOTE_LIMIT:
        return "too_long"
    if _has_markup(note):
        return "markup"
    if unknown_merge_fields(note):
        return "unknown_field"
    return None


def _has_markup(note: str) -> bool:
    # "a < b" and "<3" are words, "<b" and "</" begin a tag.
    return any(
        note[place + 1 : place + 2].isalpha() or note[place + 1 : place + 2] in {"/", "!"}
        for place, letter in enumerate(note)
        if letter == "<"
    )


def check_note(note: str) -> None:
    """Raise `DomainError` when a personal note cannot be sent as it stands."""
    problem = note_problem(note)
    if problem == "too_long":
        raise DomainError(f"Shorten the note to {NOTE_LIMIT:,} characters; it has {len(note):,}.")
    if problem == "markup":
        raise DomainError("Write the note as plain text; HTML tags would be read as they stand.")
    if problem == "unknown_field":
        names = ", ".join("{{" + name + "}}" for name in unknown_merge_fields(note))
        raise DomainError(f"Nobody fills {names}; use {{{{first_name}}}}, {{{{company}}}} or {{{{sender}}}}.")


def note_paragraphs(
    note: str, names: Mapping[str, str], *, before: str = "", otherwise: str = ""
) -> list[list[str]]:
    """Return the words between greeting and request, as paragraphs of lines.

    `before` stands first in any case; `otherwise` stands where there is no note. Values are plain text.
    """
    own = fill_merge_fields(note.replace("\r\n", "\n"), names).strip() or otherwise
    return [part.strip().split("\n") for part in (before, *own.split("\n\n")) if part.strip()]
