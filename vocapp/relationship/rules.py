"""How strong is a relationship? Measures of one account or many, from who took part and what they said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from surveys.evidence import Evidence, EvidenceBatch, gather_evidence
from surveys.measure import Measure, not_measured
from surveys.parameters import DEFAULT_METHOD, MethodParameters
from surveys.rates import Disposition, Engagement, Turnout, engagement_measure, shrink_turnout
from surveys.scoring import NpsCounts, nps_measure
from surveys.shrinkage import (
    DEFAULT_KAPPA,
    Confidence,
    ShrunkNps,
    confidence_label,
    estimate_kappa,
    persona_weighted_nps,
    shrink_nps,
    shrunk_nps_measure,
)
from surveys.status import Status, StatusJudgement, judge_status
from surveys.strength import Strength, measure_strengths
from vocapp.engagement.rules import Voice
from vocapp.relationship.words import reason_for

EVERYBODY = "all"

# One account alone would be shrunk towards itself.
ACCOUNTS_FOR_A_PRIOR = 2
# Stands in for a cohort that has not answered yet: the mix that adjusted Wald adds, NPS 0.
NO_COHORT_MIX = NpsCounts(0, 0, 0).adjusted()

NO_ANSWER = "nobody has answered yet"
_NO_ANSWER_NOW = "nobody who is there now has rated us in the last {window}"

_DIGITS = 6
_COUNTED_OUTCOMES = (Disposition.COMPLETE, Disposition.PARTIAL, Disposition.DECLINED, Disposition.SILENT)

# Small counts repeat from account to account, and their interval is found by bisection.
_nps_of = lru_cache(maxsize=4096)(nps_measure)


@dataclass(frozen=True)
class Facts:
    """What is known about one account at a moment.

    `turnout` and `outcomes` rest on delivered, closed invitations; `ratings` are the latest answers of active
    people within a year, with their personas' weights; `voices` counts active people, the never asked among
    them; `unanswered` those silent people who have no answer that counts. `silent_waves`: the latest waves
    in a row that nobody answered, None before one that reached somebody has closed; `last_heard`: when the
    last one that somebody answered went out; `is_decision_maker_asked`: whether one reached a decision maker.
    """

    account_id: int
    key: str
    tier_id: int | None
    footprint: Measure
    turnout: Turnout | None = None
    outcomes: Mapping[Disposition, int] = field(default_factory=dict)
    ratings: Sequence[int] = ()
    weights: Sequence[float] = ()
    voices: Mapping[Voice, int] = field(default_factory=dict)
    unanswered: int = 0
    is_decision_maker_heard: bool = False
    is_decision_maker_silent: bool = False
    is_decision_maker_asked: bool = False
    decision_maker_silent_waves: int = 0
    silent_waves: int | None = None
    last_heard: date | None = None
    previous: Status | None = None


@dataclass(frozen=True)
class Prior:
    """What accounts of a cohort are like: pooled answers, the pull kappa, and mean engagement (0-1).

    `accounts` counts those with any data. Mix or mean are None where too few accounts tell.
    """

    cohort: str
    accounts: int
    counts: NpsCounts
    kappa: float = DEFAULT_KAPPA
    has_mix: bool = False
    engagement_mean: float | None = None

    @property
    def mix(self) -> NpsCounts:
        """The answers to shrink towards; an empty class is filled up, or certainty would be invented."""
        if not self.has_mix:
            return NO_COHORT_MIX
        return self.counts if min(self.counts.as_tuple()) > 0 else self.counts.adjusted()


NO_PRIOR = Prior(EVERYBODY, 0, NpsCounts(0, 0, 0))


def tier_cohort(tier_id: int) -> str:
    """Return the name of a tier's cohort."""
    return f"tier:{tier_id}"


@dataclass(frozen=True)
class Sample:
    """What one account adds to its cohorts: its answers, and its engagement or None."""

    tier_id: int | None
    counts: NpsCounts
    engagement: float | None


def sample_of(facts: Facts) -> Sample:
    """Return what an account adds to its cohorts."""
    engaged = None if facts.turnout is None else facts.turnout.value
    return Sample(facts.tier_id, NpsCounts.from_ratings(facts.ratings), engaged)


def cohort_priors(samples: Sequence[Sample], method: MethodParameters = DEFAULT_METHOD) -> dict[str, Prior]:
    """Return the prior of all accounts, and of each tier with enough accounts that have data."""
    priors = {EVERYBODY: _prior(EVERYBODY, samples, method)}
    for tier_id in sorted({sample.tier_id for sample in samples if sample.tier_id is not None}):
        cohort = tier_cohort(tier_id)
        prior = _prior(cohort, [sample for sample in samples if sample.tier_id == tier_id], method)
        if prior.accounts >= method.tier_accounts:
            priors[cohort] = prior
    return priors


def _prior(cohort: str, samples: Sequence[Sample], method: MethodParameters) -> Prior:
    answered = [sample.counts for sample in samples if sample.counts.total]
    engaged = [sample.engagement for sample in samples if sample.engagement is not None]
    mean = None
    if len(engaged) >= ACCOUNTS_FOR_A_PRIOR:
        mean = sum(engaged) / len(engaged)
        if mean in (0.0, 1.0):
            # All silent or all there: half an account more either way, so that no interval closes.
            mean = (sum(engaged) + 0.5) / (len(engaged) + 1)
    return Prior(
        cohort=cohort,
        accounts=sum(1 for s in samples if s.counts.total or s.engagement is not None),
        counts=sum(answered, NpsCounts(0, 0, 0)),
        kappa=estimate_kappa(
            answered,
            default=method.sentiment_pull,
            accounts_needed=int(method.pull_accounts),
            limits=method.pull_limits,
        ).kappa
        if answered
        else method.sentiment_pull,
        has_mix=len(answered) >= ACCOUNTS_FOR_A_PRIOR,
        engagement_mean=mean,
    )


def prior_for(
    tier_id: int | None, priors: Mapping[str, Prior], method: MethodParameters = DEFAULT_METHOD
) -> Prior:
    """Return the prior of an account: its tier's, filled up from all accounts, else what is neutral."""
    everybody = priors.get(EVERYBODY) or replace(NO_PRIOR, kappa=method.sentiment_pull)
    own = priors.get(tier_cohort(tier_id)) if tier_id is not None else None
    if own is None:
        return everybody
    if not own.has_mix:
        own = replace(own, counts=everybody.counts, kappa=everybody.kappa, has_mix=everybody.has_mix)
    return own if own.engagement_mean is not None else replace(own, engagement_mean=everybody.engagement_mean)


@dataclass(frozen=True)
class Score:
    """The measures of one account, ready to be stored; `measures` is plain JSON, numbers rounded."""

    account_id: int
    footprint: float | None
    engagement: float | None
    sentiment: float | None
    nps: float | None
    strength: float | None
    answers: int
    status: Status
    confidence: Confidence
    silent_waves: int | None
    decision_maker_silent_waves: int | None
    last_heard: date | None
    measures: dict[str, Any]


@dataclass(frozen=True)
class _Parts:
    facts: Facts
    prior: Prior
    engagement: Engagement | None
    counts: NpsCounts
    shrunk: ShrunkNps | None
    confidence: Confidence

    def evidence(self) -> Evidence:
        return gather_evidence(
            self.facts.key,
            self.facts.footprint.value,
            self.engagement,
            self.shrunk,
            answers=len(self.facts.ratings),
        )


def score_accounts(
    facts: Sequence[Facts], priors: Mapping[str, Prior], method: MethodParameters = DEFAULT_METHOD
) -> list[Score]:
    """Return the scores of accounts, each the same whether computed alone or among ten thousand.

    `facts` and `priors` must have been read by the same `method`.
    """
    parts = [_parts(one, prior_for(one.tier_id, priors, method), method) for one in facts]
    batch = EvidenceBatch.of([part.evidence() for part in parts])
    strengths = measure_strengths(batch, method.strength())
    return [_score(part, strengths.account(row), method) for row, part in enumerate(parts)]


def _parts(facts: Facts, prior: Prior, method: MethodParameters) -> _Parts:
    high_to, medium_to = method.confidence_limits
    counts = NpsCounts.from_ratings(facts.ratings)
    shrunk = shrink_nps(counts, prior.mix, kappa=prior.kappa)
    confidence = confidence_label(
        None if shrunk is None else shrunk.half_width,
        answers=len(facts.ratings),
        decision_maker_absent=not facts.is_decision_maker_heard,
        high_to=high_to,
        medium_to=medium_to,
    )
    engaged = None
    if facts.turnout is not None:
        engaged = shrink_turnout(
            facts.turnout, cohort_mean=prior.engagement_mean, parameters=method.engagement()
        )
    return _Parts(facts, prior, engaged, counts, shrunk, confidence)


def _score(part: _Parts, strength: Strength, method: MethodParameters) -> Score:
    facts = part.facts
    judgement = judge_status(
        strength,
        confidence=part.confidence,
        decision_maker_silent_waves=facts.decision_maker_silent_waves,
        previous=facts.previous,
        parameters=method.strength(),
    )
    measures = _measures(part, strength, judgement, method)
    return Score(
        account_id=facts.account_id,
        footprint=measures["footprint"]["value"],
        engagement=measures["engagement"]["value"],
        sentiment=measures["sentiment"]["value"],
        nps=measures["nps"]["value"],
        strength=measures["strength"]["value"],
        answers=len(facts.ratings),
        status=judgement.status,
        confidence=part.confidence,
        silent_waves=facts.silent_waves,
        decision_maker_silent_waves=measures["silence"]["decision_maker_waves"],
        last_heard=facts.last_heard,
        measures=measures,
    )


def _measures(
    part: _Parts, strength: Strength, judgement: StatusJudgement, method: MethodParameters
) -> dict[str, Any]:
    facts, engaged, shrunk, lost = part.facts, part.engagement, part.shrunk, strength.lost
    no_answer_now = no_answer_within(method)
    weighted = persona_weighted_nps(facts.ratings, facts.weights)
    document = {
        "footprint": facts.footprint.as_dict(),
        "engagement": engagement_measure(engaged).as_dict(),
        "sentiment": _in_time(sentiment_measure(shrunk), facts, no_answer_now).as_dict(),
        "strength": strength.measure.as_dict(),
        "nps": _in_time(_nps_of(part.counts), facts, no_answer_now).as_dict(),
        "nps_shrunk": _in_time(shrunk_nps_measure(shrunk), facts, no_answer_now).as_dict()
        | {"sd": shrunk.sd if shrunk else None, "alpha": list(shrunk.alpha) if shrunk else None},
        "nps_weighted": (
            _nps_of(weighted.counts, n=weighted.n)
            if weighted
            else _in_time(not_measured(NO_ANSWER), facts, no_answer_now)
        ).as_dict(),
        "engagement_shrunk": None
        if engaged is None
        else {"value": engaged.shrunk, "alpha": engaged.alpha, "beta": engaged.beta},
        "points_lost": None
        if lost is None
        else {"footprint": lost.footprint, "engagement": lost.engagement, "sentiment": lost.sentiment},
        "chances": {"green": strength.green, "red": strength.red},
        "classes": {
            "promoters": int(part.counts.promoters),
            "passives": int(part.counts.passives),
            "detractors": int(part.counts.detractors),
            "silent": facts.unanswered,
        },
        "people": {voice.value: facts.voices.get(voice, 0) for voice in Voice},
        "outcomes": {one.value: facts.outcomes.get(one, 0) for one in _COUNTED_OUTCOMES},
        "decision_maker": {
            "is_heard": facts.is_decision_maker_heard,
            "is_silent": facts.is_decision_maker_silent,
            "silent_waves": facts.decision_maker_silent_waves,
        },
        "silence": {
            "waves": facts.silent_waves,
            "decision_maker_waves": facts.decision_maker_silent_waves
            if facts.is_decision_maker_asked
            else None,
            "last_heard": facts.last_heard.isoformat() if facts.last_heard else None,
        },
        "prior": {"cohort": part.prior.cohort, "kappa": part.prior.kappa},
        "status_reason": judgement.reason,
        "reason": reason_for(
            voices=facts.voices,
            counts=part.counts,
            footprint=facts.footprint,
            lost=lost,
            is_decision_maker_silent=facts.is_decision_maker_silent,
        ),
    }
    rounded: dict[str, Any] = _rounded(document)
    return rounded


def sentiment_measure(shrunk: ShrunkNps | None) -> Measure:
    """Return sentiment, 0-1: the shrunk NPS moved from its -1 to 1 (docs/method.md §5)."""
    if shrunk is None:
        return not_measured(NO_ANSWER)
    low, high = shrunk.interval()
    whole = shrunk.measure()
    return replace(whole, value=(shrunk.mean + 1) / 2, ci=((low + 1) / 2, (high + 1) / 2))


def no_answer_within(method: MethodParameters) -> str:
    """Say that somebody answered once, but too long ago, about something else, or has left since."""
    days = int(method.sentiment_days)
    return _NO_ANSWER_NOW.format(window="12 months" if days == 365 else f"{days} days")


def _in_time(measure: Measure, facts: Facts, no_answer_now: str) -> Measure:
    """Return a measure that does not say nobody ever answered where somebody did."""
    answered = facts.outcomes.get(Disposition.COMPLETE, 0) + facts.outcomes.get(Disposition.PARTIAL, 0)
    if measure.value is None and answered and measure.reason == NO_ANSWER:
        return replace(measure, reason=no_answer_now)
    return measure


def is_same_score(before: Mapping[str, Any], after: Mapping[str, Any], *, tolerance: float = 0.0) -> bool:
    """Whether two `measures` say the same.

    With a tolerance, numbers may differ by so much of their scale (strength and points 0-100, others 0-1);
    counts, states and words may not.
    """
    return _is_same(before, after, tolerance)


_HUNDREDS = frozenset({"strength", "points_lost"})


def _is_same(before: Any, after: Any, tolerance: float) -> bool:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(
            _is_same(value, after[name], tolerance * (100 if name in _HUNDREDS else 1))
            for name, value in before.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            _is_same(one, other, tolerance) for one, other in zip(before, after, strict=True)
        )
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) <= tolerance
    return bool(before == after)


def _rounded(document: Any) -> Any:
    """Return a document whose fractions are rounded, so that equal results are equal after storage."""
    if isinstance(document, dict):
        return {name: _rounded(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_rounded(value) for value in document]
    return round(document, _DIGITS) + 0.0 if isinstance(document, float) else document
