"""What stands behind each theme: revenue and personas."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.theme_tables import Mentions, PersonaTable, ThemeRevenue, theme_personas, theme_revenue
from vocapp.results.dictionary import listed_themes


@dataclass(frozen=True, slots=True)
class ThemesStanding:
    """Themes against revenue and personas, with their names by key; `written` comments in all.

    `accounts` and `people` are those who wrote something; `not_analysed` comments have no row.
    """

    names: dict[str, str]
    revenue: Sequence[ThemeRevenue]
    personas: PersonaTable
    written: int
    not_analysed: int
    people: int
    accounts: int


def themes_standing(mentions: Mentions) -> ThemesStanding:
    """Return what the comments come to; themes nobody uses any more are left out with their next reading."""
    return ThemesStanding(
        names={listed.key: listed.theme.name_in("en") for listed in listed_themes()},
        revenue=theme_revenue(mentions),
        personas=theme_personas(mentions),
        written=mentions.written,
        not_analysed=mentions.not_analysed,
        people=mentions.people,
        accounts=mentions.accounts,
    )
