"""Events of other systems come in many at once, and open cases are counted."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_contact, an_account
from tests.vocapp.duplicates.builders import merged_pair
from vocapp.accounts.models import Account
from vocapp.core.db import db, transaction
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.signals.models import AccountEvent
from vocapp.signals.queries import open_cases
from vocapp.signals.rules import CaseLoad, EventFacts, Landed
from vocapp.signals.service import record_events

pytestmark = pytest.mark.usefixtures("app")


def facts(account: Account, **values: Any) -> EventFacts:
    defaults = {
        "kind": "case",
        "external_key": "500",
        "account_id": account.id,
        "occurred_at": NOW - timedelta(days=12),
    }
    return EventFacts(**{**defaults, **values})


def record(*rows: EventFacts, now: Any = NOW) -> Landed:
    with transaction():
        return record_events(rows, source="crm:1", now=now)


def stored() -> AccountEvent:
    return db.session.scalars(select(AccountEvent)).one()


def test_the_same_rows_twice_change_nothing() -> None:
    account = an_account()
    rows = [
        facts(account, details={"status": "New"}, value=Decimal("1.23456")),
        facts(account, kind="usage", value=Decimal(7), ended_at=NOW),
    ]
    assert record(*rows) == Landed(created=2)
    assert record(*rows, now=NOW + timedelta(1)) == Landed(unchanged=2)


def test_a_case_that_is_closed_is_changed() -> None:
    account = an_account()
    record(facts(account))
    assert record(facts(account, ended_at=NOW)) == Landed(updated=1)
    assert stored().ended_at == NOW


def test_when_we_first_heard_of_something_is_kept() -> None:
    account = an_account()
    record(facts(account))
    record(facts(account, title="Slow"), now=NOW + timedelta(3))
    assert stored().recorded_at == NOW


def test_a_case_is_urgent_since_we_heard_so() -> None:
    account = an_account()
    record(facts(account))
    record(facts(account, is_urgent=True), now=NOW + timedelta(1))
    record(facts(account, is_urgent=True), now=NOW + timedelta(2))
    assert stored().urgent_at == NOW + timedelta(1)


def test_what_is_told_of_a_merged_person_is_the_other_ones() -> None:
    account = an_account()
    kept, former = a_contact(account), a_contact(account)
    merged_pair(kept, former)
    record(facts(account, contact_id=former.id))
    assert stored().contact_id == kept.id


def test_what_is_told_of_a_merged_account_is_the_other_ones() -> None:
    loser, winner = an_account(), an_account()
    with transaction():
        merge_accounts(loser, winner, now=NOW, actor_id=None)
    record(facts(loser))
    assert stored().account_id == winner.id


def test_somebody_unknown_is_left_out_of_an_event() -> None:
    account = an_account()
    record(facts(account, contact_id=10**6))
    assert stored().contact_id is None


def test_open_cases_are_counted_with_the_oldest() -> None:
    account = an_account()
    record(
        facts(account),
        facts(account, external_key="501", is_urgent=True, occurred_at=NOW - timedelta(2)),
        facts(account, external_key="502", ended_at=NOW, occurred_at=NOW - timedelta(99)),
        facts(account, external_key="503", is_deleted=True, occurred_at=NOW - timedelta(99)),
        facts(account, kind="usage", occurred_at=NOW - timedelta(99)),
    )
    assert open_cases([account.id], now=NOW) == {account.id: CaseLoad(2, 1, 12)}


def test_an_account_without_open_cases_is_left_out() -> None:
    assert open_cases([an_account().id], now=NOW) == {}
