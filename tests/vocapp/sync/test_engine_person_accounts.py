"""Orgs whose accounts may be people: their contacts mirror the account and are only read."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from tests.builders import a_company
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import FIELDS_OF_OURS, a_connection, account_of, change, contact_of, run
from tests.vocapp.sync.conftest import settings_for_org
from tests.vocapp.sync.test_engine_our_side import a_person, ran_well
from tests.vocapp.sync.test_engine_writing import a_score
from vocapp.core.db import db
from vocapp.sync.models import CrmField


@pytest.fixture
def persons(app: Flask) -> Iterator[SalesforceEmulator]:
    a_company()
    with SalesforceEmulator(has_person_accounts=True, has_currencies=True) as org:
        for name, fields in FIELDS_OF_OURS.items():
            org.install_fields(name, *fields)
        org.add_rule("Contact", "Edit the account.", lambda row, _before: bool(row.get("IsPersonAccount")))
        with settings_for_org(app, org):
            yield org


def test_person_accounts_come_in_and_only_their_account_is_written(persons: SalesforceEmulator) -> None:
    connection_id = a_connection()
    ann = persons.insert(
        "Account", FirstName="Ann", LastName="Lee", PersonEmail="ann@x.example", CurrencyIsoCode="EUR"
    )
    acme = persons.insert("Account", Name="Acme")
    ken = a_person(persons, acme, "Ken")
    ran_well(run(connection_id, org=persons))
    (mirror,) = [row["Id"] for row in persons.rows("Contact") if row.get("IsPersonAccount")]
    assert (account_of(ann).name, account_of(ann).currency) == ("Ann Lee", "EUR")
    assert (contact_of(mirror).email, contact_of(mirror).account_id) == ("ann@x.example", account_of(ann).id)
    change(contact_of(mirror), title="CEO")
    change(contact_of(ken), title="CFO")
    a_score(account_of(ann))
    done = ran_well(run(connection_id, org=persons))
    assert done.report["refusals"] == 0
    assert (persons.get(ken)["Title"], persons.get(mirror).get("Title")) == ("CFO", None)
    assert persons.get(ann)["VOC_Relationship_Score__c"] == 72
    assert not db.session.scalars(select(CrmField).where(CrmField.stopped_reason.is_not(None))).all()
