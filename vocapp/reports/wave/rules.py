"""What a wave report shows and what it leaves out, as pure judgements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.comparison import CLAIM_FROM

# Below this nothing is said of a rating: no claim of the method rests on fewer.
LEAST_ANSWERS = CLAIM_FROM
# In confidence no group of fewer is told of (docs/method.md §6).
LEAST_GROUP = 5
QUOTES_SHOWN = 3
# A word is no quote, and a page of text is none either.
SHORTEST_QUOTE = 12

WORST_FIRST = ("bad", "middle", "good")


@dataclass(frozen=True, slots=True)
class Said:
    """A comment that could be quoted: its words without names, the rating beside it and its class."""

    text: str
    rating: int | None
    band: str
    persona: str


def choose_quotes(said: Iterable[Said], *, most: int = QUOTES_SHOWN) -> list[Said]:
    """Return one comment of each class, the unhappy first; nothing that is nearly empty, nothing twice."""
    chosen: dict[str, Said] = {}
    texts: set[str] = set()
    for one in said:
        is_new = one.band not in chosen and one.text not in texts
        if is_new and one.band in WORST_FIRST and len(one.text.strip()) >= SHORTEST_QUOTE:
            chosen[one.band] = one
            texts.add(one.text)
    return [chosen[band] for band in WORST_FIRST if band in chosen][:most]


def told_groups(groups: Iterable[Mapping[str, Any]], *, is_confidential: bool) -> list[Mapping[str, Any]]:
    """Return the groups of people that may be told of: in confidence only those of five answers or more."""
    return [
        group
        for group in groups
        if group["asked"] and not (is_confidential and group["answered"] < LEAST_GROUP)
    ]


def is_enough(rating: Mapping[str, Any] | None) -> bool:
    """Whether so many rated that something can be said of it."""
    return rating is not None and rating["n"] >= LEAST_ANSWERS


def shares_of(steps: Sequence[int]) -> list[float]:
    """Return each step of a funnel as a share (0-1) of the first; nothing of nobody."""
    whole = max(steps, default=0)
    return [step / whole if whole else 0.0 for step in steps]
