"""A connection to the emulated org, records over there, and runs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from integrations.crm.salesforce.package_fields import FieldKind, PackageField, default_fields
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator
from vocapp.accounts.models import Account, Contact
from vocapp.core.connection_settings import SalesforceSettings
from vocapp.core.db import db, transaction
from vocapp.sync.looking import look_and_propose
from vocapp.sync.models import CrmConnection, CrmField, CrmLink, CrmMapping, CrmRun
from vocapp.sync.rules import Direction, Owner, RunKind
from vocapp.sync.service import connect
from vocapp.workflows.sync_crm import run_sync

TYPES = {
    FieldKind.NUMBER: "double",
    FieldKind.TEXT: "string",
    FieldKind.LONG_TEXT: "textarea",
    FieldKind.PICKLIST: "picklist",
    FieldKind.CHECKBOX: "boolean",
    FieldKind.DATE: "date",
    FieldKind.DATETIME: "datetime",
    FieldKind.URL: "url",
    FieldKind.LOOKUP: "reference",
}


def as_installed(field: PackageField) -> dict[str, Any]:
    values: dict[str, Any] = {"name": field.name, "type": TYPES[field.kind], "label": field.label}
    if field.kind is FieldKind.NUMBER:
        values |= {"precision": field.length, "scale": field.scale}
    elif field.kind is FieldKind.LOOKUP:
        values |= {"refers_to": [field.refers_to], "relationship": field.relationship}
    elif field.kind is FieldKind.PICKLIST:
        values |= {
            "choices": [choice.value for choice in field.choices],
            "is_restricted": True,
            "length": 255,
        }
    elif field.kind is FieldKind.CHECKBOX:
        values |= {"default": False}
    elif field.length or field.kind is FieldKind.URL:
        values |= {"length": field.length or 255}
    if field.is_external_id:
        values |= {"is_external_id": True, "is_unique": True, "is_case_sensitive": True}
    return values


FIELDS_OF_OURS: dict[str, list[Mapping[str, Any]]] = {
    name: [as_installed(field) for field in default_fields() if field.object == name]
    for name in ("Account", "Contact", "VOC_Survey_Response__c")
}


def settings_of(org: SalesforceEmulator) -> SalesforceSettings:
    return SalesforceSettings(
        domain="acme.my",
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        emulator_url=org.url,
    )


def a_connection(**options: Any) -> int:
    """A connection by the settings, mapped as proposed; `options` are the policies."""
    with transaction():
        made = connect("salesforce", name="Acme", access={"is_by_settings": True}, secret_values={}, by=None)
        made.options = {**made.options, **options}
        connection_id = made.id
    look_and_propose(connection_id)
    return connection_id


def run(connection_id: int, kind: RunKind = RunKind.SYNC, *, org: SalesforceEmulator | None = None) -> CrmRun:
    """A run, three minutes after what happened over there so far: younger changes wait for the next."""
    if org is not None:
        org.advance(180)
    return run_sync(connection_id, kind, sleep=lambda _seconds: None)


def set_field(connection_id: int, entity: str, ours: str, **changes: Any) -> None:
    """Map a field otherwise, e.g. `owner=Owner.NEWEST`; `theirs` maps one that was not mapped."""
    with transaction():
        mapping = db.session.scalars(
            select(CrmMapping).where(CrmMapping.connection_id == connection_id, CrmMapping.entity == entity)
        ).one()
        field = next((one for one in mapping.fields if one.ours == ours), None)
        if field is None:
            field = CrmField(ours=ours, direction=Direction.BOTH, owner=Owner.MANUAL)
            mapping.fields.append(field)
        for name, value in changes.items():
            setattr(field, name, value)


def account_of(remote_id: str) -> Account:
    return db.session.get_one(Account, link_of(remote_id).local_id, populate_existing=True)


def contact_of(remote_id: str) -> Contact:
    return db.session.get_one(Contact, link_of(remote_id).local_id, populate_existing=True)


def link_of(remote_id: str) -> CrmLink:
    return db.session.scalars(
        select(CrmLink).where(CrmLink.remote_id == remote_id).execution_options(populate_existing=True)
    ).one()


def connection_of(connection_id: int) -> CrmConnection:
    return db.session.get_one(CrmConnection, connection_id, populate_existing=True)


def change(row: Any, **values: Any) -> None:
    with transaction():
        for name, value in values.items():
            setattr(row, name, value)
