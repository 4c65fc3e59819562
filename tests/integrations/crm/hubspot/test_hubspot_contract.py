"""HubSpot does what every adapter does."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest

from integrations.crm.hubspot.client import HubspotCrm
from tests.hubspot_emulator.server import HubspotEmulator
from tests.integrations.crm.contract import CrmContract
from tests.integrations.crm.hubspot.builders import MINUTE, crm_of


class HubspotSite:
    """An emulated account whose clock moves on with each change."""

    object = "contacts"
    text_field = "firstname"
    our_field = "jobtitle"
    external_id_field = "voc_key"
    missing_id = "987654321"
    refused = ("voc_band", "purple")

    def __init__(self, emulator: HubspotEmulator, crm: HubspotCrm) -> None:
        self.crm = crm
        self._store = emulator.store

    def add(self, *texts: str) -> Sequence[str]:
        self._store.advance(MINUTE)
        return [str(self._store.create("contacts", {"firstname": text}).id) for text in texts]

    def change(self, record_id: str, text: str) -> None:
        self._store.advance(MINUTE)
        self._store.update("contacts", self._store.items["contacts"][int(record_id)], {"firstname": text})

    def delete(self, record_id: str) -> None:
        self._store.advance(MINUTE)
        self._store.archive("contacts", int(record_id))

    def later(self) -> datetime:
        self._store.advance(MINUTE)
        return self._store.now()


class TestHubspot(CrmContract):
    @pytest.fixture
    def site(self, emulator: HubspotEmulator) -> Iterator[HubspotSite]:
        with crm_of(emulator, page=3) as crm:
            yield HubspotSite(emulator, crm)
