"""Who speaks about what, and what their business is worth: themes against revenue and against personas."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveys.confidentiality import GroupedAnswer, shown_groups

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mention:
    """One comment that was given in confidence: its answer, who wrote it, in which part, for which account.

    `themes` is None where nothing was analysed, `persona` for nobody's part.
    """

    response: int
    person: int
    account: int
    persona: int | None
    themes: Collection[str] | None


@dataclass(frozen=True, slots=True)
class ThemeRevenue:
    """What stands behind a theme. Revenue is summed per currency, each account once; never across them.

    `unknown` counts the accounts whose revenue nobody knows, or knows as less than nothing.
    """

    theme: str
    comments: int
    people: int
    accounts: int
    arr: Mapping[str, Decimal]
    unknown: int


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """One theme: how many people wrote about it, altogether and of each persona."""

    theme: str
    people: int
    by_persona: Mapping[int | None, int]


@dataclass(frozen=True, slots=True)
class PersonaTable:
    """Themes against personas. `wrote` has the people of each persona whose comments were analysed: the n.

    With `is_withheld`, what is missing may be too small to be shown; otherwise it is zero.
    """

    wrote: Mapping[int | None, int]
    rows: Sequence[ThemeRow]
    is_withheld: bool = False

    def cell(self, row: ThemeRow, persona: int | None) -> int | None:
        """Return how many people of a persona wrote about a theme; None is withheld, never a zero."""
        return row.by_persona.get(persona, None if self.is_withheld else 0)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Many comments in columns of one length, so that a hundred thousand are counted at once.

    `themes` are the different sets of themes (None: not analysed), `personas` the different personas; `kind`
    and `persona` say by place which a comment has. `person` and `account` number those who wrote, from 0;
    `arr` (in cents, -1 unknown) and `currency` stand by number of the account.
    """

    themes: Sequence[Collection[str] | None]
    personas: Sequence[int | None]
    kind: IntArray
    person: IntArray
    account: IntArray
    persona: IntArray
    arr: IntArray
    currency: Sequence[str]

    @classmethod
    def read(
        cls,
        comments: Iterable[Sequence[Any]],
        *,
        themes_of: Callable[[Any], Collection[str] | None],
        worth: Mapping[int, tuple[Decimal | None, str]],
    ) -> "Mentions":
        """Return comments given as (themes as stored, person, account, persona); `worth` is by account.

        `themes_of` reads the themes as stored, once for each different one.
        """
        columns = list(zip(*comments, strict=True)) or [(), (), (), ()]
        (stored, kind), (_people, person), (accounts, account), (personas, persona) = map(_numbered, columns)
        known = [worth.get(one, (None, "")) for one in accounts]
        return cls(
            themes=[themes_of(one) for one in stored],
            personas=personas,
            kind=kind,
            person=person,
            account=account,
            persona=persona,
            arr=np.array([_cents(arr) for arr, _ in known], np.int64),
            currency=[currency for _arr, currency in known],
        )

    @classmethod
    def gathered(
        cls,
        groups: Iterable[tuple[Any, int | None, str]],
        *,
        themes_of: Callable[[Any], Collection[str] | None],
        worth: Mapping[int, tuple[Decimal | None, str]],
    ) -> "Mentions":
        """Return comments given by group: (themes as stored, persona, "person,account,person,account…").

        So a database hands over a hundred thousand of them without a row for each.
        """
        found = [
            (stored, persona, np.fromstring(pairs, np.int64, sep=",")) for stored, persona, pairs in groups
        ]
        sizes = [len(pairs) // 2 for _stored, _persona, pairs in found]
        pairs = np.concatenate([pairs for *_, pairs in found] or [np.zeros(0, np.int64)]).reshape(-1, 2)
        stored, kind = _numbered([one for one, _persona, _pairs in found])
        personas, persona = _numbered([one for _stored, one, _pairs in found])
        accounts, account = np.unique(pairs[:, 1], return_inverse=True)
        known = [worth.get(one, (None, "")) for one in accounts.tolist()]
        return cls(
            themes=[themes_of(one) for one in stored],
            personas=personas,
            kind=np.repeat(kind, sizes),
            person=np.unique(pairs[:, 0], return_inverse=True)[1].reshape(-1),
            account=account.reshape(-1),
            persona=np.repeat(persona, sizes),
            arr=np.array([_cents(arr) for arr, _ in known], np.int64),
            currency=[currency for _arr, currency in known],
        )

    @property
    def written(self) -> int:
        """How many comments there are."""
        return len(self.kind)

    @property
    def people(self) -> int:
        """How many people wrote them."""
        return len(_distinct(self.person))

    @property
    def accounts(self) -> int:
        """Of how many accounts they are."""
        return len(_distinct(self.account))

    @property
    def not_analysed(self) -> int:
        """How many of them no dictionary could read."""
        return int(self.with_any(lambda themes: themes is None).sum())

    def about(self, theme: str) -> BoolArray:
        """Return which comments have a theme."""
        return self.with_any(lambda themes: theme in (themes or ()))

    def with_any(self, is_wanted: Callable[[Collection[str] | None], bool]) -> BoolArray:
        """Return which comments have a set of themes that is wanted."""
        return np.array([is_wanted(one) for one in self.themes], bool)[self.kind]


def _cents(arr: Decimal | None) -> int:
    """Return an amount in cents, -1 for one that is unknown or makes no sense."""
    return -1 if arr is None or arr < 0 else round(arr * 100)


def _numbered(values: Sequence[Any]) -> tuple[list[Any], IntArray]:
    """Return the different values in order of appearance, and which of them stands at each place."""
    different = list(dict.fromkeys(values))
    places = {value: place for place, value in enumerate(different)}
    return different, np.fromiter(map(places.__getitem__, values), np.int64, len(values))


def theme_revenue(mentions: Mentions) -> list[ThemeRevenue]:
    """Return the themes with what stands behind them, most comments first."""
    currencies = np.array(mentions.currency, str)
    rows = []
    for theme in _themes_in(mentions):
        those = mentions.about(theme)
        accounts = _distinct(mentions.account[those])
        arr, known = mentions.arr[accounts], mentions.arr[accounts] >= 0
        spent = currencies[accounts]
        sums = {
            str(currency): Decimal(int(arr[known & (spent == currency)].sum())) / 100
            for currency in np.unique(spent[known])
        }
        rows.append(
            ThemeRevenue(
                theme=theme,
                comments=int(those.sum()),
                people=len(_distinct(mentions.person[those])),
                accounts=len(accounts),
                arr=dict(sorted(sums.items(), key=lambda one: (-one[1], one[0]))),
                unknown=int((~known).sum()),
            )
        )
    return sorted(rows, key=lambda row: (-row.comments, row.theme))


def theme_personas(mentions: Mentions) -> PersonaTable:
    """Return how many people of each persona wrote about each theme, the most frequent theme first."""
    rows = []
    for theme in _themes_in(mentions):
        those = mentions.about(theme)
        people = len(_distinct(mentions.person[those]))
        rows.append(ThemeRow(theme, people, _people_by_persona(mentions, those)))
    wrote = _people_by_persona(mentions, mentions.with_any(lambda themes: themes is not None))
    return PersonaTable(wrote, sorted(rows, key=lambda row: (-row.people, row.theme)))


def _themes_in(mentions: Mentions) -> list[str]:
    return sorted({theme for themes in mentions.themes for theme in themes or ()})


def _people_by_persona(mentions: Mentions, those: BoolArray) -> dict[int | None, int]:
    personas = len(mentions.personas)
    # A person who was asked in two parts counts in each.
    pairs = _distinct(mentions.person[those] * personas + mentions.persona[those])
    counts = np.bincount(pairs % personas, minlength=personas) if personas else ()
    return {mentions.personas[place]: int(count) for place, count in enumerate(counts) if count}


def _distinct(numbers: IntArray) -> IntArray:
    """Return the different numbers, by marking them rather than by sorting."""
    if not len(numbers):
        return numbers
    is_there = np.zeros(int(numbers.max()) + 1, bool)
    is_there[numbers] = True
    return np.flatnonzero(is_there)


def theme_personas_in_confidence(
    mentions: Iterable[Mention], offered: Sequence[Mapping[Any, Collection[GroupedAnswer]]] = ()
) -> PersonaTable:
    """Return the same of answers given in confidence: too small cells are missing (docs/method.md §6).

    `offered` are the groups that are shown of the same answers elsewhere; no cell is shown that, combined
    with those or with another cell, would tell about fewer people or accounts than the rule asks for. No
    revenue is told at all: a sum of known amounts names the accounts it was added up from.
    """
    analysed = [mention for mention in mentions if mention.themes is not None]
    everybody = {_grouped(mention) for mention in analysed}
    breakdowns: list[Mapping[object, Collection[GroupedAnswer]]] = [
        {key: everybody & frozenset(answers) for key, answers in groups.items()} for groups in offered
    ]
    by_persona: defaultdict[object, set[GroupedAnswer]] = defaultdict(set)
    by_theme: defaultdict[object, set[GroupedAnswer]] = defaultdict(set)
    by_cell: defaultdict[object, set[GroupedAnswer]] = defaultdict(set)
    for mention in analysed:
        by_persona["persona", mention.persona].add(_grouped(mention))
        for theme in mention.themes or ():
            by_theme["theme", theme].add(_grouped(mention))
            by_cell["cell", theme, mention.persona].add(_grouped(mention))
    # A theme at a time: two may be in one comment, so they are no parts of one breakdown.
    themes = [{key: those} for key, those in sorted(by_theme.items(), key=lambda one: -len(one[1]))]
    shown = shown_groups(everybody, [*breakdowns, by_persona, *themes, by_cell])
    if not shown:
        return PersonaTable({}, (), is_withheld=True)
    table = theme_personas(
        Mentions.read(
            ((number, one.person, one.account, one.persona) for number, one in enumerate(analysed)),
            themes_of=lambda number: analysed[number].themes,
            worth={},
        )
    )
    rows = [
        ThemeRow(
            row.theme,
            row.people,
            {
                persona: count
                for persona, count in row.by_persona.items()
                if ("cell", row.theme, persona) in shown
            },
        )
        for row in table.rows
        if ("theme", row.theme) in shown
    ]
    wrote = {persona: count for persona, count in table.wrote.items() if ("persona", persona) in shown}
    return PersonaTable(wrote, rows, is_withheld=True)


def _grouped(mention: Mention) -> GroupedAnswer:
    return GroupedAnswer(mention.response, mention.person, mention.account)
