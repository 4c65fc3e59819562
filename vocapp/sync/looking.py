"""Asking the other side, outside of any transaction: testing the connection, and what fields there are."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from integrations.crm.base import SchemaChanged
from integrations.crm.records import CheckLine, ObjectInfo
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.sync.connecting import open_crm, said_plainly
from vocapp.sync.defaults import PROPOSALS
from vocapp.sync.fields import Entity
from vocapp.sync.known_fields import keep_fields
from vocapp.sync.models import CrmConnection
from vocapp.sync.schema import active_plans, wanted_fields
from vocapp.sync.service import learn_identity, propose_mapping


def try_out(connection_id: int) -> list[CheckLine]:
    """Try a connection step by step, writing nothing, and return how each step went.

    Before anything is mapped, the objects that will be proposed are tried without their fields. What can
    never work ends the test at its first line.
    """
    with reading():
        connection = db.session.get_one(CrmConnection, connection_id)
        wanted = wanted_fields(active_plans(connection_id)) or {
            one.object: () for one in PROPOSALS[connection.kind] if one.entity is not Entity.RESPONSE
        }
    try:
        with closing(open_crm(connection_id)) as crm:
            return list(crm.check(wanted))
    except DomainError as problem:
        return [CheckLine("Settings", False, str(problem))]


def look_and_propose(connection_id: int) -> int:
    """Look what the other side has and map what both sides have; return how many fields are new.

    Who we are over there is learned on the way. Raises `DomainError` in one sentence.
    """
    with reading():
        connection = db.session.get_one(CrmConnection, connection_id)
        names = {one.object for one in PROPOSALS[connection.kind]}
        names |= {mapping.object for mapping in connection.mappings}
    infos = describe(connection_id, sorted(names))
    with transaction():
        connection = db.session.get_one(CrmConnection, connection_id)
        added = propose_mapping(connection, infos)
        keep_fields(connection, infos, now=utcnow())
    return added


def describe(connection_id: int, names: Sequence[str]) -> Mapping[str, ObjectInfo]:
    """Return object → its fields, of those that are there; raises `DomainError` when nobody answers."""
    infos: dict[str, ObjectInfo] = {}
    with said_plainly(), closing(open_crm(connection_id)) as crm:
        identity = crm.identity()
        with transaction():
            learn_identity(connection_id, identity)
        for name in names:
            try:
                infos[name] = crm.describe(name)
            except SchemaChanged:
                continue
    return infos


def look_at_fields(connection_id: int, object_name: str) -> None:
    """Look anew which fields a mapped object has; raises `DomainError` when it or an answer is missing."""
    infos = describe(connection_id, [object_name])
    if object_name not in infos:
        raise DomainError(
            f"{object_name} is not there, or hidden from the integration user; give it access to the object."
        )
    with transaction():
        keep_fields(db.session.get_one(CrmConnection, connection_id), infos, now=utcnow())
