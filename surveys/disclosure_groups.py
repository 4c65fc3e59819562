"""Which groups of accounts may be shown beside each other, so that no difference gives anybody away."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surveys.confidentiality import MINIMUM_ACCOUNTS, MINIMUM_RESPONDENTS

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Whose accounts nobody looks after.
NOBODY = -1


def shown_together(people: IntArray, owner: IntArray, groups: Sequence[IntArray]) -> list[bool]:
    """Say of each group, in this order, whether it may be shown beside those before it (docs/method.md §6).

    The account at each place has so many people who answered, and an owner (0, 1, …, or NOBODY) who knows it
    anyway. Groups hold places. Those shown cut all accounts into parts of equal membership, and a group is
    shown only while every part is large enough, also once any one owner takes away their own accounts. So no
    sum and no difference of what is shown, and nobody who knows their own accounts, gets at a handful.
    """
    parts = _Parts(people, owner)
    return [parts.cut_by(np.asarray(group, dtype=np.int64)) for group in groups]


class _Parts:
    """The parts into which the shown groups cut all accounts, with what each owner has in each."""

    def __init__(self, people: IntArray, owner: IntArray) -> None:
        self._people = people
        # The last column is nobody's.
        self._owners = int(owner.max(initial=NOBODY)) + 2
        self._owner = np.where(owner == NOBODY, self._owners - 1, owner)
        self._part = np.zeros(len(people), dtype=np.int64)
        everybody = np.arange(len(people))
        self._sizes = [self._count(everybody, np.zeros(len(people), dtype=np.int64), 1)[:, 0]]

    def cut_by(self, group: IntArray) -> bool:
        """Cut the parts by a group if all pieces stay large enough; return whether they do."""
        if not len(group):
            return False
        touched, place = np.unique(self._part[group], return_inverse=True)
        inside = self._count(group, place, len(touched))
        outside = np.stack([self._sizes[part] for part in touched], axis=1) - inside
        is_rest = outside[0].sum(axis=1) > 0
        if not (_are_enough(inside).all() and _are_enough(outside)[is_rest].all()):
            return False
        for number, part in enumerate(touched):
            if is_rest[number]:
                self._part[group[place == number]] = len(self._sizes)
                self._sizes[part] = outside[:, number]
                self._sizes.append(inside[:, number])
        return True

    def _count(self, accounts: IntArray, part: IntArray, parts: int) -> IntArray:
        """Return (accounts and people) by part and owner."""
        at = part * self._owners + self._owner[accounts]
        many = parts * self._owners
        counts = np.bincount(at, minlength=many), np.bincount(at, self._people[accounts], many)
        return np.stack(counts).astype(np.int64).reshape(2, parts, self._owners)


def _are_enough(sizes: IntArray) -> BoolArray:
    """Whether parts are large enough, whichever owner takes their own accounts away; by part."""
    accounts, people = sizes
    whole = accounts.sum(axis=1, keepdims=True), people.sum(axis=1, keepdims=True)
    left, heard = whole[0] - accounts, whole[1] - people
    is_left_enough = (left == 0) | ((left >= MINIMUM_ACCOUNTS) & (heard >= MINIMUM_RESPONDENTS))
    # Whoever has none of them takes none away, and nobody's accounts are known to nobody.
    is_owner = accounts > 0
    is_owner[:, -1] = False
    is_whole_enough = (whole[0] >= MINIMUM_ACCOUNTS) & (whole[1] >= MINIMUM_RESPONDENTS)
    enough: BoolArray = is_whole_enough[:, 0] & (is_left_enough | ~is_owner).all(axis=1)
    return enough
