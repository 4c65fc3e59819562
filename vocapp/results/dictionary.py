"""The dictionary of themes that comments are sorted by: the one that comes along until it is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.comments import Theme, default_themes, parse_theme
from vocapp.results.queries import stored_themes


@dataclass(frozen=True, slots=True)
class ListedTheme:
    """A theme as the administrator sees it."""

    theme: Theme
    is_active: bool

    @property
    def key(self) -> str:
        """What the theme is called in addresses."""
        return self.theme.key

    @property
    def languages(self) -> Sequence[str]:
        """The languages it has words in."""
        return sorted(self.theme.words)


def listed_themes() -> list[ListedTheme]:
    """Return every theme in page order, inactive ones too."""
    stored = stored_themes()
    if not stored:
        return [ListedTheme(theme, is_active=True) for theme in default_themes()]
    return [ListedTheme(parse_theme(row.key, row.document), row.is_active) for row in stored]


def listed_theme(key: str) -> ListedTheme | None:
    """Return one theme, or None."""
    return next((listed for listed in listed_themes() if listed.key == key), None)


def active_themes() -> list[Theme]:
    """Return the themes that comments are sorted by."""
    return [listed.theme for listed in listed_themes() if listed.is_active]


def is_default_dictionary() -> bool:
    """Whether nobody has changed the dictionary that comes along."""
    return not stored_themes()
