"""HubSpot accounts for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.crm.hubspot.access import HubspotAccess
from integrations.crm.hubspot.client import HubspotCrm
from integrations.crm.hubspot.wire import Wire
from integrations.crm.records import Record
from tests.hubspot_emulator.server import HubspotEmulator

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def access_to(emulator: HubspotEmulator, **changes: Any) -> HubspotAccess:
    """Return access to an emulator."""
    return HubspotAccess(**{"token": emulator.token, "emulator_url": emulator.url, **changes})


def crm_of(
    emulator: HubspotEmulator,
    *,
    page: int = 200,
    pauses: list[float] | None = None,
    patience: float = 5.0,
    **changes: Any,
) -> HubspotCrm:
    """Return an adapter that waits for nothing and keeps how long it would have waited."""
    access = access_to(emulator, **changes)
    waited = pauses if pauses is not None else []
    wire = Wire(access, timeouts=(patience, patience), sleep=waited.append, spread=lambda: 1.0)
    return HubspotCrm(access, wire=wire, page=page)


def changed(
    crm: HubspotCrm, name: str = "contacts", fields: Sequence[str] = ("firstname",), **how: Any
) -> list[Record]:
    """Return all changes as one list."""
    how = {"since": None, "until": START + timedelta(days=300), **how}
    return [record for page in crm.changes(name, fields, **how) for record in page]
