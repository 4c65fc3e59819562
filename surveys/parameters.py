"""Every number of the method that nobody can derive: what it is called, what it does and how far it may go.

The values that scores are made with are one `MethodParameters`; its defaults are those of the functions that
use them. `read_parameters` turns what somebody typed into one, or into one sentence for each wrong value.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from importlib import resources
from typing import Any, Self

from surveys.rates import DEFAULT_ENGAGEMENT, EngagementParameters
from surveys.shrinkage import DEFAULT_KAPPA, HIGH_TO, KAPPA_ACCOUNTS, KAPPA_RANGE, MEDIUM_TO
from surveys.strength import DEFAULT_STRENGTH, StrengthParameters


@dataclass(frozen=True, slots=True)
class MethodParameters:
    """What scores are made with, in the units of `PARAMETERS`: shares in percent, NPS in points.

    Any values may stand here, as old ones must be readable for ever; `faults_of` judges new ones.
    """

    footprint_weight: float = DEFAULT_STRENGTH.footprint_weight
    engagement_weight: float = DEFAULT_STRENGTH.engagement_weight
    sentiment_weight: float = DEFAULT_STRENGTH.sentiment_weight
    floor: float = 100 * DEFAULT_STRENGTH.floor
    minimum_weight: float = 100 * DEFAULT_STRENGTH.minimum_weight
    green_from: float = DEFAULT_STRENGTH.green_from
    red_below: float = DEFAULT_STRENGTH.red_below
    certainty: float = 100 * DEFAULT_STRENGTH.certainty
    hysteresis: float = DEFAULT_STRENGTH.hysteresis
    minimum_component: float = 100 * DEFAULT_STRENGTH.minimum_component
    silent_waves: float = float(DEFAULT_STRENGTH.silent_waves)
    complete_worth: float = 100 * DEFAULT_ENGAGEMENT.complete
    partial_worth: float = 100 * DEFAULT_ENGAGEMENT.partial
    declined_worth: float = 100 * DEFAULT_ENGAGEMENT.declined
    half_life: float = DEFAULT_ENGAGEMENT.half_life_months
    engagement_pull: float = DEFAULT_ENGAGEMENT.kappa
    sentiment_days: float = 365.0
    sentiment_pull: float = DEFAULT_KAPPA
    pull_from: float = KAPPA_RANGE[0]
    pull_to: float = KAPPA_RANGE[1]
    pull_accounts: float = float(KAPPA_ACCOUNTS)
    tier_accounts: float = 10.0
    high_to: float = 100 * HIGH_TO
    medium_to: float = 100 * MEDIUM_TO

    def strength(self) -> StrengthParameters:
        """Return what strength and status are made with."""
        return StrengthParameters(
            footprint_weight=self.footprint_weight,
            engagement_weight=self.engagement_weight,
            sentiment_weight=self.sentiment_weight,
            floor=self.floor / 100,
            minimum_weight=self.minimum_weight / 100,
            green_from=self.green_from,
            red_below=self.red_below,
            hysteresis=self.hysteresis,
            certainty=self.certainty / 100,
            minimum_component=self.minimum_component / 100,
            silent_waves=int(self.silent_waves),
        )

    def engagement(self) -> EngagementParameters:
        """Return what engagement is made with."""
        return EngagementParameters(
            complete=self.complete_worth / 100,
            partial=self.partial_worth / 100,
            declined=self.declined_worth / 100,
            half_life_months=self.half_life,
            kappa=self.engagement_pull,
        )

    @property
    def sentiment_window(self) -> timedelta:
        """How long an answer counts in sentiment."""
        return timedelta(days=self.sentiment_days)

    @property
    def pull_limits(self) -> tuple[float, float]:
        """Between which bounds an estimated kappa stays."""
        return self.pull_from, self.pull_to

    @property
    def confidence_limits(self) -> tuple[float, float]:
        """Up to which half-width confidence is high, and up to which medium, on the NPS scale of -1 to 1."""
        return self.high_to / 100, self.medium_to / 100

    def as_document(self) -> dict[str, float]:
        """Return the values as plain JSON."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Build from stored JSON; a parameter that it does not know yet has its default.

        Raises ValueError for a value that is no finite number.
        """
        known = {name: document[name] for name in DEFAULTS if name in document}
        for name, value in known.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"the parameter {name} is no finite number")
        return cls(**{name: float(value) for name, value in known.items()})


DEFAULT_METHOD = MethodParameters()
DEFAULTS: Mapping[str, float] = DEFAULT_METHOD.as_document()


class Section(StrEnum):
    """Which part of the method a parameter belongs to."""

    STRENGTH = "Relationship strength"
    STATUS = "Status"
    ENGAGEMENT = "Engagement"
    SENTIMENT = "Sentiment"
    CONFIDENCE = "Confidence"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number that may be chosen: its key, name, unit, allowed range (both ends belong to it) and effect.

    `unit` is a plural, or empty for a plain number; `is_whole` allows whole numbers only.
    """

    key: str
    name: str
    section: Section
    unit: str
    least: float
    most: float
    does: str
    is_whole: bool = False

    @property
    def default(self) -> float:
        """What it is unless somebody chose otherwise."""
        return DEFAULTS[self.key]

    def shown(self, value: float) -> str:
        """Return a value with its unit, as people write it: "80%", "1 month", "0.3"."""
        number = plain_number(value)
        if not self.unit:
            return number
        if self.unit == "%":
            return f"{number}%"
        unit = self.unit.removesuffix("s") if value == 1 else self.unit
        return f"{number} {unit}"

    @property
    def range_words(self) -> str:
        """The allowed range: "from 50 to 95 points"."""
        return f"from {plain_number(self.least)} to {self.shown(self.most)}"


def plain_number(value: float) -> str:
    """Return a number without needless digits."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _read_parameters() -> tuple[Parameter, ...]:
    rows = json.loads(resources.files("surveys").joinpath("parameters.json").read_text(encoding="utf-8"))
    return tuple(Parameter(**{**row, "section": Section[row["section"].upper()]}) for row in rows)


PARAMETERS: tuple[Parameter, ...] = _read_parameters()
BY_KEY: Mapping[str, Parameter] = {one.key: one for one in PARAMETERS}


def parameters_of(section: Section) -> tuple[Parameter, ...]:
    """Return the parameters of one part of the method, in the order of pages."""
    return tuple(one for one in PARAMETERS if one.section is section)


def faults_of(parameters: MethodParameters) -> dict[str, str]:
    """Return key → one sentence for each value that may not be chosen; empty when all may."""
    faults = {}
    for one in PARAMETERS:
        value = getattr(parameters, one.key)
        if not one.least <= value <= one.most:
            faults[one.key] = f"{one.name} goes {one.range_words}."
        elif one.is_whole and value != int(value):
            faults[one.key] = f"{one.name} is a whole number, {one.range_words}."
    for key, sentence in _contradictions(parameters).items():
        faults.setdefault(key, sentence)
    return faults


def _contradictions(chosen: MethodParameters) -> dict[str, str]:
    found = {}
    if chosen.red_below + chosen.hysteresis > chosen.green_from - chosen.hysteresis:
        found["hysteresis"] = (
            "Red below, green from and the distance to leave a colour overlap; leave at least twice the "
            "distance between red and green."
        )
    if chosen.partial_worth > chosen.complete_worth:
        found["partial_worth"] = "A rating alone cannot be worth more than a complete answer."
    if chosen.declined_worth > chosen.partial_worth:
        found["declined_worth"] = "Declining cannot be worth more than a rating alone."
    if chosen.pull_from > chosen.pull_to:
        found["pull_to"] = "The largest estimated pull cannot be smaller than the least one."
    if chosen.high_to >= chosen.medium_to:
        found["medium_to"] = "Medium confidence must reach further than high confidence."
    return found


# Ten figures are more than anybody means; more would only make huge numbers.
_NUMBER = re.compile(r"[0-9]{1,10}([.,][0-9]{1,6})?")


def read_parameters(sent: Mapping[str, str]) -> tuple[MethodParameters, dict[str, str]]:
    """Return the parameters that somebody typed, and key → one sentence for each wrong value.

    A comma may stand for the point. What is missing or no number keeps its default beside its sentence.
    """
    values, faults = dict(DEFAULTS), {}
    for one in PARAMETERS:
        text = sent.get(one.key, "").strip()
        if _NUMBER.fullmatch(text):
            values[one.key] = float(text.replace(",", "."))
        else:
            faults[one.key] = f"{one.name}: write a number {one.range_words}."
    parameters = MethodParameters(**values)
    return parameters, {**faults_of(parameters), **faults}


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter that differs between two definitions."""

    parameter: Parameter
    before: float
    after: float

    @property
    def words(self) -> str:
        """What changed: "Half-life: 6 months instead of 12 months"."""
        now, then = self.parameter.shown(self.after), self.parameter.shown(self.before)
        return f"{self.parameter.name}: {now} instead of {then}"


def changes_between(before: MethodParameters, after: MethodParameters) -> tuple[Change, ...]:
    """Return what differs, in the order of pages."""
    pairs = ((one, getattr(before, one.key), getattr(after, one.key)) for one in PARAMETERS)
    return tuple(Change(one, then, now) for one, then, now in pairs if then != now)


def default_table() -> str:
    """Return all parameters with their defaults and ranges, as the table of docs/method.md."""
    rows = [
        f"| {one.section.value} | {one.name} | {one.shown(one.default)} | {one.range_words} | {one.does} |"
        for one in PARAMETERS
    ]
    return "\n".join(
        ["| part | parameter | default | allowed | what it does |", "|---|---|---|---|---|", *rows]
    )
