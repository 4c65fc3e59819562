"""Which groups of confidential answers may be shown so that none of a handful of people is laid bare."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

MINIMUM_RESPONDENTS = 5
MINIMUM_ACCOUNTS = 3

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class GroupedAnswer:
    """One answer as far as confidentiality is concerned: whose it is and from which account."""

    response: int
    respondent: int
    account: int


def is_large_enough(*, respondents: int, accounts: int) -> bool:
    """Whether answers of this many people at this many accounts may be shown together (docs/method.md §6)."""
    return respondents >= MINIMUM_RESPONDENTS and accounts >= MINIMUM_ACCOUNTS


def may_be_shown(answers: Collection[GroupedAnswer]) -> bool:
    """Whether these answers may be shown together; somebody who answered twice is one person."""
    return is_large_enough(
        respondents=len({answer.respondent for answer in answers}),
        accounts=len({answer.account for answer in answers}),
    )


def shown_groups(
    everybody: Collection[GroupedAnswer], breakdowns: Sequence[Mapping[Key, Collection[GroupedAnswer]]]
) -> frozenset[Key]:
    """Return the keys of the groups that may be shown beside each other and beside everybody together.

    A breakdown names groups of `everybody`, by tier for example; keys are unique among all breakdowns. No
    sum and no difference of the groups returned, however many are combined, tells about fewer people or
    accounts than `may_be_shown` asks for: the shown groups cut everybody into parts of equal membership, and
    a group is shown only while every part remains large enough. What is hidden in a breakdown is therefore
    large enough together. Earlier breakdowns come first, and in each the largest group. Nothing is shown
    when everybody together is too small. Rests on answers that no longer change: call it for closed waves.
    """
    whole = frozenset(everybody)
    if not may_be_shown(whole):
        return frozenset()
    parts = [whole]
    shown: set[Key] = set()
    for breakdown in breakdowns:
        for key, answers in sorted(breakdown.items(), key=lambda group: -len(group[1])):
            group = whole & frozenset(answers)
            cut = [piece for part in parts for piece in (part & group, part - group) if piece]
            if group and all(may_be_shown(piece) for piece in cut):
                parts, shown = cut, shown | {key}
    return frozenset(shown)
