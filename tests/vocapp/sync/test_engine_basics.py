"""A first run brings accounts and people in and scores back; a second one does nothing."""

from sqlalchemy import func, select

from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, contact_of, run
from vocapp.accounts.models import Contact
from vocapp.core.db import db
from vocapp.sync.rules import RunState


def writes(org: SalesforceEmulator) -> list[str]:
    return [
        f"{one['method']} {one['path']}"
        for one in (*org.requests("PATCH"), *org.requests("POST"), *org.requests("DELETE"))
        if "/oauth2/" not in one["path"] and not one["path"].endswith("/retrieve")
    ]


def test_accounts_and_people_come_in(connection_id: int, salesforce: SalesforceEmulator) -> None:
    acme = salesforce.insert(
        "Account", Name="Acme “Ünïcode” & Söhne 🎉", Industry="Retail", BillingCountry="DE"
    )
    ken = salesforce.insert(
        "Contact",
        AccountId=acme,
        FirstName="Ken",
        LastName="Mori",
        Email="Ken.Mori@acme.example",
        Title="COO",
    )
    done = run(connection_id, org=salesforce)
    assert (done.state, done.reason) == (RunState.DONE, None)
    assert account_of(acme).name == "Acme “Ünïcode” & Söhne 🎉"
    person = contact_of(ken)
    assert (person.first_name, person.email, person.title) == ("Ken", "Ken.Mori@acme.example", "COO")
    assert person.account_id == account_of(acme).id


def test_a_second_run_without_changes_writes_nothing(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    acme = salesforce.insert("Account", Name="Acme")
    salesforce.insert("Contact", AccountId=acme, LastName="Mori", Email="ken@acme.example")
    run(connection_id, org=salesforce)
    run(connection_id, org=salesforce)
    salesforce.clear_log()
    again = run(connection_id, org=salesforce)
    assert again.state == RunState.DONE
    assert writes(salesforce) == []
    assert again.report["written"] == {}
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1
