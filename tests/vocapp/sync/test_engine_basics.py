"""A first run brings accounts and people in and scores back; a second one does nothing."""

from sqlalchemy import delete, func, select

from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import account_of, contact_of, run
from vocapp.accounts.models import Contact
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
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


def test_every_account_that_changed_is_scored_anew_however_many_wait(
    connection_id: int, salesforce: SalesforceEmulator
) -> None:
    first, second, third, fourth = [salesforce.insert("Account", Name=f"A{number}") for number in range(4)]
    run(connection_id, org=salesforce)
    with transaction():
        db.session.execute(delete(Job))
    for changed in ((first, second, fourth), (first, third, fourth)):
        for one in changed:
            salesforce.update(one, Name=f"Changed with {changed[1]}")
        run(connection_id, org=salesforce)
    jobs = db.session.scalars(select(Job).where(Job.kind == "rescore_accounts"))
    asked = {account_id for job in jobs for account_id in job.payload["account_ids"]}
    assert asked == {account_of(one).id for one in (first, second, third, fourth)}


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
