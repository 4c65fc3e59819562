"""Random companies, and an attacker who has every total ever told."""

import random
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from vocapp.exchange.rules import CUTS, Cell, Cohort, Exchanged, Subject

MEASURE = Exchanged.STRENGTH


def a_subject(number: int, *, value: float = 50.0, people: int = 3, **traits: str) -> Subject:
    return Subject(number, Cohort(**traits), {MEASURE: value}, {MEASURE: people})


def a_random_company(seed: int) -> list[Subject]:
    """Few or many accounts, with traits that are common, rare or missing."""
    draw = random.Random(seed)
    sizes = [draw.randint(1, 4) for _ in range(3)]

    def name(kind: str, many: int) -> str:
        # Skewed: large and small cohorts side by side.
        return "" if draw.random() < 0.05 else f"{kind}{min(draw.randrange(many), draw.randrange(many))}"

    return [
        a_subject(
            number,
            value=draw.uniform(0, 100),
            people=draw.choice([0, 1, 1, 2, 3, 6]),
            tier=name("T", sizes[0]),
            industry=name("I", sizes[1]),
            region=name("R", sizes[2]),
        )
        for number in range(draw.choice([8, 20, 60]))
    ]


def a_quarter_later(company: Sequence[Subject], seed: int) -> list[Subject]:
    """Some left, some came, some answered anew, some moved to another cohort."""
    draw = random.Random(-seed)
    left, moved = draw.choice([0, 0.02, 0.1]), draw.choice([0, 0.05, 0.5])
    kept = []
    for one in company:
        if draw.random() < left:
            continue
        value = (
            draw.uniform(0, 100) if draw.random() < moved else one.values[MEASURE] + draw.uniform(-0.4, 0.4)
        )
        traits = Cohort("T0", "I0", "R0") if draw.random() < left else one.traits
        kept.append(Subject(one.account_id, traits, {MEASURE: min(max(value, 0), 100)}, one.respondents))
    newcomers = draw.choice([0, 1, 2, 8])
    return kept + [
        a_subject(
            1000 + 100 * seed + number, value=draw.uniform(0, 100), tier="T0", industry="I0", region="R0"
        )
        for number in range(newcomers)
    ]


def members(company: Iterable[Subject], cohort: Cohort) -> list[Subject]:
    return [one for one in company if one.traits.on(cohort.cut) == cohort]


def is_few(group: Sequence[Subject]) -> bool:
    people = sum(one.respondents[MEASURE] for one in group)
    return len(group) > 0 and (len(group) < 3 or people < 5)


class Attacker:
    """Knows the members of every cohort told, and solves for what was not told."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._totals: list[set[object]] = []

    def learn(self, totals: Iterable[Iterable[object]]) -> None:
        for total in totals:
            found = set(total)
            self._totals.append(found)
            for number in found:
                self._numbers.setdefault(number, len(self._numbers))

    def basis(self) -> NDArray[np.float64]:
        """Return an orthonormal basis of everything that follows from the totals."""
        matrix = np.array([self._row(total) for total in self._totals]).reshape(len(self._totals), -1)
        if not matrix.size:
            return np.zeros((0, len(self._numbers)))
        _u, singular, rows = np.linalg.svd(matrix, full_matrices=False)
        return rows[singular > 1e-9 * singular.max()]

    def can_compute(self, group: Iterable[object], basis: NDArray[np.float64]) -> bool:
        """Whether the sum over a group follows from the totals."""
        wanted = set(group)
        if not wanted <= set(self._numbers):
            return False
        row = self._row(wanted)
        return bool(np.linalg.norm(row - basis.T @ (basis @ row)) < 1e-6)

    def alone(self, basis: NDArray[np.float64]) -> int:
        """Return how many single numbers, of this file or an earlier one, follow from the totals."""
        return int((np.square(basis).sum(axis=0) > 1 - 1e-6).sum())

    def _row(self, total: set[object]) -> NDArray[np.float64]:
        row = np.zeros(len(self._numbers))
        row[[self._numbers[number] for number in total]] = 1.0
        return row


def secrets(company: Sequence[Subject], seed: int) -> Iterable[Sequence[Subject]]:
    """Every group too small to be told: single accounts, pairs, small cohorts, differences of cohorts."""
    draw = random.Random(seed)
    yield from ([one] for one in company)
    pairs = list(combinations(company, 2))
    yield from draw.sample(pairs, min(30, len(pairs)))
    cohorts = [
        members(company, cohort)
        for cut in CUTS
        for cohort in {one.traits.on(cut) for one in company} - {None}
        if cohort is not None
    ]
    yield from cohorts
    for one, other in combinations(cohorts, 2):
        theirs = {subject.account_id for subject in other}
        yield [subject for subject in one if subject.account_id not in theirs]


def told_groups(company: Sequence[Subject], cells: Iterable[Cell]) -> list[list[Subject]]:
    return [members(company, cell.cohort) for cell in cells]
