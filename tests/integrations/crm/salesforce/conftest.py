"""A scripted server for each test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.integrations.crm.salesforce.stub import Stub, running_stub


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as stub:
        yield stub
