"""Looking what the other side has, and mapping what both sides have."""

from collections.abc import Mapping
from contextlib import closing

from integrations.crm.base import SchemaChanged
from integrations.crm.records import ObjectInfo
from vocapp.core.db import db, reading, transaction
from vocapp.sync.connecting import open_crm, said_plainly
from vocapp.sync.defaults import PROPOSALS
from vocapp.sync.models import CrmConnection
from vocapp.sync.service import learn_identity, propose_mapping


def map_what_is_there(connection_id: int) -> int:
    """Propose the mapping of a connection from what the other side shows us; return how many fields are new.

    Objects that are not there, or hidden, are left out; asking again adds what has come since.
    """
    infos = describe_objects(connection_id)
    with transaction():
        return propose_mapping(db.session.get_one(CrmConnection, connection_id), infos)


def describe_objects(connection_id: int) -> Mapping[str, ObjectInfo]:
    """Return object → its fields, of those that a mapping is proposed for and that are there.

    Who we are over there is learned on the way. Raises `DomainError` in one sentence.
    """
    with reading():
        kind = db.session.get_one(CrmConnection, connection_id).kind
    infos = {}
    with said_plainly(), closing(open_crm(connection_id)) as crm:
        identity = crm.identity()
        with transaction():
            learn_identity(connection_id, identity)
        for proposal in PROPOSALS[kind]:
            try:
                infos[proposal.object] = crm.describe(proposal.object)
            except SchemaChanged:
                continue
    return infos
