"""An account with an owner and somebody there."""

from typing import Any

import pytest

from tests.builders import a_company, a_contact, a_user, an_account
from vocapp.accounts.models import Account, Contact


@pytest.fixture
def account(app: Any) -> Account:
    a_company()
    return an_account(owner_id=a_user(name="Ana Costa").id, product="Press")


@pytest.fixture
def contact(account: Account) -> Contact:
    return a_contact(account)
