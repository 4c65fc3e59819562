"""Deleted, merged, undeleted and hidden records."""

from sqlalchemy import func, select, update

from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, connection_of, contact_of, link_of, run
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, SuggestionKind
from vocapp.sync.marks import reconcile_soon
from vocapp.sync.models import CrmLink
from vocapp.sync.rules import LinkState, RunKind, RunState


def people(org: SalesforceEmulator, account: str, *names: str) -> list[str]:
    return [
        org.insert("Contact", AccountId=account, LastName=name, Email=f"{name.lower()}@acme.example")
        for name in names
    ]


def compare_everything(connection_id: int) -> None:
    with transaction():
        reconcile_soon(connection_id)


def test_a_deleted_contact_is_doubted_and_suggested_as_left(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    (ken,) = people(salesforce, acme, "Ken")
    run(connection_id, org=salesforce)
    person = contact_of(ken)
    salesforce.delete(ken)
    run(connection_id, org=salesforce)
    assert link_of(ken).state == LinkState.DELETED
    assert db.session.get_one(Contact, person.id).status == ContactStatus.ACTIVE
    said = db.session.scalars(select(Evidence).where(Evidence.contact_id == person.id)).one()
    assert (said.kind, said.source) == (EvidenceKind.SAID_LEFT, EvidenceSource.CRM)
    assert db.session.scalars(select(Suggestion)).one().kind == SuggestionKind.LEFT


def test_an_undeleted_contact_is_as_before(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    (ken,) = people(salesforce, acme, "Ken")
    run(connection_id, org=salesforce)
    before = contact_of(ken).id
    salesforce.delete(ken)
    run(connection_id, org=salesforce)
    salesforce.undelete(ken)
    run(connection_id, org=salesforce)
    assert (link_of(ken).state, contact_of(ken).id) == (LinkState.LINKED, before)
    assert db.session.scalars(select(Evidence)).one().undone_at is not None
    assert db.session.scalar(select(func.count()).select_from(Suggestion)) == 0


def test_a_chain_of_merged_accounts_ends_at_the_last_winner(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    a, b, c = (salesforce.insert("Account", Name=name) for name in "ABC")
    (ken,) = people(salesforce, a, "Ken")
    run(connection_id, org=salesforce)
    locals_ = {one: account_of(one).id for one in (a, b, c)}
    salesforce.merge(b, a)
    salesforce.advance(60)
    salesforce.merge(c, b)
    run(connection_id, org=salesforce)
    assert contact_of(ken).account_id == locals_[c]
    losers = db.session.scalars(select(Account).where(Account.id.in_([locals_[a], locals_[b]]))).all()
    assert {one.status for one in losers} == {AccountStatus.MERGED}
    assert {link_of(one).state for one in (a, b)} == {LinkState.MERGED}


def test_people_of_a_merged_account_move_though_their_stamp_stays(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    a, b = (salesforce.insert("Account", Name=name) for name in "AB")
    kens = people(salesforce, a, "Ken", "Ida")
    run(connection_id, org=salesforce)
    salesforce.merge(b, a)
    run(connection_id, org=salesforce)
    assert {contact_of(one).account_id for one in kens} == {account_of(b).id}
    assert {link_of(one).theirs["AccountId"] for one in kens} == {b}


def test_merged_people_become_one_here(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken, kenji = people(salesforce, acme, "Ken", "Kenji")
    run(connection_id, org=salesforce)
    kept, merged = contact_of(ken).id, contact_of(kenji).id
    salesforce.merge(ken, kenji)
    run(connection_id, org=salesforce)
    assert db.session.get_one(Contact, merged, populate_existing=True).merged_into_id == kept
    assert link_of(kenji).winner_id == ken


def test_a_winner_never_seen_before_takes_over_whom_the_merged_record_was(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    (ken,) = people(salesforce, acme, "Ken")
    run(connection_id, org=salesforce)
    before = contact_of(ken).id
    (kenji,) = people(salesforce, acme, "Kenji")
    salesforce.merge(kenji, ken)
    run(connection_id, org=salesforce)
    assert contact_of(kenji).id == before
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_hidden_records_are_set_apart_and_nothing_happens_to_them_here(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    names = [f"P{number}" for number in range(30)]
    ids = people(salesforce, acme, *names)
    run(connection_id, org=salesforce)
    salesforce.hide_row(ids[0])
    compare_everything(connection_id)
    done = run(connection_id, org=salesforce)
    assert (done.state, link_of(ids[0]).state) == (RunState.DONE, LinkState.LOST)
    assert db.session.scalar(select(func.count()).select_from(Evidence)) == 0


def test_hidden_records_that_show_again_are_linked_again(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ids = people(salesforce, acme, *[f"P{number}" for number in range(30)])
    run(connection_id, org=salesforce)
    before = contact_of(ids[0]).id
    salesforce.hide_row(ids[0])
    compare_everything(connection_id)
    run(connection_id, org=salesforce)
    salesforce.show_row(ids[0])
    compare_everything(connection_id)
    run(connection_id, org=salesforce)
    assert (link_of(ids[0]).state, contact_of(ids[0]).id) == (LinkState.LINKED, before)


def test_too_many_hidden_at_once_stop_the_run_and_change_nothing(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ids = people(salesforce, acme, *[f"P{number}" for number in range(40)])
    run(connection_id, org=salesforce)
    salesforce.hide_row(*ids[:25])
    compare_everything(connection_id)
    done = run(connection_id, org=salesforce)
    assert done.state == RunState.FAILED
    assert "25 of 40 Contact records are out of sight" in (done.reason or "")
    assert {link_of(one).state for one in ids} == {LinkState.LINKED}


def test_a_hard_deleted_record_is_found_by_comparing(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ids = people(salesforce, acme, *[f"P{number}" for number in range(5)])
    run(connection_id, org=salesforce)
    salesforce.delete(ids[0])
    salesforce.hard_delete(ids[0])
    compare_everything(connection_id)
    run(connection_id, org=salesforce)
    assert link_of(ids[0]).state == LinkState.DELETED


def test_a_record_that_becomes_visible_late_inside_the_overlap_is_read(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    run(connection_id, org=salesforce)
    (ken,) = people(salesforce, acme, "Ken")
    salesforce.show_row_after(ken, 400)
    run(connection_id, org=salesforce)
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0
    salesforce.advance(300)
    run(connection_id, org=salesforce)
    assert contact_of(ken).last_name == "Ken"


def test_a_record_that_becomes_visible_later_still_is_found_by_comparing(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    run(connection_id, org=salesforce)
    (ken,) = people(salesforce, acme, "Ken")
    salesforce.show_row_after(ken, 3 * 3600)
    for _hour in range(3):
        run(connection_id, org=salesforce)
        salesforce.advance(3700)
    run(connection_id, org=salesforce)
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0
    compare_everything(connection_id)
    run(connection_id, org=salesforce)
    assert contact_of(ken).last_name == "Ken"


def test_everything_is_compared_weekly_by_itself(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    people(salesforce, acme, "Ken", "Ida", "Bo")
    run(connection_id, org=salesforce)
    salesforce.advance(8 * 24 * 3600)
    salesforce.clear_log()
    run(connection_id, RunKind.PULL, org=salesforce)
    asked = [str(one) for one in salesforce.requests()]
    assert any("SELECT+Id+FROM+Contact" in one or "SELECT Id FROM Contact" in one for one in asked)


def test_nothing_is_written_to_a_record_out_of_sight(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ids = people(salesforce, acme, *[f"P{number}" for number in range(30)])
    run(connection_id, org=salesforce)
    with transaction():
        db.session.execute(update(CrmLink).where(CrmLink.remote_id == ids[0]).values(state=LinkState.LOST))
        contact = db.session.scalars(select(Contact).where(Contact.last_name == "P0")).one()
        contact.phone = "+49 1"
    salesforce.hide_row(ids[0])
    run(connection_id, org=salesforce)
    assert connection_of(connection_id).failures == 0
    assert salesforce.get(ids[0]).get("Phone") is None


def test_a_run_cut_short_behind_a_merge_leaves_its_people_to_the_next(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    a, b = (salesforce.insert("Account", Name=name) for name in "AB")
    (ken,) = people(salesforce, a, "Ken")
    run(connection_id, org=salesforce)
    salesforce.advance(1200)
    run(connection_id, org=salesforce)
    salesforce.merge(b, a)
    # Looking for the children is refused; reading what changed is not.
    salesforce.add_fault(path=r"/query/?$", status=503, html=True, count=None)
    assert run(connection_id, org=salesforce).state == RunState.FAILED
    salesforce.clear_faults()
    salesforce.advance(1200)
    run(connection_id, org=salesforce)
    assert link_of(ken).theirs["AccountId"] == b
    assert connection_of(connection_id).options["owed"] == {}
