"""What the tests of campaigns stand on."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.builders import NOW


@pytest.fixture
def march() -> Iterator[None]:
    """It is NOW."""
    with time_machine.travel(NOW):
        yield
