"""One record on its way in: what it says, whom it is here, and what we remember of it afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from integrations.crm.records import Record
from vocapp.core.db import db
from vocapp.sync.context import Context
from vocapp.sync.mapping import Plan, personas_given, tier_given
from vocapp.sync.models import CrmLink
from vocapp.sync.references import links_of
from vocapp.sync.rules import LinkState
from vocapp.sync.unheard import heard_by_reading
from vocapp.sync.vanishing import come_back
from vocapp.sync.weighing import Bases, Weighed


@dataclass(slots=True)
class Case:
    """One record on its way in; `is_read_now` is false for one that is weighed as it was last read."""

    record: Record
    theirs: dict[str, Any]
    link: CrmLink | None
    local_id: int | None
    bases: Bases
    is_read_now: bool = True
    weighed: Weighed | None = None


def their_values(plan: Plan, values: Mapping[str, Any], *, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's values with what our rules make of them; `kept` holds roles told apart from it."""
    found = dict(values)
    found |= {name: value for name, value in kept.items() if name.startswith("ContactRole.")}
    if any(rule.theirs == "=tier" for rule in plan.rules):
        found["=tier"] = tier_given(plan.value_rules, found)
    if any(rule.theirs == "=personas" for rule in plan.rules):
        found["=personas"] = personas_given(plan.value_rules, found)
    return found


def bases_of(link: CrmLink | None) -> Bases:
    """Return what a link remembers, or that there is none yet."""
    return Bases() if link is None else Bases(link.agreed, link.ours, link.wrote, link.held)


def takes_of(case: Case) -> dict[str, Any]:
    """Return what to store; that somebody left is told, not stored."""
    takes = case.weighed.takes if case.weighed else {}
    return {name: value for name, value in takes.items() if name != "has_left"}


def who_left(plan: Plan, cases: Sequence[Case]) -> dict[str, bool]:
    """Return id → whether somebody has left, of those of whom that is news."""
    rule = plan.rule("has_left")
    if rule is None:
        return {}
    said = {
        case.record.id: bool(case.theirs.get(rule.theirs)) for case in cases if rule.theirs in case.theirs
    }
    before = {case.record.id: bool(case.link and case.link.theirs.get(rule.theirs)) for case in cases}
    return {remote_id: now for remote_id, now in said.items() if now != before[remote_id]}


def write_links(
    context: Context,
    plan: Plan,
    cases: Sequence[Case],
    outcomes: Mapping[str, tuple[LinkState, str | None]],
) -> dict[str, CrmLink]:
    """Remember records as they were read and weighed; `outcomes` maps their ids to (state, reason)."""
    new = []
    for case in cases:
        state, reason = outcomes[case.record.id]
        values = _link_values(context, plan, case, state, reason)
        if case.link is None:
            new.append(
                {
                    "connection_id": context.connection_id,
                    "object": plan.object,
                    "remote_id": case.record.id,
                    "entity": plan.entity,
                    "wrote": {},
                    "held": {},
                    "winner_id": None,
                    **values,
                }
            )
            continue
        if case.link.state in {LinkState.DELETED, LinkState.LOST}:
            come_back(context, case.link)
        for name, value in values.items():
            setattr(case.link, name, value)
    if new:
        db.session.execute(insert(CrmLink), new)
    db.session.flush()
    return links_of(context.connection_id, plan.object, [case.record.id for case in cases])


def _link_values(
    context: Context, plan: Plan, case: Case, state: LinkState, reason: str | None
) -> dict[str, Any]:
    weighed, link = case.weighed, case.link
    assert weighed is not None
    is_ours = bool(context.us) and case.record.changed_by_id == context.us
    is_linked = state is LinkState.LINKED
    values = {
        "local_id": case.local_id if is_linked else None,
        "state": state,
        "reason": reason,
        "theirs": case.theirs,
        "agreed": {**case.bases.agreed, **weighed.agreed} if is_linked else {},
        "ours": {**case.bases.ours, **weighed.ours} if is_linked else {},
        "stamp": case.record.changed_at if link is None or case.is_read_now else link.stamp,
        "changed_by_id": case.record.changed_by_id,
        "seen_at": context.now,
    }
    if link is not None and case.is_read_now:
        by_others = {clash.theirs_field for clash in weighed.clashes}
        by_others |= {rule.theirs for rule in plan.rules if rule.ours in weighed.takes}
        values["wrote"] = heard_by_reading(link.wrote, case.theirs, is_ours=is_ours, by_others=by_others)
    return values
