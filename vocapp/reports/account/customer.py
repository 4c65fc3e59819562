"""The edition a customer may read: what would point at one of their people, or is for us alone, is taken out.

It is taken out of the snapshot itself, so that no template, appendix or later edition can let it slip.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from vocapp.reports.reasons import marked

# Fewer people than this are somebody, not a group.
LEAST = 5
TOO_FEW = marked("fewer than five people have answered, too few to speak of without pointing at somebody")


def for_customers(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an account benchmark that its people may read.

    No revenue, no renewal, no next steps of ours; what people said only where at least five answered, and
    then without the part they play; personas of fewer than five are counted together.
    """
    account = {**facts["account"], "arr": None, "renewal_date": None, "external_id": ""}
    safe = {
        **facts,
        "account": account,
        "people": _pooled(facts["people"]),
        "quotes": [],
        "steps": {"first": [], "total": 0},
    }
    score = facts["score"]
    if score is None:
        return safe
    is_group = score["answers"] >= LEAST
    safe["score"] = _spoken(score) if is_group else _withheld(score)
    safe["quotes"] = [_unsigned(quote) for quote in facts["quotes"]] if is_group else []
    if not is_group:
        safe |= {"place": None, "before": None, "peers": []}
        safe["standings"] = {
            name: standing if name in ("footprint", "engagement") else _no_standing(standing)
            for name, standing in facts["standings"].items()
        }
    safe["waves"] = [{**wave, "strength": wave["strength"] if is_group else None} for wave in facts["waves"]]
    return safe


def _pooled(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups of at least five people, and all others as one, if that is five people too."""
    sizes = [sum(group["outcomes"].values()) for group in groups]
    large = [dict(group) for group, size in zip(groups, sizes, strict=True) if size >= LEAST]
    small = [group for group, size in zip(groups, sizes, strict=True) if size < LEAST]
    rest: Counter[str] = Counter()
    for group in small:
        rest.update(group["outcomes"])
    if small and sum(rest.values()) < LEAST:
        # The others would be known by subtraction: then everybody is one group.
        for group in large:
            rest.update(group["outcomes"])
        large = []
    pooled = {"persona": "", "outcomes": dict(rest), "pooled": len(groups) - len(large)}
    return [*large, pooled] if small else large


def _unsigned(quote: Mapping[str, Any]) -> dict[str, Any]:
    return {**quote, "persona": None, "rating": None, "on": None}


def _spoken(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return a score without a word about single people."""
    measures = {
        **score["measures"],
        "decision_maker": {**score["measures"]["decision_maker"], "silent_waves": 0},
    }
    return {**score, "measures": measures}


def _withheld(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return a score that says nothing of what few people think, nor anything it could be worked out from."""
    nothing = {"value": None, "ci": None, "n": 0, "n_eff": None, "state": "withheld", "reason": TOO_FEW}
    hidden = dict.fromkeys(("strength", "sentiment", "nps"), nothing)
    spoken = _spoken(score)
    measures = {**spoken["measures"], **hidden, "points_lost": None, "classes": {}}
    return {**spoken, "measures": measures, "status": "grey", "confidence": "none", "answers": 0}


def _no_standing(standing: Mapping[str, Any]) -> dict[str, Any]:
    gone = dict.fromkeys(("value", "percentile", "ci", "likely", "median", "rung"))
    return {**standing, **gone, "values": [], "reason": TOO_FEW}
