"""Deciding about fields both sides changed: theirs, ours, or each keeps its own; singly or many at once."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.sync.applying import Applier, NotOurs
from vocapp.sync.fields import Entity
from vocapp.sync.holding import hold_ours
from vocapp.sync.landing import rescore_later
from vocapp.sync.models import CrmConflict
from vocapp.sync.projection import project


class Decision(StrEnum):
    """Whose value becomes everybody's."""

    THEIRS = "theirs"
    OURS = "ours"
    NEITHER = "neither"


def decide(conflicts: Collection[CrmConflict], decision: Decision, *, by: User, now: datetime) -> list[str]:
    """Decide about conflicts and return, in words, what could not be done; those stay open.

    `theirs` changes our record now, `ours` goes over with the next run; `neither` leaves both as they are
    until one of them changes again. What was decided before stays decided.
    """
    problems = []
    hold_ours(conflict.link for conflict in conflicts)
    for conflict in conflicts:
        db.session.refresh(conflict, with_for_update=True)
        if conflict.decided_at is not None:
            continue
        problem = _take(conflict, now) if decision is Decision.THEIRS else None
        if problem is not None:
            problems.append(problem)
            continue
        _agree(conflict, decision)
        conflict.decided_at, conflict.decision, conflict.decided_by_id = now, decision, by.id
        record_act(
            "crm_conflict_decided",
            actor_id=by.id,
            subject_kind="crm_conflict",
            subject_id=conflict.id,
            details={"field": conflict.ours_field, "decision": decision},
        )
    db.session.flush()
    return problems


def _take(conflict: CrmConflict, now: datetime) -> str | None:
    link = conflict.link
    if link.local_id is None:
        return "The record is not linked any more; the conflict closes with the next run."
    applier = Applier(source=f"crm:{link.connection_id}", now=now)
    values = {link.local_id: {conflict.ours_field: conflict.theirs["value"]}}
    change = applier.change_accounts if link.entity == Entity.ACCOUNT else applier.change_contacts
    refused: dict[int, NotOurs] = change(values)
    if link.local_id in refused:
        return refused[link.local_id].reason
    rescore_later(applier.applied.account_ids)
    return None


def _agree(conflict: CrmConflict, decision: Decision) -> None:
    """Move the base so that the next comparison sees one side, or none, as changed."""
    link = conflict.link
    theirs_now = link.theirs.get(conflict.theirs_field)
    link.agreed = {**link.agreed, conflict.theirs_field: theirs_now}
    if decision is not Decision.NEITHER:
        # With ours, only our side differs from the base then, so it is what travels.
        link.ours = {**link.ours, conflict.ours_field: conflict.theirs["value"]}
        return
    assert link.local_id is not None
    ours = project(Entity(link.entity), [link.local_id], prefix="").get(link.local_id)
    value = ours.values.get(conflict.ours_field) if ours else conflict.ours["value"]
    link.ours = {**link.ours, conflict.ours_field: value}
