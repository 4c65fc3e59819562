"""Connections as people make, change and look after them: mapping, conflicts, refusals, matches."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from integrations.crm.base import Access, NoAccess
from integrations.crm.records import Identity, ObjectInfo
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.sync.connecting import secrets_of
from vocapp.sync.context import Context
from vocapp.sync.defaults import PROPOSALS, ObjectProposal, proposed_fields
from vocapp.sync.fields import FIELDS, Entity
from vocapp.sync.marks import reconcile_soon
from vocapp.sync.models import (
    CrmConnection,
    CrmField,
    CrmLink,
    CrmMapping,
    CrmRun,
)
from vocapp.sync.owed import Debt, owe
from vocapp.sync.rules import ContactsBack, Direction, Owner, RunKind
from vocapp.sync.running import is_at_work
from vocapp.sync.schema import first_step

SECRET_NAMES = frozenset({"consumer_key", "consumer_secret", "private_key", "refresh_token", "token"})


def connect(
    kind: str,
    *,
    name: str,
    access: Mapping[str, Any],
    secret_values: Mapping[str, str],
    every_minutes: int = 15,
    by: User | None,
) -> CrmConnection:
    """Make a connection, at rest until it is mapped and started."""
    connection = CrmConnection(
        kind=kind,
        name=name,
        access=dict(access),
        secrets=json.dumps(dict(secret_values)) if secret_values else None,
        options={"contacts_back": ContactsBack.UPDATE},
        person_prefix=f"voc{secrets.token_hex(4)}",
        every_minutes=every_minutes,
        created_by_id=by.id if by else None,
    )
    db.session.add(connection)
    db.session.flush()
    note_act("crm_connected", connection, by, {"kind": kind})
    return connection


def change_access(
    connection: CrmConnection,
    *,
    name: str,
    access: Mapping[str, Any],
    secret_values: Mapping[str, str],
    by: User,
) -> None:
    """Change how a connection gets in; secrets left empty stay as they are."""
    given = {key: value for key, value in secret_values.items() if value}
    connection.name, connection.access = name, dict(access)
    if given:
        connection.secrets = json.dumps({**secrets_of(connection), **given})
    db.session.flush()
    note_act("crm_access_changed", connection, by, {"fields": sorted({*access, *given})})


def learn_identity(connection_id: int, identity: Identity) -> None:
    """Remember the organisation the first time; raises `NoAccess` for any other one ever after."""
    connection = db.session.get_one(CrmConnection, connection_id)
    if connection.organisation and connection.organisation != identity.organisation:
        raise NoAccess(
            f"This is another organisation ({identity.organisation}) than the one this connection "
            f"was made for ({connection.organisation}).",
            access=Access.WRONG_ORGANISATION,
            hint="Put back the credentials of the first one, or make a new connection for this one.",
        )
    if not connection.organisation:
        _refuse_second(connection, identity.organisation)
        connection.organisation = identity.organisation
        connection.is_sandbox = identity.is_sandbox
    connection.address, connection.user_id = identity.address, identity.user_id
    connection.options = {**connection.options, "base_url": gateways().settings.base_url}
    db.session.flush()


def _refuse_second(connection: CrmConnection, organisation: str) -> None:
    """Two connections to one organisation would bring everybody in twice, and write against each other."""
    first = db.session.scalar(
        select(CrmConnection.name).where(
            CrmConnection.kind == connection.kind,
            CrmConnection.organisation == organisation,
            CrmConnection.id != connection.id,
        )
    )
    if first is not None:
        raise NoAccess(
            f"The connection {first} leads to this organisation already.",
            access=Access.WRONG_ORGANISATION,
            hint="Use that one, or sign in to another organisation here.",
        )


def change_options(
    connection: CrmConnection, *, options: Mapping[str, Any], every_minutes: int, by: User
) -> None:
    """Change the policies of a connection and how often it runs."""
    changed = sorted(name for name, value in options.items() if connection.options.get(name) != value)
    connection.options = {**connection.options, **options}
    connection.every_minutes = every_minutes
    db.session.flush()
    note_act("crm_options_changed", connection, by, {"fields": changed})


def pause(connection: CrmConnection, *, by: User, now: datetime) -> None:
    """Let a connection rest; a run under way ends first."""
    connection.paused_at = now
    note_act("crm_paused", connection, by)


def resume(connection: CrmConnection, *, by: User, now: datetime) -> None:
    """Let a connection run again, at once."""
    connection.paused_at, connection.next_run_at = None, now
    note_act("crm_resumed", connection, by)
    ask_for_run(connection, RunKind.SYNC, by=by)


def ask_for_run(connection: CrmConnection, kind: RunKind, *, by: User | None) -> None:
    """Queue a run; asking again while one waits changes nothing."""
    enqueue(
        "sync_crm",
        {"connection_id": connection.id, "kind": kind, "asked_by_id": by.id if by else None},
        key=f"sync:{connection.id}:{kind}",
    )
    note_act("crm_run_asked", connection, by, {"kind": kind})


def compare_all_soon(connection: CrmConnection, *, by: User) -> None:
    """Have everything compared as a whole in a run that starts now."""
    reconcile_soon(connection.id)
    ask_for_run(connection, RunKind.PULL, by=by)


def remove(connection: CrmConnection, *, by: User, now: datetime) -> None:
    """Forget a connection and what it remembers; accounts and people stay as they are.

    Raises `DomainError` while a run is at work with it.
    """
    if is_at_work(connection, now=now):
        raise DomainError("A run is at work with this connection; pause it and wait until it is done.")
    note_act("crm_removed", connection, by)
    db.session.delete(connection)
    db.session.flush()


def propose_mapping(connection: CrmConnection, infos: Mapping[str, ObjectInfo]) -> int:
    """Map what both sides have and is not mapped yet, as proposed; return how many fields were added."""
    added = 0
    for position, proposal in enumerate(PROPOSALS[connection.kind]):
        info = infos.get(proposal.object)
        if info is not None:
            added += _map_object(connection, proposal, info, position)
    db.session.flush()
    return added


def _map_object(connection: CrmConnection, proposal: ObjectProposal, info: ObjectInfo, position: int) -> int:
    mapping = next(
        (
            one
            for one in connection.mappings
            if (one.object, one.entity) == (proposal.object, proposal.entity)
        ),
        None,
    )
    steps = {path: first_step(path, info) for one in proposal.fields for path in one.theirs}
    fields = proposed_fields(proposal, info, has_field=steps)
    if not fields:
        return 0
    if mapping is None:
        mapping = CrmMapping(
            object=proposal.object,
            entity=proposal.entity,
            position=position,
            value_rules=[],
            options={},
        )
        connection.mappings.append(mapping)
        db.session.flush()
    mapped = {field.ours for field in mapping.fields}
    new = [one for one in fields if one[0] not in mapped]
    for ours, theirs, direction, owner in new:
        # Our own fields over there go empty when nothing is known any more: an old number would be a lie.
        carries_blank = direction is Direction.OUT
        mapping.fields.append(
            CrmField(ours=ours, theirs=theirs, direction=direction, owner=owner, carries_blank=carries_blank)
        )
    return len(new)


def change_field(
    mapping: CrmMapping,
    ours: str,
    *,
    theirs: str,
    direction: Direction,
    owner: Owner,
    carries_blank: bool,
    by: User,
) -> None:
    """Map one field, or map it otherwise; raises `DomainError` for a way it cannot travel."""
    field_of_ours = FIELDS[Entity(mapping.entity)].get(ours)
    if field_of_ours is None:
        raise DomainError(f"{ours} is no field of ours.")
    if direction not in field_of_ours.ways:
        ways = ", ".join(sorted(field_of_ours.ways))
        raise DomainError(f"{ours} can travel only this way: {ways}.")
    if direction is Direction.IN and owner is Owner.VOCAPP:
        raise DomainError(
            f"{ours} cannot be ours and only come in; let it travel both ways, or give it to them."
        )
    if direction is Direction.OUT and owner is Owner.SALESFORCE:
        raise DomainError(
            f"{ours} cannot be theirs and only go out; let it travel both ways, or keep it ours."
        )
    if theirs.startswith("=") and (ours not in {"tier", "personas"} or direction is not Direction.IN):
        raise DomainError("Only tiers and personas come from rules, and they only come in.")
    field = next((one for one in mapping.fields if one.ours == ours), None)
    if field is None:
        field = CrmField(ours=ours)
        mapping.fields.append(field)
    field.theirs, field.direction, field.owner = theirs, direction, owner
    field.carries_blank, field.stopped_reason = carries_blank, None
    db.session.flush()
    note_act("crm_field_mapped", mapping.connection, by, {"object": mapping.object, "field": ours})


def drop_field(field: CrmField, *, by: User) -> None:
    """Map a field no more; its values stay on both sides."""
    mapping = field.mapping
    if field.ours == "account" and mapping.entity == Entity.CONTACT:
        raise DomainError("Without their account people cannot come in; map it to another field instead.")
    note_act("crm_field_unmapped", mapping.connection, by, {"object": mapping.object, "field": field.ours})
    mapping.fields.remove(field)
    db.session.flush()


def change_mapping(
    mapping: CrmMapping,
    *,
    is_active: bool,
    creates: bool,
    filter_: str,
    match_field: str,
    value_rules: Sequence[Mapping[str, str]],
    by: User,
) -> None:
    """Change what of an object comes in, how it is matched, and which values give tiers and personas."""
    mapping.is_active, mapping.creates = is_active, creates
    mapping.filter, mapping.match_field = filter_.strip(), match_field
    mapping.value_rules = [dict(line) for line in value_rules]
    mapping.stopped_reason = None
    for target in ("tier", "personas"):
        has_rules = any(line["target"] == target for line in value_rules)
        field = next((one for one in mapping.fields if one.ours == target), None)
        if has_rules and field is None:
            mapping.fields.append(
                CrmField(ours=target, theirs=f"={target}", direction=Direction.IN, owner=Owner.SALESFORCE)
            )
        elif has_rules and field is not None:
            field.theirs, field.direction = f"={target}", Direction.IN
        elif not has_rules and field is not None and field.theirs.startswith("="):
            mapping.fields.remove(field)
    db.session.flush()
    note_act("crm_mapping_changed", mapping.connection, by, {"object": mapping.object})


def resume_mapping(mapping: CrmMapping, *, by: User) -> None:
    """Let a mapping and its fields that rest try again; the next run looks whether they can."""
    mapping.stopped_reason = None
    for field in mapping.fields:
        field.stopped_reason = None
    db.session.flush()
    note_act("crm_mapping_resumed", mapping.connection, by, {"object": mapping.object})


def choose_user(link: CrmLink, user_id: int | None, *, by: User) -> None:
    """Say by hand who a user over there is here; their accounts follow with the next run."""
    link.local_id = user_id
    link.held = {"chosen_by_hand": True}
    db.session.flush()
    owe(link.connection_id, Debt.OWNERS, [link.remote_id])
    connection = db.session.get_one(CrmConnection, link.connection_id)
    note_act("crm_user_matched", connection, by)


def context_of(connection: CrmConnection, run: CrmRun, *, now: datetime) -> Context:
    """Return a run of a connection as its steps see it."""
    return Context(
        connection_id=connection.id,
        kind=connection.kind,
        name=connection.name,
        prefix=connection.person_prefix,
        us=connection.user_id,
        run_id=run.id,
        now=now,
        is_rehearsal=run.kind == RunKind.REHEARSAL,
        options=dict(connection.options),
    )


def note_act(
    action: str, connection: CrmConnection, by: User | None, details: Mapping[str, Any] | None = None
) -> None:
    """Write down who did what to a connection; `by` None is a command."""
    record_act(
        action,
        actor_id=by.id if by else None,
        subject_kind="crm_connection",
        subject_id=connection.id,
        details=dict(details or {}),
    )
    db.session.flush()
