"""Records that point at others which are missing, elsewhere or below them, and addresses that are taken."""

from itertools import pairwise

import pytest
from sqlalchemy import select

from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, change, contact_of, link_of, run
from tests.vocapp.sync.test_engine_our_side import a_person, ran_well
from vocapp.core.db import db
from vocapp.freshness.models import Evidence
from vocapp.outbox.queries import is_suppressed
from vocapp.sync.models import CrmRefusal
from vocapp.sync.rules import LinkState, RunKind


@pytest.fixture
def acme(salesforce: SalesforceEmulator) -> str:
    return salesforce.insert("Account", Name="Acme")


def test_nobody_waits_for_a_boss_without_an_address(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    boss = salesforce.insert("Contact", AccountId=acme, LastName="Boss")
    ken = a_person(salesforce, acme, "Ken", ReportsToId=boss)
    ran_well(run(connection_id, org=salesforce))
    assert link_of(ken).state == LinkState.LINKED
    salesforce.update(boss, Email="boss@acme.example")
    ran_well(run(connection_id, org=salesforce))
    assert contact_of(ken).reports_to_id == contact_of(boss).id


def test_a_whole_line_of_bosses_comes_in_at_once(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    ids = [a_person(salesforce, acme, f"P{number}") for number in range(4)]
    for person, boss in pairwise(ids):
        salesforce.update(person, ReportsToId=boss)
    ran_well(run(connection_id, RunKind.PULL, org=salesforce))
    bosses = [contact_of(one).reports_to_id for one in ids]
    assert bosses == [*(contact_of(one).id for one in ids[1:]), None]


def test_a_boss_at_another_account_is_left_out_without_a_word(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    other = salesforce.insert("Account", Name="Other")
    boss = a_person(salesforce, other, "Boss")
    ken = a_person(salesforce, acme, "Ken", ReportsToId=boss)
    ran_well(run(connection_id, org=salesforce))
    again = ran_well(run(connection_id, org=salesforce))
    assert contact_of(ken).reports_to_id is None
    assert (again.report["changed"].get("Contact", 0), again.report["refusals"]) == (0, 0)


def test_an_account_waits_for_no_parent_out_of_sight_and_gets_it_later(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    child = salesforce.insert("Account", Name="Child", ParentId=acme)
    ken = a_person(salesforce, child, "Ken")
    salesforce.hide_row(acme)
    ran_well(run(connection_id, org=salesforce))
    assert contact_of(ken).account_id == account_of(child).id
    salesforce.show_row(acme)
    salesforce.update(acme, Name="Acme again")
    ran_well(run(connection_id, org=salesforce))
    assert account_of(child).parent_id == account_of(acme).id


def test_a_circle_of_parents_is_refused(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    child = salesforce.insert("Account", Name="Child", ParentId=acme)
    run(connection_id, org=salesforce)
    salesforce.update(acme, ParentId=child, Name="Acme again")
    run(connection_id, org=salesforce)
    assert (account_of(acme).name, account_of(acme).parent_id) == ("Acme again", None)
    refused = db.session.scalars(select(CrmRefusal)).one()
    assert (refused.key, refused.fields) == (acme, ["parent"])


def test_a_move_to_an_account_where_the_address_is_taken_is_refused_as_a_whole(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    other = salesforce.insert("Account", Name="Other")
    ken, _double = (a_person(salesforce, account, "Ken") for account in (acme, other))
    run(connection_id, org=salesforce)
    salesforce.update(ken, AccountId=other)
    done = run(connection_id, org=salesforce)
    assert (done.report["refusals"], done.report["changed"].get("Contact", 0)) == (1, 0)
    assert contact_of(ken).account_id == account_of(acme).id
    salesforce.update(ken, AccountId=acme)
    assert run(connection_id, org=salesforce).report["refusals"] == 0
    assert db.session.scalars(select(CrmRefusal)).one().resolution == "went_through"


def test_an_opt_out_of_a_second_record_with_the_same_address_counts(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    a_person(salesforce, acme, "Ken")
    second = a_person(salesforce, acme, "Ken", HasOptedOutOfEmail=True)
    run(connection_id, org=salesforce)
    assert link_of(second).state == LinkState.UNMATCHED
    assert is_suppressed("ken@acme.example")


def test_that_somebody_left_is_told_though_it_was_seen_first_when_writing(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    ken = a_person(salesforce, acme, "Ken")
    run(connection_id, org=salesforce)
    change(contact_of(ken), phone="+81 3")
    salesforce.update(ken, Left_Company__c=True)
    run(connection_id, RunKind.PUSH)
    run(connection_id, org=salesforce)
    assert len(db.session.scalars(select(Evidence)).all()) == 1
