"""Which actions together promise most within a budget: every allowed plan is tried."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

# 2 to this power are 65,536 plans: all of them in well under a second.
MOST_ACTIONS = 16

# Chances this near to each other are equal: the cheaper plan then wins.
_EQUAL = 1e-12


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """Something one can do: by how much it moves the logit of winning, and what it costs."""

    name: str
    effect: float
    cost: float


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What plans must keep to.

    `exclusive` holds sets of which a plan has one action at most; `needs` says what an action asks for
    besides; `together` is what pairs add to the sum of their effects.
    """

    budget: float
    exclusive: Sequence[Collection[str]] = ()
    needs: Mapping[str, Collection[str]] = field(default_factory=dict)
    together: Mapping[frozenset[str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in the order given, their cost, and the chance of winning with them (0-1): a scenario."""

    actions: tuple[str, ...]
    cost: float
    chance: float


def allowed_plans(base: float, actions: Sequence[PlannedAction], rules: PlanRules) -> list[Plan]:
    """Return every plan that keeps the rules, best first, of equal ones the cheaper.

    `base` is the logit of winning without any action; doing nothing is a plan. Raises ValueError above
    MOST_ACTIONS actions or for two of one name.
    """
    if len(actions) > MOST_ACTIONS or len({action.name for action in actions}) < len(actions):
        raise ValueError(f"plans are made of at most {MOST_ACTIONS} actions, each of its own name")
    found = [
        _plan(base, chosen, rules)
        for size in range(len(actions) + 1)
        for chosen in combinations(actions, size)
        if _is_allowed(chosen, rules)
    ]
    return sorted(found, key=lambda plan: (-round(plan.chance / _EQUAL), plan.cost, plan.actions))


def _is_allowed(chosen: Sequence[PlannedAction], rules: PlanRules) -> bool:
    names = {action.name for action in chosen}
    return (
        math.fsum(action.cost for action in chosen) <= rules.budget + 1e-9
        and all(len(names & set(group)) <= 1 for group in rules.exclusive)
        and all(set(rules.needs.get(name, ())) <= names for name in names)
    )


def _plan(base: float, chosen: Sequence[PlannedAction], rules: PlanRules) -> Plan:
    names = frozenset(action.name for action in chosen)
    pairs = math.fsum(effect for pair, effect in rules.together.items() if pair <= names)
    logit = base + math.fsum(action.effect for action in chosen) + pairs
    cost = math.fsum(action.cost for action in chosen)
    return Plan(tuple(action.name for action in chosen), cost, 1 / (1 + math.exp(-logit)))
