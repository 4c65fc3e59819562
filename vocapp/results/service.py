"""Changing the dictionary of themes."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select

from surveys.comments import Theme as ThemeWords
from surveys.comments import ThemeError, default_themes, parse_theme
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.results.models import Theme

MOST_THEMES = 60


def add_theme(*, names: Mapping[str, str], words: Mapping[str, Sequence[str]], by: User) -> Theme:
    """Add a theme behind all others. Raises `DomainError` for names or words that cannot be used."""
    _own_the_dictionary()
    keys = set(db.session.scalars(select(Theme.key)))
    if len(keys) >= MOST_THEMES:
        raise DomainError(f"There are {MOST_THEMES} themes already; change one of them instead.")
    read = _read(_free_key(names, keys), names, words)
    theme = Theme(key=read.key, position=len(keys), document=read.to_json())
    db.session.add(theme)
    db.session.flush()
    _record("theme.added", theme, by)
    return theme


def change_theme(
    key: str, *, names: Mapping[str, str], words: Mapping[str, Sequence[str]], by: User
) -> Theme:
    """Give a theme other names and words; what it has in languages not named here stays.

    Raises `DomainError` for names or words that cannot be used.
    """
    theme = _held(key)
    before = theme.document
    document = {
        "names": {**before.get("names", {}), **names},
        "words": {**before.get("words", {}), **{code: list(listed) for code, listed in words.items()}},
    }
    theme.document = _read(key, document["names"], document["words"]).to_json()
    _record("theme.changed", theme, by)
    return theme


def switch_theme(key: str, *, is_active: bool, by: User) -> Theme:
    """Sort comments by a theme, or no longer."""
    theme = _held(key)
    theme.is_active = is_active
    _record("theme.switched_on" if is_active else "theme.switched_off", theme, by)
    return theme


def reset_themes(*, by: User) -> None:
    """Go back to the dictionary that comes along; own themes and words are gone."""
    db.session.execute(delete(Theme))
    _read_again()
    record_act("theme.reset", actor_id=by.id, subject_kind="theme")


def _read_again() -> None:
    enqueue("read_comments", {}, key="read_comments")


def _own_the_dictionary() -> None:
    """Store the dictionary that comes along when it is changed for the first time."""
    if db.session.scalar(select(Theme.id).limit(1)) is not None:
        return
    rows = [
        {"key": theme.key, "position": place, "document": theme.to_json(), "is_active": True}
        for place, theme in enumerate(default_themes())
    ]
    db.session.execute(insert_new(Theme).values(rows).on_conflict_do_nothing())


def _held(key: str) -> Theme:
    _own_the_dictionary()
    theme = db.session.scalar(select(Theme).where(Theme.key == key).with_for_update())
    if theme is None:
        raise DomainError("This theme is gone; look at the list again.")
    return theme


def _read(key: str, names: Mapping[str, str], words: Mapping[str, Sequence[str]]) -> ThemeWords:
    try:
        listed = {code: list(those) for code, those in words.items()}
        return parse_theme(key, {"names": dict(names), "words": listed})
    except ThemeError as problem:
        raise DomainError(str(problem)) from None


def _free_key(names: Mapping[str, str], taken: Collection[str]) -> str:
    name = names.get("en") or next((name for name in names.values() if name), "")
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].lstrip("0123456789-") or "theme"
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, MOST_THEMES + 2))]
    return next(key for key in candidates if key not in taken)


def _record(action: str, theme: Theme, by: User) -> None:
    _read_again()
    record_act(action, actor_id=by.id, subject_kind="theme", subject_id=theme.id, details={"key": theme.key})
