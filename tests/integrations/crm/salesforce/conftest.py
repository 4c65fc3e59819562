"""A scripted server, or an emulated organisation with a connection to it, for each test that asks for one."""

from collections.abc import Iterator

import pytest

from integrations.crm.salesforce.client import SalesforceCrm
from tests.integrations.crm.salesforce.emulated import START, connected, install_external_id
from tests.integrations.crm.salesforce.stub import Stub, running_stub
from tests.salesforce_emulator.server import SalesforceEmulator


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as stub:
        yield stub


@pytest.fixture
def org() -> Iterator[SalesforceEmulator]:
    with SalesforceEmulator() as org:
        org.set_clock(START, is_fixed=False)
        install_external_id(org)
        yield org


@pytest.fixture
def crm(org: SalesforceEmulator) -> Iterator[SalesforceCrm]:
    with connected(org) as crm:
        yield crm
