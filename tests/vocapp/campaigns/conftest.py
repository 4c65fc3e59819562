"""What the page tests of campaigns stand on: a CSM signed in, in March."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.builders import NOW, a_company, a_user
from tests.conftest import CheckingClient
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture
def march() -> Iterator[None]:
    """It is NOW; signing in and asking happen at the same time, or the session would be from the future."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def csm(march: None, client: CheckingClient) -> User:
    a_company()
    user = a_user(RoleName.CSM, name="Ana Costa")
    client.sign_in(user)
    return user
