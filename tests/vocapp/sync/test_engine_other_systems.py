"""The same engine with HubSpot and with a drop folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from integrations.crm.folder.client import FolderCrm
from tests.builders import a_company
from tests.hubspot_emulator.properties import Property
from tests.hubspot_emulator.server import HubspotEmulator
from tests.vocapp.sync.builders import change, run
from tests.vocapp.sync.test_engine_writing import a_score
from vocapp.accounts.models import Account, Contact
from vocapp.core.connection_settings import HubspotSettings
from vocapp.core.db import db, transaction
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.renewals.models import Opportunity
from vocapp.sync.looking import look_and_propose
from vocapp.sync.models import CrmLink
from vocapp.sync.rules import RunState
from vocapp.sync.service import connect


@contextmanager
def settings(app: Flask, **changes: Any) -> Iterator[None]:
    before = app.extensions[EXTENSION_KEY]
    app.extensions[EXTENSION_KEY] = replace(before, settings=replace(before.settings, **changes))
    yield
    app.extensions[EXTENSION_KEY] = before


def connect_to(kind: str) -> int:
    with transaction():
        connection_id = connect(kind, name=kind, access={}, secret_values={}, by=None).id
    look_and_propose(connection_id)
    return connection_id


@pytest.fixture
def hubspot(app: Flask) -> Iterator[HubspotEmulator]:
    a_company()
    with HubspotEmulator() as emulator:
        for name in ("voc_relationship_score", "voc_response_count"):
            emulator.store.properties["companies"][name] = Property(name, name, "number", "number")
        person = Property("voc_person_id", "Person", is_unique=True)
        emulator.store.properties["contacts"][person.name] = person
        with settings(app, hubspot=HubspotSettings(token=emulator.token, emulator_url=emulator.url)):
            yield emulator


def later(emulator: HubspotEmulator) -> None:
    emulator.store.set_clock(datetime.now(UTC) + timedelta(minutes=5 * len(emulator.log) + 5))


def test_companies_people_and_deals_come_from_hubspot_and_scores_go_back(hubspot: HubspotEmulator) -> None:
    store = hubspot.store
    acme = store.create("companies", {"name": "Acme"})
    ken = store.create("contacts", {"lastname": "Mori", "email": "ken@acme.example"})
    store.link("contacts", ken.id, acme.id, is_primary=True)
    deal = store.create("deals", {"dealname": "2027", "dealtype": "renewal", "amount": "100"})
    store.link("deals", deal.id, acme.id, is_primary=True)
    connection_id = connect_to("hubspot")
    later(hubspot)
    first = run(connection_id)
    assert (first.state, first.reason) == (RunState.DONE, None)
    account = db.session.scalars(select(Account)).one()
    person = db.session.scalars(select(Contact)).one()
    assert (account.name, account.external_id) == ("Acme", f"hubspot-{acme.id}")
    assert (person.last_name, person.account_id) == ("Mori", account.id)
    assert db.session.scalars(select(Opportunity)).one().account_id == account.id
    a_score(account, strength=61)
    change(person, phone="+81 3")
    later(hubspot)
    run(connection_id)
    assert store.items["companies"][acme.id].properties["voc_relationship_score"] == "61"
    assert store.items["contacts"][ken.id].properties["phone"] == "+81 3"
    later(hubspot)
    again = run(connection_id)
    assert (again.state, again.report["written"]) == (RunState.DONE, {})


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Iterator[Path]:
    a_company()
    with settings(app, crm_folder=tmp_path):
        yield tmp_path


ACCOUNTS = "external_id,name,industry\nA-1,Northgate,Retail\n"
PEOPLE = "external_id,account_external_id,last_name,email\nC-1,A-1,Mori,ken@northgate.example\n"


def test_files_of_a_folder_come_in_and_scores_stand_in_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if both files had been lying there for a while.
    monkeypatch.setattr(FolderCrm, "now", lambda _self: datetime.now(UTC) + timedelta(minutes=5))
    monkeypatch.setattr("vocapp.sync.connecting.FolderCrm", partial(FolderCrm, settle=timedelta()))
    (folder / "accounts.csv").write_text(ACCOUNTS)
    (folder / "contacts.csv").write_text(PEOPLE)
    connection_id = connect_to("folder")
    first = run(connection_id)
    assert (first.state, first.reason, first.report["notes"]) == (RunState.DONE, None, [])
    assert [link.state for link in db.session.scalars(select(CrmLink))] == ["linked", "linked"]
    account = db.session.scalars(select(Account)).one()
    assert (account.external_id, account.industry) == ("A-1", "Retail")
    a_score(account, strength=61)
    run(connection_id)
    assert "61" in (folder / "out" / "accounts-scores.csv").read_text()
    assert run(connection_id).report["written"] == {}
