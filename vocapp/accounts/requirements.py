"""What an account of a tier must have, as pure judgements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vocapp.accounts.rules import OverrideScope

# The widest first: a narrower one has the last word.
_BREADTH = {OverrideScope.REGION: 0, OverrideScope.SEGMENT: 1, OverrideScope.ACCOUNT: 2}


@dataclass(frozen=True, slots=True)
class Override:
    """Another number of contacts of one persona than the tier profile asks for.

    `scope_value` names the segment or region, `account_id` the account; `tier_id` None holds for all tiers.
    """

    scope: OverrideScope
    scope_value: str
    account_id: int | None
    tier_id: int | None
    persona: str
    required: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account belongs, as far as profiles ask."""

    account_id: int
    tier_id: int | None
    segment: str
    region: str


def required_at(
    places: Iterable[Place], profiles: Mapping[int, Mapping[str, int]], overrides: Sequence[Override]
) -> dict[int, dict[str, int]]:
    """Return account id → persona key → required contacts.

    `profiles` maps tier id → persona key → required; `overrides` are those in force, the earliest first. Per
    persona the narrowest override wins: account, segment, region, then the tier profile; among equals one for
    the account's tier before one for all tiers, then the latest. Segments and regions are compared without
    regard to case.
    """
    # Sorting is stable: the later of two equals stays the later one, and so wins.
    ordered = sorted(overrides, key=lambda one: (_BREADTH[one.scope], one.tier_id is not None))
    shared = [one for one in ordered if one.scope is not OverrideScope.ACCOUNT]
    own: dict[int | None, list[Override]] = {}
    for one in ordered:
        if one.scope is OverrideScope.ACCOUNT:
            own.setdefault(one.account_id, []).append(one)
    found: dict[int, dict[str, int]] = {}
    # Ten thousands of accounts share a few hundred combinations of tier, segment and region.
    common: dict[tuple[int | None, str, str], dict[str, int]] = {}
    for place in places:
        combination = (place.tier_id, comparable_name(place.segment), comparable_name(place.region))
        if combination not in common:
            common[combination] = _in_common(*combination, profiles, shared)
        required = dict(common[combination])
        for one in own.get(place.account_id, ()):
            if one.tier_id in (None, place.tier_id):
                required[one.persona] = one.required
        found[place.account_id] = required
    return found


def _in_common(
    tier_id: int | None,
    segment: str,
    region: str,
    profiles: Mapping[int, Mapping[str, int]],
    overrides: Iterable[Override],
) -> dict[str, int]:
    required = dict(profiles.get(tier_id, {})) if tier_id is not None else {}
    named = {OverrideScope.SEGMENT: segment, OverrideScope.REGION: region}
    for one in overrides:
        if one.tier_id in (None, tier_id) and comparable_name(one.scope_value) == named[one.scope] != "":
            required[one.persona] = one.required
    return required


def comparable_name(text: str) -> str:
    """Return the name of a segment, region or stage in the form in which names are compared."""
    return " ".join(text.split()).casefold()
