"""How often themes found by the dictionary are right, by the judgement of people (docs/method.md §12)."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from surveys.intervals import wilson_interval
from surveys.measure import Measure, MeasureState, not_measured

# Parameters of the house, see docs/method.md §12.
MINIMUM_LABELS = 50
MINIMUM_AGREEMENT = 0.6

NOT_CHECKED = "not checked yet"


@dataclass(frozen=True, slots=True)
class Label:
    """One person's judgement of one theme that was found in one comment."""

    comment: int
    theme: str
    coder: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two people agree on the labels both gave, beyond what chance makes.

    `kappa` is Cohen's, -1 to 1; None while they share too few labels, or where both said the same of
    everything and chance alone would explain it. `n` counts the labels they share.
    """

    kappa: float | None
    n: int

    @property
    def is_enough(self) -> bool:
        """Whether they agree well enough for their labels to be believed."""
        return self.kappa is not None and self.kappa >= MINIMUM_AGREEMENT


@dataclass(frozen=True, slots=True)
class ThemeQuality:
    """What is known of a theme: the share of its comments that are about it, and how far people agree."""

    precision: Measure
    agreement: Agreement


def cohens_kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Return Cohen's (1960) kappa of pairs of judgements; None without pairs or without any difference.

    Two people who said yes to everything agree fully, and so would two who never read: undefined, not 1.
    """
    n = len(pairs)
    if n == 0:
        return None
    observed = sum(one == other for one, other in pairs) / n
    first, second = (sum(pair[place] for pair in pairs) / n for place in (0, 1))
    by_chance = first * second + (1 - first) * (1 - second)
    if math.isclose(by_chance, 1.0):
        return None
    return (observed - by_chance) / (1 - by_chance)


def agreement_of(labels: Iterable[Label], *, at_least: int = MINIMUM_LABELS) -> Agreement:
    """Return how far the two people agree who judged the most together; others are left aside.

    Fewer than `at_least` shared labels give no kappa.
    """
    by_coder: defaultdict[int, dict[tuple[int, str], bool]] = defaultdict(dict)
    for label in labels:
        by_coder[label.coder][label.comment, label.theme] = label.is_right
    best: list[tuple[bool, bool]] = []
    for one, other in combinations(sorted(by_coder), 2):
        shared = by_coder[one].keys() & by_coder[other].keys()
        if len(shared) > len(best):
            best = [(by_coder[one][key], by_coder[other][key]) for key in shared]
    return Agreement(cohens_kappa(best) if len(best) >= at_least else None, len(best))


def precision_of(labels: Iterable[Label], agreement: Agreement) -> Measure:
    """Return the share of a theme's labelled comments that are about it, 0-1, with Wilson's interval.

    A comment counts once, as the mean of what people said of it; `n` is the number of comments. Below
    `MINIMUM_LABELS` nothing is said; without two people who agree (`agreement`) it is provisional.
    """
    by_comment: defaultdict[int, list[bool]] = defaultdict(list)
    for label in labels:
        by_comment[label.comment].append(label.is_right)
    n = len(by_comment)
    if n < MINIMUM_LABELS:
        return not_measured(NOT_CHECKED, n)
    right = math.fsum(sum(said) / len(said) for said in by_comment.values())
    reason = _doubt(agreement)
    state = MeasureState.PROVISIONAL if reason else MeasureState.MEASURED
    return Measure(right / n, n, None, wilson_interval(min(right, n), n), state, reason)


def theme_quality(labels: Iterable[Label]) -> Mapping[str, ThemeQuality]:
    """Return theme → quality for every theme with a label.

    Agreement is judged over the labels of all themes together: within one, hardly a label says no.
    """
    every = list(labels)
    agreement = agreement_of(every)
    by_theme: defaultdict[str, list[Label]] = defaultdict(list)
    for label in every:
        by_theme[label.theme].append(label)
    return {
        theme: ThemeQuality(precision_of(those, agreement), agreement) for theme, those in by_theme.items()
    }


def label_counts(labels: Iterable[Label]) -> Mapping[str, int]:
    """Return theme → how many comments somebody labelled."""
    return Counter(theme for theme, _comment in {(label.theme, label.comment) for label in labels})


def _doubt(agreement: Agreement) -> str:
    if agreement.is_enough:
        return ""
    if agreement.kappa is None:
        return "by one person so far: a second one should label the same comments"
    return f"two people agree too little (kappa {agreement.kappa:.2f}, wanted {MINIMUM_AGREEMENT:.2f})"
