"""Who of those asked answered, when, and do they speak for the others? Pure judgements over one wave."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from surveys.bands import Band
from surveys.comparison import NpsDifference, class_changes, nps_difference, sign_flip_p_value
from surveys.measure import Measure
from surveys.questions import QuestionKind
from surveys.rates import Disposition, Dispositions, ResponseRates, response_rates
from surveys.response_bias import (
    EarlyLate,
    ResponseBias,
    Stratum,
    early_late,
    response_bias,
)
from surveys.scoring import NpsCounts
from surveys.share_comparison import ShareDifference, share_difference
from vocapp.results.rules import RatingResult

# A change of the same people needs as many of them as a difference of two groups needs answers.
PAIRS_FOR_A_CLAIM = 5
ANSWERED = (Disposition.COMPLETE, Disposition.PARTIAL)


class Asked(NamedTuple):
    """One invitation of a wave and what came of it.

    `rating` is None without one, `day` the number of full days from the mail to the answer, `mails` how many
    they had been sent by then (the announcement apart).
    """

    contact_id: int
    persona: str
    language: str
    owner: str
    disposition: Disposition
    rating: int | None
    day: int | None
    mails: int


@dataclass(frozen=True, slots=True)
class Group:
    """People of one kind: how their invitations ended, and the share that answered (bounces excluded)."""

    name: str
    counts: Dispositions
    rate: Measure

    @property
    def asked(self) -> int:
        """How many certainly got the question."""
        return self.counts.known_eligible

    @property
    def answered(self) -> int:
        """How many rated, partial answers included."""
        return self.counts.complete + self.counts.partial


@dataclass(frozen=True, slots=True)
class Step:
    """What came in by one day, or after one mail: how many answered then, and the share of all by then."""

    number: int
    answers: int
    so_far: float


@dataclass(frozen=True, slots=True)
class Turnout:
    """Who answered in a wave; `bias` is None where nobody may look at ratings by kind of person.

    While a wave `is_open` its silence is nobody's yet: no rate, no group and no bias is told then.
    """

    is_open: bool
    counts: Dispositions
    pending: int
    rates: ResponseRates
    personas: Sequence[Group]
    languages: Sequence[Group]
    owners: Sequence[Group]
    days: Sequence[Step]
    mails: Sequence[Step]
    bias: ResponseBias | None
    early_late: EarlyLate | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two waves of one survey: is the change real? One of the differences is set, or none of them.

    `pairs` is how many people rated in both, `moved_up` and `moved_down` how many of them changed class,
    `pair_p_value` the exact sign-flip test, None with fewer than five pairs.
    """

    earlier: RatingResult
    later: RatingResult
    nps: NpsDifference | None = None
    share: ShareDifference | None = None
    pairs: int = 0
    moved_up: int = 0
    moved_down: int = 0
    pair_p_value: float | None = None

    @property
    def is_real(self) -> bool:
        """Whether chance alone would seldom make such a difference."""
        found = self.nps or self.share
        return found is not None and found.is_claim

    @property
    def p_value(self) -> float | None:
        """How often chance alone makes a difference as large, None where too few answered to say."""
        found = self.nps or self.share
        return None if found is None else found.p_value


def turnout_of(
    asked: Sequence[Asked], *, kind: QuestionKind, is_confidential: bool, is_open: bool = False
) -> Turnout:
    """Return who answered in a wave. What was said is looked at for NPS only, and never in confidence.

    Days and mails of an open wave are shares of everybody whose invitation has not come back.
    """
    counts = dispositions_of(asked)
    pending = sum(one.disposition is Disposition.PENDING for one in asked)
    sees_ratings = kind is QuestionKind.NPS and not is_confidential and not is_open
    everybody = counts.known_eligible + (pending if is_open else 0)
    groups = [] if is_open else asked
    in_order = sorted((one for one in asked if one.day is not None), key=lambda one: one.day or 0)
    ratings = [one.rating for one in in_order if one.rating is not None]
    return Turnout(
        is_open=is_open,
        counts=counts,
        pending=pending,
        rates=response_rates(counts),
        personas=groups_of(groups, lambda one: one.persona),
        languages=groups_of(groups, lambda one: one.language),
        owners=groups_of(groups, lambda one: one.owner),
        days=steps_of([one.day for one in in_order if one.day is not None], of=everybody),
        mails=steps_of([one.mails for one in in_order], of=everybody),
        bias=response_bias(strata_of(asked)) if sees_ratings else None,
        early_late=early_late(ratings) if sees_ratings else None,
    )


def dispositions_of(asked: Sequence[Asked]) -> Dispositions:
    """Return how many invitations ended in each way; those still waiting are left out."""
    counted = Counter(one.disposition for one in asked)
    return Dispositions(
        complete=counted[Disposition.COMPLETE],
        partial=counted[Disposition.PARTIAL],
        declined=counted[Disposition.DECLINED],
        silent=counted[Disposition.SILENT],
        bounced=counted[Disposition.BOUNCED],
        ineligible=counted[Disposition.INELIGIBLE],
    )


def groups_of(asked: Sequence[Asked], name_of: Callable[[Asked], str]) -> list[Group]:
    """Return people by kind, the largest group first."""
    parts: defaultdict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        parts[name_of(one)].append(one)
    groups = [
        Group(name, counts := dispositions_of(those), response_rates(counts).rr6)
        for name, those in parts.items()
    ]
    return sorted(groups, key=lambda group: (-group.asked, group.name))


def steps_of(numbers: Sequence[int], *, of: int) -> list[Step]:
    """Return how many answers came with each number, first to last, and the share (0 to 1) by then.

    Numbers between the first and the last with no answer are there too.
    """
    counted, so_far, steps = Counter(numbers), 0, []
    for number in range(min(counted, default=0), max(counted, default=-1) + 1):
        so_far += counted[number]
        steps.append(Step(number, counted[number], min(1.0, so_far / of) if of else 0.0))
    return steps


def strata_of(asked: Sequence[Asked]) -> list[Stratum]:
    """Return what each persona said, of those who were asked and rated."""
    parts: defaultdict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        if one.disposition in {*ANSWERED, Disposition.DECLINED, Disposition.SILENT}:
            parts[one.persona].append(one)
    return [
        Stratum(
            name, len(those), NpsCounts.from_ratings([one.rating for one in those if one.rating is not None])
        )
        for name, those in sorted(parts.items())
    ]


def compare(
    earlier: RatingResult, later: RatingResult, pairs: Sequence[tuple[int, int]], *, is_confidential: bool
) -> Comparison:
    """Compare the ratings of two waves; `pairs` are (earlier, later) ratings of people who rated in both.

    Pairs are looked at for NPS only and never in confidence.
    """
    if earlier.kind is not later.kind or not earlier.n or not later.n:
        return Comparison(earlier, later)
    if earlier.kind is not QuestionKind.NPS:
        return Comparison(earlier, later, share=share_difference(_good(later), _good(earlier)))
    difference = nps_difference(_classes(later), _classes(earlier))
    if is_confidential:
        return Comparison(earlier, later, nps=difference)
    changes = class_changes(pairs)
    return Comparison(
        earlier,
        later,
        nps=difference,
        pairs=len(changes),
        moved_up=sum(change > 0 for change in changes),
        moved_down=sum(change < 0 for change in changes),
        pair_p_value=sign_flip_p_value(changes) if len(changes) >= PAIRS_FOR_A_CLAIM else None,
    )


def _good(result: RatingResult) -> tuple[int, int]:
    return result.bands.get(Band.GOOD, 0), result.n


def _classes(result: RatingResult) -> NpsCounts:
    return NpsCounts.from_ratings([rating for rating, count in result.counts for _one in range(count)])
