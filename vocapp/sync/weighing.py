"""Weighing one record: each field of a link against ours and theirs, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vocapp.accounts.cells import CellProblem
from vocapp.sync.comparing import is_same
from vocapp.sync.fields import BELONGS_TO
from vocapp.sync.mapping import Plan
from vocapp.sync.projection import Ours
from vocapp.sync.rules import Direction, FieldRule, Sides, Verdict, judge
from vocapp.sync.values import Known, NotYet, incoming, outgoing


@dataclass(frozen=True, slots=True)
class Bases:
    """What a link remembers: the agreed values of both sides, what was sent and what an undo holds back."""

    agreed: Mapping[str, Any] = field(default_factory=dict)
    ours: Mapping[str, Any] = field(default_factory=dict)
    wrote: Mapping[str, Any] = field(default_factory=dict)
    held: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Give:
    """One field to write over there: what is there, and what is to be."""

    ours_field: str
    theirs_field: str
    before: Any
    after: Any
    ours: Any
    direction: Direction


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that waits for a person."""

    ours_field: str
    theirs_field: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(slots=True)
class Weighed:
    """What follows for one record. `agreed` and `ours` are bases that move: both sides agree now.

    `heard` are their fields that hold a write of ours of which nobody had heard the end.
    `troubles` maps our fields to why their value cannot be ours. `not_yet` says who is missing here without
    whom the record cannot be; `points_later`: it points at somebody else who is not here.
    """

    takes: dict[str, Any] = field(default_factory=dict)
    gives: list[Give] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    troubles: dict[str, str] = field(default_factory=dict)
    agreed: dict[str, Any] = field(default_factory=dict)
    ours: dict[str, Any] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    not_yet: str | None = None
    points_later: bool = False


def weigh(
    plan: Plan,
    theirs: Mapping[str, Any],
    ours: Ours,
    bases: Bases,
    known: Known,
    *,
    theirs_at: datetime | None,
    lengths: Mapping[str, int],
) -> Weighed:
    """Weigh every field of one record; `theirs` maps their fields to what was read or computed."""
    weighed = Weighed()
    for rule in plan.rules:
        if rule.theirs not in theirs and rule.direction is not Direction.OUT:
            continue  # Not read this time: nothing can be said.
        try:
            sides = _sides(
                plan,
                rule,
                theirs,
                ours,
                bases,
                known,
                theirs_at=theirs_at,
                length=lengths.get(rule.theirs, 0),
            )
        except CellProblem as problem:
            weighed.troubles[rule.ours] = problem.reason
            continue
        except NotYet as missing:
            if (plan.entity, rule.ours) in BELONGS_TO:
                weighed.not_yet = missing.reason
            elif rule.direction is Direction.IN:
                weighed.points_later = True
            continue
        _note(weighed, rule, sides, bases)
    return weighed


def _sides(
    plan: Plan,
    rule: FieldRule,
    theirs: Mapping[str, Any],
    ours: Ours,
    bases: Bases,
    known: Known,
    *,
    theirs_at: datetime | None,
    length: int,
) -> Sides:
    field_of_ours = plan.field(rule.ours)
    value, theirs_value = ours.values.get(rule.ours), theirs.get(rule.theirs)
    comes_in, goes_out = rule.direction is not Direction.OUT, rule.direction is not Direction.IN
    read = theirs_value if rule.theirs.startswith("=") else None
    if comes_in and read is None:
        read = incoming(field_of_ours, theirs_value, known)
    is_heard = is_heard_now(bases, rule, theirs_value)
    return Sides(
        base_ours=read if is_heard else bases.ours.get(rule.ours),
        ours=value,
        base_theirs=theirs_value if is_heard else bases.agreed.get(rule.theirs),
        theirs=theirs_value,
        incoming=read,
        outgoing=outgoing(field_of_ours, value, known, length=length) if goes_out else None,
        ours_at=ours.changed_at,
        theirs_at=theirs_at,
    )


def is_heard_now(bases: Bases, rule: FieldRule, theirs: Any) -> bool:
    """Whether what they hold is our last write, of which we never heard the end.

    It is no change of theirs then, but where both sides stood last.
    """
    sent = bases.wrote.get(rule.theirs, ())
    return len(sent) == 1 and is_same(sent[0], theirs)


def _note(weighed: Weighed, rule: FieldRule, sides: Sides, bases: Bases) -> None:
    if sides.is_agreed(rule.direction) or _is_our_own_echo(rule, sides, bases):
        weighed.agreed[rule.theirs], weighed.ours[rule.ours] = sides.theirs, sides.ours
        return
    if is_heard_now(bases, rule, sides.theirs):
        weighed.heard.add(rule.theirs)
        weighed.agreed[rule.theirs], weighed.ours[rule.ours] = sides.base_theirs, sides.base_ours
    match judge(rule, sides):
        case Verdict.TAKE:
            weighed.takes[rule.ours] = sides.incoming
            weighed.agreed[rule.theirs], weighed.ours[rule.ours] = sides.theirs, sides.incoming
        case Verdict.GIVE:
            if rule.ours in bases.held and is_same(bases.held[rule.ours], sides.ours):
                return
            weighed.gives.append(
                Give(rule.ours, rule.theirs, sides.theirs, sides.outgoing, sides.ours, rule.direction)
            )
        case Verdict.CONFLICT:
            base = bases.ours.get(rule.ours)
            weighed.clashes.append(Clash(rule.ours, rule.theirs, base, sides.ours, sides.incoming))
        case Verdict.KEEP:
            pass


def _is_our_own_echo(rule: FieldRule, sides: Sides, bases: Bases) -> bool:
    """Whether they hold what they made of our last write: rounded, trimmed or changed by a rule."""
    sent = bases.wrote.get(rule.theirs)
    if sent is None or rule.direction is Direction.IN:
        return False
    return len(sent) > 1 and is_same(sides.outgoing, sent[0]) and is_same(sides.theirs, sent[1])
