"""Fields that are mapped to others than before."""

from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import change, contact_of, run, set_field
from tests.vocapp.sync.test_engine_our_side import a_person, ran_well
from tests.vocapp.sync.test_engine_policies import conflicts
from vocapp.sync.rules import Owner


def test_what_was_agreed_with_another_field_counts_for_nothing(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = a_person(salesforce, acme, "Ken", Title="COO", Department="Sales")
    run(connection_id, org=salesforce)
    for theirs, value in (("Department", "Sales"), ("Title", "COO")):
        set_field(connection_id, "contact", "title", theirs=theirs, owner=Owner.SALESFORCE)
        ran_well(run(connection_id, org=salesforce))
        assert (contact_of(ken).title, salesforce.get(ken)[theirs]) == (value, value)


def test_two_fields_can_change_places(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = a_person(salesforce, acme, "Ken", Title="COO", Phone="1")
    run(connection_id, org=salesforce)
    set_field(connection_id, "contact", "title", theirs="Phone", owner=Owner.SALESFORCE)
    set_field(connection_id, "contact", "phone", theirs="Title", owner=Owner.SALESFORCE)
    ran_well(run(connection_id, org=salesforce))
    assert (contact_of(ken).title, contact_of(ken).phone) == ("1", "COO")
    assert (salesforce.get(ken)["Title"], salesforce.get(ken)["Phone"]) == ("COO", "1")


def test_a_conflict_about_the_field_before_closes(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    ken = a_person(salesforce, acme, "Ken", Title="COO", Department="Ours")
    set_field(connection_id, "contact", "title", owner=Owner.MANUAL)
    run(connection_id, org=salesforce)
    change(contact_of(ken), title="Ours")
    salesforce.update(ken, Title="Theirs")
    run(connection_id, org=salesforce)
    assert len(conflicts()) == 1
    set_field(connection_id, "contact", "title", theirs="Department")
    ran_well(run(connection_id, org=salesforce))
    assert conflicts() == []
