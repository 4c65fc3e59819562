"""What the other side's fields are like today, and which mappings have to rest because of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select, update

from integrations.crm.records import ObjectInfo
from vocapp.core.db import db
from vocapp.sync.context import Context
from vocapp.sync.fields import EXTERNAL_ID_OF, Entity
from vocapp.sync.mapping import Plan, plan_of
from vocapp.sync.models import CrmField, CrmMapping
from vocapp.sync.rules import Direction, FieldRule

# The contact of a person account mirrors its account, which holds the name and the address.
PERSON_MARK = "IsPersonAccount"


def active_plans(connection_id: int) -> list[Plan]:
    """Return the mappings of a connection that are at work, in their order."""
    rows = select(CrmMapping).where(
        CrmMapping.connection_id == connection_id,
        CrmMapping.is_active,
        CrmMapping.stopped_reason.is_(None),
    )
    return [plan_of(mapping) for mapping in db.session.scalars(rows.order_by(CrmMapping.position))]


def stop_mapping(plan: Plan, reason: str) -> None:
    """Let a whole mapping rest, with the reason."""
    db.session.execute(
        update(CrmMapping).where(CrmMapping.id == plan.mapping_id).values(stopped_reason=reason[:500])
    )


def fit_to_schema(context: Context, plan: Plan, info: ObjectInfo) -> Plan:
    """Return a mapping without the fields that cannot travel now; each is stopped with its reason.

    Only the fields concerned rest. A value rule whose field is gone rests too.
    """
    context.lengths[plan.object] = {name: field.length for name, field in info.fields.items() if field.length}
    kept: list[FieldRule] = []
    for rule in plan.rules:
        reason = why_not(plan, rule, info)
        if reason is None:
            kept.append(rule)
            continue
        db.session.execute(
            update(CrmField)
            .where(CrmField.mapping_id == plan.mapping_id, CrmField.ours == rule.ours)
            .values(stopped_reason=reason)
        )
        context.tally.notes.append(f"{plan.object}.{rule.theirs}: {reason}")
    return replace(
        plan,
        rules=tuple(kept),
        value_rules=tuple(
            line
            for line in plan.value_rules
            if line.field.startswith("ContactRole.") or first_step(line.field, info) in info.fields
        ),
        match_field=plan.match_field if plan.match_field in info.fields else "",
        read_only_field=PERSON_MARK if plan.entity is Entity.CONTACT and PERSON_MARK in info.fields else "",
    )


def why_not(plan: Plan, rule: FieldRule, info: ObjectInfo) -> str | None:
    """Return why a field cannot travel as it is mapped, in one sentence; None when it can."""
    if rule.theirs.startswith("="):
        return None
    field = info.fields.get(first_step(rule.theirs, info))
    if field is None:
        return (
            f"{rule.theirs} is not there, or hidden from the integration user by field-level security. "
            "Give its permission set access to the field, then resume it here."
        )
    if rule.direction is Direction.IN or "." in rule.theirs:
        return None if rule.direction is Direction.IN else "Fields of related records can only be read."
    if rule.ours == EXTERNAL_ID_OF.get(plan.entity) and not field.is_external_id:
        return f"{rule.theirs} is no external id; choose a unique external id field."
    if not field.is_updateable and not field.is_createable:
        return (
            f"The integration user may not edit {rule.theirs}. "
            "Give its permission set edit access, then resume."
        )
    return None


def first_step(path: str, info: ObjectInfo) -> str:
    """Return the field of the object itself that a path starts with: `Owner.Email` starts with `OwnerId`."""
    head, dot, _rest = path.partition(".")
    if not dot:
        return path
    return next((name for name, field in info.fields.items() if field.relationship == head), head)


def resume_field(field: CrmField) -> None:
    """Let a field travel again; the next run looks whether it can."""
    field.stopped_reason = None
    db.session.flush()


def wanted_fields(plans: Sequence[Plan]) -> Mapping[str, Sequence[str]]:
    """Return object → fields that the mappings need, for the connection test."""
    wanted: dict[str, list[str]] = {}
    for plan in plans:
        names = [name for name in plan.read_fields() if not name.startswith("=") and "." not in name]
        wanted[plan.object] = list(dict.fromkeys([*wanted.get(plan.object, []), *names]))
    return wanted
