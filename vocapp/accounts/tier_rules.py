"""Which accounts belong in a tier or get a coverage model, as pure judgements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Generic, TypeVar

from vocapp.accounts.requirements import comparable_name
from vocapp.accounts.rules import CoverageModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TierConditions:
    """What a rule asks about an account; what it does not ask about fits.

    ARR from `arr_from` on and below `arr_below`, in `currency` only, or in any ("") taken as the plain
    number; the lists hold names of which one must be the account's, compared without regard to case;
    `needs_red`: its status is red.
    """

    arr_from: Decimal | None = None
    arr_below: Decimal | None = None
    currency: str = ""
    growth_potentials: tuple[str, ...] = ()
    lifecycle_stages: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    needs_red: bool = False

    @property
    def asks_about_arr(self) -> bool:
        """Whether the ARR matters."""
        return self.arr_from is not None or self.arr_below is not None

    @property
    def asks_nothing(self) -> bool:
        """Whether every account fits."""
        return not self.as_stored()

    def as_stored(self) -> dict[str, Any]:
        """Return what the rule asks about, as JSON; the rest is left out."""
        stored: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "currency" and not self.asks_about_arr:
                continue
            if isinstance(value, Decimal):
                stored[field.name] = str(value)
            elif value:
                stored[field.name] = list(value) if isinstance(value, tuple) else value
        return stored


def conditions_from(stored: Mapping[str, Any]) -> TierConditions:
    """Return the conditions that a rule's JSON means."""
    return TierConditions(
        arr_from=Decimal(stored["arr_from"]) if "arr_from" in stored else None,
        arr_below=Decimal(stored["arr_below"]) if "arr_below" in stored else None,
        currency=stored.get("currency", ""),
        growth_potentials=tuple(stored.get("growth_potentials", ())),
        lifecycle_stages=tuple(stored.get("lifecycle_stages", ())),
        segments=tuple(stored.get("segments", ())),
        regions=tuple(stored.get("regions", ())),
        needs_red=stored.get("needs_red", False),
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: accounts that fit go to a tier, get a coverage model, or both; None leaves that as it is."""

    id: int
    name: str
    conditions: TierConditions
    tier_id: int | None = None
    coverage_model: CoverageModel | None = None
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account as rules see it; `is_coverage_by_rule`: its coverage model came by a rule, not by hand."""

    account_id: int
    tier_id: int | None
    coverage_model: CoverageModel
    is_coverage_by_rule: bool
    arr: Decimal | None
    currency: str
    growth_potential: str
    lifecycle_stage: str
    segment: str
    region: str
    is_red: bool


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """From what to what; `rule` None: no rule fits any more, so what a rule gave is taken back."""

    before: T
    after: T
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Move:
    """What rules would change about one account: tier, coverage model, or both."""

    account_id: int
    tier: Change[int | None] | None
    coverage: Change[CoverageModel] | None


def fits(conditions: TierConditions, candidate: Candidate) -> bool:
    """Whether an account is what a rule asks for; where something asked about is not known, it is not."""
    if conditions.asks_about_arr:
        if candidate.arr is None:
            return False
        if conditions.currency and candidate.currency.upper() != conditions.currency.upper():
            return False
        if conditions.arr_from is not None and candidate.arr < conditions.arr_from:
            return False
        if conditions.arr_below is not None and candidate.arr >= conditions.arr_below:
            return False
    return (
        _is_among(candidate.growth_potential, conditions.growth_potentials)
        and _is_among(candidate.lifecycle_stage, conditions.lifecycle_stages)
        and _is_among(candidate.segment, conditions.segments)
        and _is_among(candidate.region, conditions.regions)
        and (candidate.is_red or not conditions.needs_red)
    )


def assign(candidate: Candidate, rules: Sequence[Rule]) -> Move | None:
    """Return what the first rules that fit change about an account, or None when nothing.

    One rule decides about the tier and one about the coverage model, each the first in order. Without a rule
    that fits, the tier stays; a coverage model that a rule gave goes back to standard.
    """
    fitting = [rule for rule in rules if fits(rule.conditions, candidate)]
    tier_rule = next((rule for rule in fitting if rule.tier_id is not None), None)
    coverage_rule = next((rule for rule in fitting if rule.coverage_model is not None), None)
    tier = coverage = None
    if tier_rule is not None and tier_rule.tier_id != candidate.tier_id:
        tier = Change(candidate.tier_id, tier_rule.tier_id, tier_rule)
    wanted = candidate.coverage_model
    if coverage_rule is not None and coverage_rule.coverage_model is not None:
        wanted = coverage_rule.coverage_model
    elif candidate.is_coverage_by_rule:
        wanted = CoverageModel.STANDARD
    if wanted != candidate.coverage_model:
        coverage = Change(candidate.coverage_model, wanted, coverage_rule)
    return Move(candidate.account_id, tier, coverage) if tier or coverage else None


def shadowed(rules: Sequence[Rule]) -> dict[int, Rule]:
    """Return rule id → the earlier rule that takes all its accounts, of rules that can never decide.

    A rule for both tier and coverage model is shadowed when neither is left to it.
    """
    found: dict[int, Rule] = {}
    for place, rule in enumerate(rules):
        earlier = [other for other in rules[:place] if _is_inside(rule.conditions, other.conditions)]
        about_tier = next((other for other in earlier if other.tier_id is not None), None)
        about_coverage = next((other for other in earlier if other.coverage_model is not None), None)
        blocked = [
            other
            for decides, other in (
                (rule.tier_id is not None, about_tier),
                (rule.coverage_model is not None, about_coverage),
            )
            if decides
        ]
        takers = [other for other in blocked if other is not None]
        if takers and len(takers) == len(blocked):
            found[rule.id] = takers[0]
    return found


def _is_inside(inner: TierConditions, outer: TierConditions) -> bool:
    """Whether whatever fits `inner` fits `outer`."""
    if outer.asks_about_arr:
        if not inner.asks_about_arr or (outer.currency and inner.currency.upper() != outer.currency.upper()):
            return False
        if outer.arr_from is not None and (inner.arr_from is None or inner.arr_from < outer.arr_from):
            return False
        if outer.arr_below is not None and (inner.arr_below is None or inner.arr_below > outer.arr_below):
            return False
    return (
        _is_part(inner.growth_potentials, outer.growth_potentials)
        and _is_part(inner.lifecycle_stages, outer.lifecycle_stages)
        and _is_part(inner.segments, outer.segments)
        and _is_part(inner.regions, outer.regions)
        and (inner.needs_red or not outer.needs_red)
    )


def _is_part(inner: Iterable[str], outer: Iterable[str]) -> bool:
    wide, narrow = _comparable(outer), _comparable(inner)
    return not wide or (bool(narrow) and narrow <= wide)


def _is_among(name: str, wanted: Iterable[str]) -> bool:
    names = _comparable(wanted)
    return not names or comparable_name(name) in names


def _comparable(names: Iterable[str]) -> frozenset[str]:
    return frozenset(comparable_name(name) for name in names)
