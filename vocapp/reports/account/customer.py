"""The edition a customer may read: what would point at one of their people, or is for us alone, is taken out.

It is taken out of the snapshot itself, so that no template, appendix or later edition can let it slip.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from vocapp.reports.reasons import marked
from vocapp.reports.texts import shortened

# Fewer people than this are somebody, not a group.
LEAST = 5
WITHHELD = "withheld"
# Neither red nor green: colours are how we sort our customers, and nothing to tell one.
PLAIN = "plain"
TIER_LENGTH = 24
TOO_FEW = marked("fewer than five people have answered, too few to speak of without pointing at somebody")


def for_customers(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an account benchmark that its people may read.

    No revenue, no renewal, no next steps of ours, and neither our word for how it stands nor our name for
    customers like it; what people said only where at least five answered, and
    then without the part they play; personas of fewer than five people or seats are counted together. What
    was measured a wave ago is told only if it rested on five answers then.
    """
    account = {**facts["account"], "arr": None, "renewal_date": None, "external_id": "", "tier": ""}
    safe = {
        **facts,
        "account": account,
        "footprint": {**facts["footprint"], "personas": _seats(facts["footprint"]["personas"])},
        "people": _pooled(facts["people"]),
        "people_withheld": bool(facts["people"]) and not _pooled(facts["people"]),
        "quotes": [],
        "steps": {"first": [], "total": 0},
        # What was given up is between us: it was never done, and nobody asks for it any more.
        "commitments": [one for one in facts["commitments"] if one["state"] != "dropped"],
        "standings": {
            name: _unnamed(standing, facts["account"]["tier"])
            for name, standing in facts["standings"].items()
        },
    }
    score = facts["score"]
    if score is None:
        return safe
    is_group = score["answers"] >= LEAST
    safe["score"] = _spoken(score) if is_group else _withheld(score)
    # Not in the order of their ratings, which would say who the critic is.
    quotes = sorted(facts["quotes"], key=lambda quote: str(quote["text"]))
    safe["quotes"] = [_unsigned(quote) for quote in quotes] if is_group else []
    safe["waves"] = [_told(wave) if is_group else {**wave, "strength": None} for wave in facts["waves"]]
    closed = [wave for wave in safe["waves"] if wave["closed_on"]]
    if any(wave["strength"] is None for wave in closed[-2:]):
        safe["before"] = None
    if not is_group:
        safe |= {"place": None, "before": None, "peers": []}
        safe["standings"] = {
            name: standing if name in ("footprint", "engagement") else _no_standing(standing)
            for name, standing in safe["standings"].items()
        }
    return safe


def _told(wave: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wave with the strength at its end only if it rested on a group then."""
    strength = wave["strength"]
    return {**wave, "strength": strength if strength and strength["answers"] >= LEAST else None}


def _split(
    groups: Sequence[Mapping[str, Any]], sizes: Sequence[int]
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return the groups that can be told by themselves, and those that are told as one."""
    pairs = list(zip(groups, sizes, strict=True))
    small = [size for size in sizes if size < LEAST]
    if small and sum(small) < LEAST:
        # The others would be known by subtraction: then everybody is one group.
        return [], list(groups)
    return [group for group, size in pairs if size >= LEAST], [group for group, size in pairs if size < LEAST]


def _seats(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the seats of personas with at least five, and all others as one: a lone seat is somebody."""
    kinds = ("filled", "doubtful", "empty")
    large, rest = _split(groups, [sum(group[kind] for kind in kinds) for group in groups])
    together = {kind: sum(group[kind] for group in rest) for kind in kinds}
    told = [dict(group) for group in large]
    return [*told, {"name": "", **together, "pooled": len(rest)}] if rest else told


def _pooled(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups of at least five people, and all others as one; nothing of fewer than five in all."""
    sizes = [sum(group["outcomes"].values()) for group in groups]
    if sum(sizes) < LEAST:
        return []
    large, rest = _split(groups, sizes)
    outcomes: Counter[str] = Counter()
    for group in rest:
        outcomes.update(group["outcomes"])
    told = [dict(group) for group in large]
    return [*told, {"persona": "", "outcomes": dict(outcomes), "pooled": len(rest)}] if rest else told


def _unsigned(quote: Mapping[str, Any]) -> dict[str, Any]:
    return {**quote, "persona": None, "rating": None, "on": None}


def _spoken(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return a score without a word about single people."""
    measures = {
        **score["measures"],
        "decision_maker": {**score["measures"]["decision_maker"], "silent_waves": 0},
    }
    return {**score, "measures": measures, "status": PLAIN}


def _withheld(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return a score that says nothing of what few people think, nor anything it could be worked out from."""
    nothing = {"value": None, "ci": None, "n": 0, "n_eff": None, "state": WITHHELD, "reason": TOO_FEW}
    hidden = dict.fromkeys(("strength", "sentiment", "nps"), nothing)
    spoken = _spoken(score)
    measures = {**spoken["measures"], **hidden, "points_lost": None, "classes": {}}
    return {**spoken, "measures": measures, "status": "grey", "confidence": "none", "answers": 0}


def _unnamed(standing: Mapping[str, Any], tier: str) -> dict[str, Any]:
    """Return a standing whose cohort does not tell into which tier we put an account."""
    told = [name for name in standing["cohort"] if shortened(name, TIER_LENGTH) != tier]
    return {**standing, "cohort": told, "is_unnamed": len(told) < len(standing["cohort"])}


def _no_standing(standing: Mapping[str, Any]) -> dict[str, Any]:
    gone = dict.fromkeys(("value", "percentile", "ci", "likely", "median"))
    return {**standing, **gone, "values": [], "reason": TOO_FEW}
