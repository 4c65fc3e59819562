"""Records of ours that are merged or removed here while they are linked to records over there."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, change, contact_of, link_of, run
from tests.vocapp.sync.test_engine_writing import add_here
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.duplicates.service import merge_contacts
from vocapp.sync.models import CrmLink, CrmRun
from vocapp.sync.rules import LinkState, RunState


def ran_well(done: CrmRun) -> CrmRun:
    assert (done.state, done.reason) == (RunState.DONE, None)
    return done


def a_person(org: SalesforceEmulator, account: str, name: str, **values: object) -> str:
    email = f"{name.lower()}@acme.example"
    return org.insert("Contact", AccountId=account, LastName=name, Email=email, **values)


def people_here() -> list[int]:
    return list(db.session.scalars(select(Contact.id).where(Contact.merged_into_id.is_(None))))


def test_people_merged_here_stay_one_whatever_changes_over_there(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken, kenji = a_person(salesforce, acme, "Ken"), a_person(salesforce, acme, "Kenji")
    run(connection_id, org=salesforce)
    kept = contact_of(ken)
    with transaction():
        merge_contacts(kept, contact_of(kenji), chosen={}, by=None, now=utcnow())
    for changes in ({"Title": "CEO"}, {"Email": "kenji2@acme.example"}):
        salesforce.update(kenji, **changes)
        ran_well(run(connection_id, org=salesforce))
    assert people_here() == [kept.id]
    assert (link_of(kenji).state, link_of(kenji).winner_id) == (LinkState.MERGED, ken)
    assert len(salesforce.rows("Contact")) == 2


def test_somebody_known_only_here_takes_over_the_record_of_whom_they_absorb(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = a_person(salesforce, acme, "Ken")
    run(connection_id, org=salesforce)
    kept = add_here(account_of(acme), "Kenji")
    with transaction():
        merge_contacts(kept, contact_of(ken), chosen={}, by=None, now=utcnow())
    ran_well(run(connection_id, org=salesforce))
    assert [row["Id"] for row in salesforce.rows("Contact")] == [ken]
    assert link_of(ken).local_id == kept.id


def test_what_belongs_to_an_account_merged_here_leads_to_the_one_that_stays(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    kept, merged = (salesforce.insert("Account", Name=name) for name in "AB")
    ken = a_person(salesforce, merged, "Ken")
    run(connection_id, org=salesforce)
    winner, loser = account_of(kept), account_of(merged)
    with transaction():
        merge_accounts(loser, winner, now=utcnow(), actor_id=None)
    salesforce.update(merged, Name="B2")
    salesforce.update(ken, Title="CEO")
    ida = a_person(salesforce, merged, "Ida")
    ran_well(run(connection_id, org=salesforce))
    assert {contact_of(one).account_id for one in (ken, ida)} == {winner.id}
    assert {account.name for account in db.session.scalars(select(Account))} == {"A", "B"}
    assert ran_well(run(connection_id, org=salesforce)).report["written"] == {}


def test_a_record_that_names_somebody_of_another_record_is_set_apart(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = a_person(salesforce, acme, "Ken")
    run(connection_id, org=salesforce)
    kenji, other = a_person(salesforce, acme, "Kenji"), salesforce.insert("Account", Name="Other")
    change(contact_of(ken), external_id=kenji, external_key=kenji[:15])
    change(account_of(acme), external_id=other, external_key=other[:15])
    ran_well(run(connection_id, org=salesforce))
    assert {link_of(one).state for one in (kenji, other)} == {LinkState.UNMATCHED}


def test_whoever_was_removed_here_comes_back_whole_with_the_next_change(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = a_person(salesforce, acme, "Ken", Title="COO")
    for _again in range(2):
        run(connection_id, org=salesforce)
    with transaction():
        db.session.execute(delete(Account))
    ran_well(run(connection_id, org=salesforce))
    assert people_here() == []
    salesforce.update(acme, Name="Acme 2")
    salesforce.update(ken, Phone="1")
    ran_well(run(connection_id, org=salesforce))
    assert (account_of(acme).name, contact_of(ken).title) == ("Acme 2", "COO")


def test_somebody_new_is_not_taken_for_whom_was_removed_though_their_number_is_the_same(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = a_person(salesforce, acme, "Ken")
    run(connection_id, org=salesforce)
    removed = contact_of(ken)
    number = removed.id
    with transaction():
        db.session.delete(removed)
        db.session.execute(update(CrmLink).values(seen_at=utcnow() - timedelta(days=1)))
    new = add_here(account_of(acme), "Silva", id=number)
    ran_well(run(connection_id, org=salesforce))
    salesforce.update(ken, Phone="1")
    ran_well(run(connection_id, org=salesforce))
    assert salesforce.get(ken)["LastName"] == "Ken"
    db.session.refresh(new)
    assert (new.last_name, contact_of(ken).last_name) == ("Silva", "Ken")
