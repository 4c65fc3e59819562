"""Opportunities come in many at once, and outcomes follow them back and forth."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders import NOW, an_account, save
from vocapp.accounts.models import Account
from vocapp.core.db import db, transaction
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.renewals.models import Opportunity, RenewalOutcome
from vocapp.renewals.queries import accounts_whose_renewal_came
from vocapp.renewals.rules import BY_HAND, OpportunityFacts
from vocapp.renewals.service import Settlement, record_opportunities, settle_renewals
from vocapp.signals.rules import Landed

pytestmark = pytest.mark.usefixtures("app")

TODAY = NOW.date()


def facts(account: Account, **values: Any) -> OpportunityFacts:
    defaults = {
        "external_key": "006",
        "account_id": account.id,
        "kind": "renewal",
        "amount": Decimal("100.00"),
        "currency": "EUR",
        "close_date": TODAY,
        "is_closed": True,
        "is_won": True,
        "changed_at": NOW,
    }
    return OpportunityFacts(**{**defaults, **values})


def record(*rows: OpportunityFacts, source: str = "crm:1") -> Landed:
    with transaction():
        return record_opportunities(rows, source=source, now=NOW)


def settle(*accounts: Account, **flags: Any) -> Settlement:
    with transaction():
        return settle_renewals([account.id for account in accounts], now=NOW, **flags)


def outcomes(account: Account) -> list[tuple[date, str, str]]:
    rows = select(RenewalOutcome).where(RenewalOutcome.account_id == account.id)
    return [
        (one.renewal_date, one.outcome, one.source)
        for one in db.session.scalars(rows.order_by(RenewalOutcome.renewal_date))
    ]


def test_rows_are_created_changed_and_left_alone() -> None:
    account = an_account()
    assert record(facts(account), facts(account, external_key="007")) == Landed(created=2)
    again = record(facts(account, stage="Signed"), facts(account, external_key="007"))
    assert again == Landed(updated=1, unchanged=1)


def test_two_systems_may_use_one_key() -> None:
    account = an_account()
    record(facts(account))
    assert record(facts(account), source="crm:2") == Landed(created=1)


def test_thousands_come_in_at_once() -> None:
    account = an_account()
    rows = [facts(account, external_key=f"{number}") for number in range(1200)]
    assert record(*rows) == Landed(created=1200)
    assert record(*rows) == Landed(unchanged=1200)


def test_of_two_rows_with_one_key_the_last_counts() -> None:
    account = an_account()
    record(facts(account, stage="First"), facts(account, stage="Last"))
    assert db.session.scalars(select(Opportunity.stage)).all() == ["Last"]


def test_a_row_that_is_older_than_what_is_known_changes_nothing() -> None:
    account = an_account()
    record(facts(account, stage="New"))
    assert record(facts(account, stage="Old", changed_at=NOW - timedelta(1))) == Landed(unchanged=1)
    assert db.session.scalars(select(Opportunity.stage)).all() == ["New"]


def test_an_account_that_is_not_there_is_left_out() -> None:
    account = an_account()
    assert record(facts(account, account_id=account.id + 1000)) == Landed()


def test_what_belongs_to_a_merged_account_goes_to_the_one_that_stays() -> None:
    loser, winner = an_account(), an_account()
    with transaction():
        merge_accounts(loser, winner, now=NOW, actor_id=None)
    record(facts(loser))
    assert db.session.scalars(select(Opportunity.account_id)).all() == [winner.id]


def test_what_waits_to_be_written_is_not_lost() -> None:
    account = an_account()
    with transaction():
        account.segment = "Mid"
        record_opportunities([facts(account)], source="crm:1", now=NOW)
    assert account.segment == "Mid"


def test_a_closed_renewal_leaves_its_outcome_once() -> None:
    account = an_account()
    record(facts(account))
    assert (settle(account), settle(account)) == (Settlement(written=1), Settlement())
    assert outcomes(account) == [(TODAY, "renewed", "crm:1")]


@pytest.mark.parametrize("values", [{"is_closed": False, "is_won": False}, {"is_deleted": True}])
def test_an_outcome_is_taken_back_with_its_renewal(values: dict[str, Any]) -> None:
    account = an_account()
    record(facts(account))
    settle(account)
    record(facts(account, **values))
    assert settle(account) == Settlement(taken_back=1)
    assert outcomes(account) == []


def test_an_outcome_changes_with_its_renewal() -> None:
    account = an_account()
    record(facts(account))
    settle(account)
    record(facts(account, is_won=False))
    assert settle(account) == Settlement(changed=1)
    assert outcomes(account) == [(TODAY, "churned", "crm:1")]


@pytest.mark.parametrize("source", ["import", BY_HAND])
def test_what_people_said_stands(source: str) -> None:
    account = an_account()
    save(RenewalOutcome(account_id=account.id, renewal_date=TODAY, outcome="renewed", source=source))
    record(facts(account, is_won=False))
    assert settle(account) == Settlement()
    record(facts(account, is_deleted=True))
    assert settle(account) == Settlement()
    assert outcomes(account) == [(TODAY, "renewed", source)]


def test_an_outcome_is_imported_unless_said_otherwise() -> None:
    account = an_account()
    save(RenewalOutcome(account_id=account.id, renewal_date=TODAY, outcome="renewed"))
    assert outcomes(account) == [(TODAY, "renewed", "import")]


def test_a_day_to_come_has_no_outcome_yet() -> None:
    account = an_account()
    record(facts(account, close_date=TODAY + timedelta(1)))
    assert settle(account) == Settlement()
    with transaction():
        assert settle_renewals([account.id], now=NOW + timedelta(1)) == Settlement(written=1)


def test_the_renewal_date_moves_only_when_asked() -> None:
    account = an_account(renewal_date=TODAY)
    nearest = TODAY + timedelta(90)
    record(facts(account, is_closed=False, close_date=nearest))
    settle(account)
    assert account.renewal_date == TODAY
    assert settle(account, moves_renewal_date=True) == Settlement(dates_moved=1)
    assert account.renewal_date == nearest


def test_without_an_open_renewal_the_date_stays() -> None:
    account = an_account(renewal_date=TODAY)
    record(facts(account))
    settle(account, moves_renewal_date=True)
    assert account.renewal_date == TODAY


def test_a_renewal_signed_ahead_counts_from_its_day_on() -> None:
    account = an_account()
    with transaction():
        told = facts(account, close_date=TODAY, is_closed=True, is_won=True)
        record_opportunities([told], source="salesforce:1", now=NOW)
    assert accounts_whose_renewal_came(TODAY - timedelta(days=1)) == []
    assert accounts_whose_renewal_came(TODAY) == [account.id]
