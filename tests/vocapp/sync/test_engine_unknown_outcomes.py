"""Writes of which nobody heard the end, and plans that are overtaken before they are carried out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import (
    account_of,
    change,
    connection_of,
    contact_of,
    link_of,
    run,
    set_field,
)
from tests.vocapp.sync.test_engine_writing import add_here, make_due
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.sync import rules as sync_rules
from vocapp.sync.models import CrmConflict, CrmLink, CrmPush
from vocapp.sync.rules import LinkState, Owner, PushState, RunState


@pytest.fixture
def acme(connection_id: int, salesforce: SalesforceEmulator) -> str:
    made = salesforce.insert("Account", Name="Acme")
    run(connection_id, org=salesforce)
    return made


@pytest.fixture
def ken(connection_id: int, salesforce: SalesforceEmulator, acme: str) -> str:
    person = salesforce.insert(
        "Contact", AccountId=acme, FirstName="Ken", LastName="Mori", Email="ken@acme.example", Title="COO"
    )
    run(connection_id, org=salesforce)
    run(connection_id, org=salesforce)
    return person


def lose_the_answers(org: SalesforceEmulator) -> None:
    org.add_fault(method="PATCH", path="composite/sobjects", drop="after", count=None)


def try_again(connection_id: int, org: SalesforceEmulator) -> None:
    org.clear_faults()
    for _again in range(2):
        make_due()
        done = run(connection_id, org=org)
        assert (done.state, done.reason) == (RunState.DONE, None)


@pytest.mark.parametrize("owner", [Owner.SALESFORCE, Owner.MANUAL, Owner.NEWEST])
@pytest.mark.parametrize("ours", ["Second", "COO"])
def test_our_own_unheard_write_is_no_change_of_theirs(
    connection_id: int, salesforce: SalesforceEmulator, ken: str, owner: Owner, ours: str
) -> None:
    set_field(connection_id, "contact", "title", owner=owner)
    change(contact_of(ken), title="First")
    lose_the_answers(salesforce)
    run(connection_id, org=salesforce)
    assert salesforce.get(ken)["Title"] == "First"
    # Seen from the clock over there, ours is the older change.
    change(contact_of(ken), title=ours, changed_at=utcnow() - timedelta(hours=1))
    try_again(connection_id, salesforce)
    assert (contact_of(ken).title, salesforce.get(ken)["Title"]) == (ours, ours)
    assert db.session.scalars(select(CrmConflict)).all() == []


def test_what_somebody_there_wrote_after_our_unheard_write_counts(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), last_name="Ours")
    lose_the_answers(salesforce)
    run(connection_id, org=salesforce)
    salesforce.update(ken, LastName="Theirs")
    try_again(connection_id, salesforce)
    assert (contact_of(ken).last_name, salesforce.get(ken)["LastName"]) == ("Theirs", "Theirs")


def test_an_unheard_write_that_never_arrived_is_not_remembered_as_ours(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    change(contact_of(ken), last_name="First")
    salesforce.add_fault(method="PATCH", path="composite/sobjects", drop="before", count=None)
    run(connection_id, org=salesforce)
    change(contact_of(ken), last_name="Mori")
    try_again(connection_id, salesforce)
    salesforce.update(ken, LastName="First")
    run(connection_id, org=salesforce)
    assert (contact_of(ken).last_name, salesforce.get(ken)["LastName"]) == ("First", "First")


def test_a_new_person_of_an_unheard_write_keeps_what_was_changed_there_since(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    person = add_here(account_of(acme), "Silva", title="CFO")
    lose_the_answers(salesforce)
    run(connection_id, org=salesforce)
    (there,) = salesforce.rows("Contact")
    salesforce.update(there["Id"], Title="CEO")
    try_again(connection_id, salesforce)
    assert salesforce.get(there["Id"])["Title"] == "CEO"
    assert (contact_of(there["Id"]).id, contact_of(there["Id"]).title) == (person.id, "CEO")


@pytest.mark.parametrize("is_read_at_once", [True, False])
def test_a_new_person_of_an_unheard_write_gets_what_was_changed_here_since(
    connection_id: int, salesforce: SalesforceEmulator, acme: str, is_read_at_once: bool
) -> None:
    person = add_here(account_of(acme), "Silva", title="CFO")
    lose_the_answers(salesforce)
    run(connection_id, org=salesforce)
    change(person, last_name="Sousa")
    salesforce.clear_faults()
    make_due()
    # Not read at once: it is younger than what a run reads.
    run(connection_id, org=salesforce if is_read_at_once else None)
    try_again(connection_id, salesforce)
    (there,) = salesforce.rows("Contact")
    assert (there["LastName"], contact_of(there["Id"]).last_name) == ("Sousa", "Sousa")


def test_a_change_there_right_after_an_unheard_creation_is_not_overwritten(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    add_here(account_of(acme), "Silva", title="CFO")
    lose_the_answers(salesforce)
    run(connection_id, org=salesforce)
    salesforce.clear_faults()
    (there,) = salesforce.rows("Contact")
    salesforce.update(there["Id"], Title="CEO")
    make_due()
    run(connection_id)
    assert salesforce.get(there["Id"])["Title"] == "CEO"
    try_again(connection_id, salesforce)
    assert contact_of(there["Id"]).title == salesforce.get(there["Id"])["Title"] == "CEO"


def held_back(connection_id: int, org: SalesforceEmulator, acme: str) -> None:
    """Let the next creation under an account wait for another try."""
    org.lock_row(acme, times=1)
    run(connection_id, org=org)
    assert org.rows("Contact") == []
    new = select(CrmPush.state).where(CrmPush.object == "Contact")
    assert db.session.scalars(new).all() == [PushState.WAITING]


def test_somebody_who_was_to_be_made_there_and_came_from_there_is_not_made(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    person = add_here(account_of(acme), "Silva")
    held_back(connection_id, salesforce, acme)
    there = salesforce.insert("Contact", AccountId=acme, LastName="Silva", Email="silva@acme.example")
    try_again(connection_id, salesforce)
    assert [row["Id"] for row in salesforce.rows("Contact")] == [there]
    assert contact_of(there).id == person.id


def test_somebody_who_was_to_be_made_there_and_left_meanwhile_is_not_made(
    connection_id: int, salesforce: SalesforceEmulator, acme: str
) -> None:
    person = add_here(account_of(acme), "Silva")
    held_back(connection_id, salesforce, acme)
    change(person, status=ContactStatus.LEFT)
    try_again(connection_id, salesforce)
    assert salesforce.rows("Contact") == []


def test_a_record_never_read_is_read_however_far_ahead_our_clock_is(
    connection_id: int, salesforce: SalesforceEmulator, ken: str
) -> None:
    with transaction():
        link = link_of(ken)
        link.stamp, link.seen_at = None, utcnow() + timedelta(days=2)
    change(contact_of(ken), last_name="Elsewhere")
    set_field(connection_id, "contact", "last_name", direction="in")
    run(connection_id, org=salesforce)
    salesforce.update(ken, Title="CEO")
    run(connection_id, org=salesforce)
    assert contact_of(ken).title == "CEO"


def test_where_duplicates_are_allowed_many_records_go_in_small_calls(
    connection_id: int, salesforce: SalesforceEmulator, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_rules, "BULK_FROM", 5)
    with transaction():
        connection = connection_of(connection_id)
        connection.options = {**connection.options, "allows_duplicates": True}
    for number in range(8):
        add_here(account_of(acme), f"P{number}")
    done = run(connection_id, org=salesforce)
    assert (done.state, done.reason) == (RunState.DONE, None)
    assert len(salesforce.rows("Contact")) == 8
    assert db.session.scalars(select(CrmLink).where(CrmLink.entity == "contact")).all()


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "jobs/ingest$"), ("PUT", "batches"), ("PATCH", "jobs")]
)
def test_a_bulk_job_that_was_never_handed_over_overwrites_nothing_changed_since(
    connection_id: int,
    salesforce: SalesforceEmulator,
    ken: str,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
) -> None:
    monkeypatch.setattr(sync_rules, "BULK_FROM", 0)
    change(contact_of(ken), last_name="Ours", phone="+81 3")
    salesforce.add_fault(method=method, path=path, status=503, html="<html>Away</html>", count=None)
    assert run(connection_id, org=salesforce).state == RunState.FAILED
    salesforce.update(ken, LastName="Theirs")
    try_again(connection_id, salesforce)
    there = salesforce.get(ken)
    assert (there["LastName"], there["Phone"]) == ("Theirs", "+81 3")
    assert (contact_of(ken).last_name, contact_of(ken).phone) == ("Theirs", "+81 3")


def test_results_heard_late_do_not_bring_back_what_was_deleted_meanwhile(
    connection_id: int, salesforce: SalesforceEmulator, ken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_rules, "BULK_FROM", 0)
    change(contact_of(ken), phone="+81 3")
    salesforce.add_fault(path="successfulResults", status=503, html="<html>Away</html>", count=None)
    assert run(connection_id, org=salesforce).state == RunState.FAILED
    assert salesforce.get(ken)["Phone"] == "+81 3"
    salesforce.delete(ken)
    try_again(connection_id, salesforce)
    assert link_of(ken).state == LinkState.DELETED
    assert salesforce.rows("Contact") == []
