"""Who wins, over every combination of owner, direction, base and values: numbers in, verdicts out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from vocapp.sync.comparing import is_blank, is_same
from vocapp.sync.rules import Direction, FieldRule, Owner, Sides, Verdict, judge

MOMENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = {
    "": (None, None),
    "ours": (MOMENT + timedelta(days=1), MOMENT),
    "theirs": (MOMENT, MOMENT + timedelta(days=1)),
}
VALUES = (None, "", "a", "b", "c")
TRUTHS = (None, False, True)
PLAIN_OWNERS = [owner for owner in Owner if owner not in {Owner.STICKY, Owner.FILL_BLANK}]
ONE_WINNER = [Owner.SALESFORCE, Owner.VOCAPP, Owner.NEWEST]


def sides(base_ours: object, ours: object, base_theirs: object, theirs: object, *, later: str = "") -> Sides:
    """One field whose values are spelled alike on both sides."""
    at = {
        "": (None, None),
        "ours": (MOMENT + timedelta(1), MOMENT),
        "theirs": (MOMENT, MOMENT + timedelta(1)),
    }
    ours_at, theirs_at = at[later]
    return Sides(base_ours, ours, base_theirs, theirs, theirs, ours, ours_at, theirs_at)


def agreed_once(base: object, ours: object, theirs: object, *, later: str = "ours") -> Sides:
    return sides(base, ours, base, theirs, later=later)


def every_case() -> Iterator[tuple[FieldRule, Sides]]:
    for direction, owner, carries in product(Direction, Owner, (False, True)):
        rule = FieldRule("ours", "theirs", direction, owner, carries)
        values = TRUTHS if owner is Owner.STICKY else VALUES
        for base_ours, ours, base_theirs, theirs, later in product(
            values, values, values, values, ("", "ours", "theirs")
        ):
            yield rule, sides(base_ours, ours, base_theirs, theirs, later=later)


def outcome(rule: FieldRule, now: Sides) -> tuple[object, object]:
    """What stands here and there after the verdict is carried out."""
    match judge(rule, now):
        case Verdict.TAKE:
            return now.incoming, now.theirs
        case Verdict.GIVE:
            return now.ours, now.outgoing
        case _:
            return now.ours, now.theirs


def test_every_case_has_a_verdict_that_its_direction_allows() -> None:
    count = 0
    for rule, now in every_case():
        count += 1
        verdict = judge(rule, now)
        assert not (verdict is Verdict.TAKE and rule.direction is Direction.OUT), (rule, now)
        assert not (verdict is Verdict.GIVE and rule.direction is Direction.IN), (rule, now)
        assert not (verdict is Verdict.CONFLICT and rule.owner is not Owner.MANUAL), (rule, now)
    assert count > 20_000


def test_nothing_is_emptied_unless_the_rule_carries_blanks() -> None:
    for rule, now in every_case():
        here, there = outcome(rule, now)
        if rule.carries_blank or rule.owner is Owner.STICKY:
            continue
        assert is_blank(now.ours) or not is_blank(here), (rule, now)
        assert is_blank(now.theirs) or not is_blank(there), (rule, now)


def test_fill_blank_changes_no_value_whatever_else_it_is_told() -> None:
    for rule, now in every_case():
        if rule.owner is Owner.FILL_BLANK:
            here, there = outcome(rule, now)
            assert is_blank(now.ours) or is_same(here, now.ours), (rule, now)
            assert is_blank(now.theirs) or is_same(there, now.theirs), (rule, now)


def test_a_yes_is_never_taken_back_and_travels_where_it_may() -> None:
    for rule, now in every_case():
        if rule.owner is not Owner.STICKY:
            continue
        here, there = outcome(rule, now)
        assert bool(here) >= bool(now.ours), (rule, now)
        assert bool(there) >= bool(now.theirs), (rule, now)
        if rule.direction is Direction.BOTH:
            assert bool(here) == bool(there) == (bool(now.ours) or bool(now.theirs)), (rule, now)


def test_a_verdict_carried_out_leaves_nothing_to_do() -> None:
    for rule, now in every_case():
        verdict = judge(rule, now)
        if verdict not in {Verdict.TAKE, Verdict.GIVE}:
            continue
        here, there = outcome(rule, now)
        assert is_same(here, there), (rule, now)
        after = replace(now, base_ours=here, ours=here, base_theirs=there, theirs=there, incoming=there)
        after = replace(after, outgoing=here)
        assert judge(rule, after) is Verdict.KEEP, (rule, now, verdict)


@pytest.mark.parametrize("owner", PLAIN_OWNERS)
@pytest.mark.parametrize("later", ["", "ours", "theirs"])
def test_what_only_one_side_changed_is_never_lost(owner: Owner, later: str) -> None:
    both = FieldRule("ours", "theirs", Direction.BOTH, owner)
    for base, new in product(("a", None), ("b", "c")):
        if base is None:
            continue
        assert outcome(both, agreed_once(base, new, base, later=later)) == (new, new)
        assert outcome(both, agreed_once(base, base, new, later=later)) == (new, new)


@pytest.mark.parametrize("owner", ONE_WINNER)
@pytest.mark.parametrize("later", ["ours", "theirs"])
def test_when_both_changed_both_get_the_owners_value(owner: Owner, later: str) -> None:
    winner = {Owner.SALESFORCE: "theirs", Owner.VOCAPP: "ours", Owner.NEWEST: later}[owner]
    value = {"ours": "b", "theirs": "c"}[winner]
    both = FieldRule("ours", "theirs", Direction.BOTH, owner)
    assert outcome(both, agreed_once("a", "b", "c", later=later)) == (value, value)


def test_when_both_changed_a_manual_field_waits_for_a_person() -> None:
    both = FieldRule("ours", "theirs", Direction.BOTH, Owner.MANUAL)
    assert judge(both, agreed_once("a", "b", "c")) is Verdict.CONFLICT
    assert judge(both, agreed_once("a", "b", "b")) is Verdict.KEEP


MIRRORED = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN, Direction.BOTH: Direction.BOTH}
OTHER_OWNER = {Owner.SALESFORCE: Owner.VOCAPP, Owner.VOCAPP: Owner.SALESFORCE}
OTHER_VERDICT = {Verdict.TAKE: Verdict.GIVE, Verdict.GIVE: Verdict.TAKE}


def test_seen_from_the_other_side_the_same_value_wins() -> None:
    for rule, now in every_case():
        is_tie = now.ours_at is None or now.theirs_at is None
        if rule.owner is Owner.NEWEST and is_tie:
            continue  # Where nobody knows when, one side has to be the one.
        mirrored_rule = replace(
            rule, direction=MIRRORED[rule.direction], owner=OTHER_OWNER.get(rule.owner, rule.owner)
        )
        mirrored = Sides(
            base_ours=now.base_theirs,
            ours=now.theirs,
            base_theirs=now.base_ours,
            theirs=now.ours,
            incoming=now.ours,
            outgoing=now.theirs,
            ours_at=now.theirs_at,
            theirs_at=now.ours_at,
        )
        verdict = judge(rule, now)
        assert judge(mirrored_rule, mirrored) is OTHER_VERDICT.get(verdict, verdict), (rule, now)
