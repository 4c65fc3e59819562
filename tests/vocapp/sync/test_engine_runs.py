"""What holds a run together: that it is alive while it waits, and what a filter leaves out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import a_user
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, change, connection_of, link_of, run
from tests.vocapp.sync.test_engine_our_side import ran_well
from tests.vocapp.sync.test_engine_signals import a_mapping
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.sync.models import CrmConnection, CrmLink
from vocapp.sync.rules import HEARTBEAT_DEAD_AFTER, LinkState, RunKind
from vocapp.sync.service import change_mapping, remove
from vocapp.workflows.sync_crm import run_sync


def test_a_run_that_waits_for_another_try_is_not_taken_for_dead(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    was_alive = []

    def wait_long(_seconds: float) -> None:
        connection = connection_of(connection_id)
        assert connection.heartbeat_at is not None
        was_alive.append(utcnow() - connection.heartbeat_at < HEARTBEAT_DEAD_AFTER)
        change(connection, heartbeat_at=utcnow() - 2 * HEARTBEAT_DEAD_AFTER)

    salesforce.add_fault(path="query", status=503, count=2)
    ran_well(run_sync(connection_id, RunKind.PULL, sleep=wait_long))
    assert was_alive == [True, True]


def test_a_connection_whose_run_died_can_be_removed(connection_id: int) -> None:
    connection = connection_of(connection_id)
    administrator = a_user(RoleName.ADMIN)
    change(connection, held_by="somewhere:1", heartbeat_at=utcnow())
    with transaction(), pytest.raises(DomainError, match="A run is at work"):
        remove(connection, by=administrator, now=utcnow())
    with transaction():
        remove(connection, by=administrator, now=utcnow() + 2 * HEARTBEAT_DEAD_AFTER)
    assert db.session.get(CrmConnection, connection_id) is None


def only_retail(connection_id: int, filter_: str = "Industry = 'Retail'") -> None:
    administrator = a_user(RoleName.ADMIN)
    with transaction():
        change_mapping(
            a_mapping(connection_id, "account"), is_active=True, creates=True, filter_=filter_,
            match_field="", value_rules=[], by=administrator,
        )  # fmt: skip


def test_what_a_new_filter_leaves_out_rests_until_it_is_let_in_again(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    retail, *others = [
        salesforce.insert("Account", Name=f"A{number}", Industry="Energy" if number else "Retail")
        for number in range(25)
    ]
    run(connection_id, org=salesforce)
    only_retail(connection_id)
    ran_well(run(connection_id, org=salesforce))
    assert link_of(retail).state == LinkState.LINKED
    assert {link_of(one).state for one in others} == {LinkState.LOST}
    assert len(db.session.scalars(select(Account)).all()) == 25
    only_retail(connection_id, "")
    ran_well(run(connection_id, org=salesforce))
    assert set(db.session.scalars(select(CrmLink.state).where(CrmLink.entity == "account"))) == {"linked"}


def test_a_record_that_leaves_the_filter_is_found_by_the_weekly_comparison(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    one, other = (salesforce.insert("Account", Name=name, Industry="Retail") for name in "AB")
    only_retail(connection_id)
    run(connection_id, org=salesforce)
    salesforce.update(one, Industry="Energy")
    salesforce.advance(timedelta(days=8).total_seconds())
    ran_well(run(connection_id, org=salesforce))
    assert (link_of(one).state, link_of(other).state) == (LinkState.LOST, LinkState.LINKED)
    assert account_of(one).name == "A"
