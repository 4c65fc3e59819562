"""One emulated HubSpot account per test."""

from collections.abc import Iterator

import pytest

from integrations.crm.hubspot.client import HubspotCrm
from tests.hubspot_emulator.server import HubspotEmulator
from tests.integrations.crm.hubspot.builders import START, crm_of


@pytest.fixture
def emulator() -> Iterator[HubspotEmulator]:
    with HubspotEmulator(most_calls=500) as emulator:
        emulator.store.set_clock(START)
        yield emulator


@pytest.fixture
def crm(emulator: HubspotEmulator) -> Iterator[HubspotCrm]:
    with crm_of(emulator) as crm:
        yield crm
