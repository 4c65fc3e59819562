"""Connections to an emulated organisation, and rows and writes to try on it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.crm.records import Batch, Operation, Place, Record, Value, Write
from integrations.crm.salesforce.access import SalesforceAccess
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.crm.salesforce.session import Timeouts
from tests.salesforce_emulator.server import SalesforceEmulator

START = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
EXTERNAL_ID = "VOC_Person_Id__c"


def access_to(org: SalesforceEmulator, **changes: Any) -> SalesforceAccess:
    settings = {
        "domain": "acme.my",
        "consumer_key": org.org.access.consumer_key,
        "consumer_secret": org.org.access.consumer_secret,
        "emulator_url": org.url,
    }
    return SalesforceAccess(**{**settings, **changes})


@contextmanager
def connected(org: SalesforceEmulator, **changes: Any) -> Iterator[SalesforceCrm]:
    with SalesforceCrm(
        access_to(org, **changes), timeouts=Timeouts(connect=2, read=10), sleep=lambda seconds: None
    ) as crm:
        yield crm


def install_external_id(org: SalesforceEmulator) -> None:
    org.install_fields(
        "Contact",
        {
            "name": EXTERNAL_ID,
            "type": "string",
            "length": 64,
            "is_external_id": True,
            "is_unique": True,
            "is_case_sensitive": True,
        },
    )


def seed_contacts(org: SalesforceEmulator, stamps: Sequence[datetime]) -> list[str]:
    return org.seed(
        {"type": "Contact", "LastName": f"Lee {number}", "SystemModstamp": stamp, "LastModifiedDate": stamp}
        for number, stamp in enumerate(stamps)
    )


def an_upsert(*rows: tuple[str, dict[str, Value]], **changes: Any) -> Batch:
    writes = [Write(f"key {external_id}", values, external_id=external_id) for external_id, values in rows]
    return Batch("Contact", Operation.UPSERT, writes, EXTERNAL_ID, **changes)


def an_update(*rows: tuple[str, dict[str, Value]]) -> Batch:
    return Batch("Contact", Operation.UPDATE, [Write(f"key {id_}", values, id=id_) for id_, values in rows])


def pull(
    crm: SalesforceCrm,
    *,
    fields: Sequence[str] = ("LastName",),
    since: datetime | None = None,
    until: datetime = START + timedelta(days=1),
    after: Place | None = None,
    where: str = "",
) -> list[Record]:
    pages = crm.changes("Contact", fields, since=since, until=until, after=after, where=where)
    return [record for page in pages for record in page]
