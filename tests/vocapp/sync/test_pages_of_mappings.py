"""The pages of the mapping: objects, fields, rules, and users over there."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.builders import a_company, a_persona, a_tier, a_user
from tests.conftest import CheckingClient
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import change, connection_of, link_of, run
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.sync.known_fields import known_fields
from vocapp.sync.models import CrmField, CrmMapping
from vocapp.sync.rules import Direction, Owner

HOME = "/settings/connections"
FIELD = {"ours": "region", "theirs": "BillingState", "direction": "in", "owner": "salesforce"}


@pytest.fixture
def administrator(app: Flask, client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


def mapping_of(connection_id: int, entity: str = "account") -> CrmMapping:
    return db.session.scalars(
        select(CrmMapping).where(CrmMapping.connection_id == connection_id, CrmMapping.entity == entity)
    ).one()


def path_of(mapping: CrmMapping, rest: str = "") -> str:
    return f"{HOME}/{mapping.connection_id}/mapping/{mapping.id}{rest}"


def mapped(mapping: CrmMapping, ours: str) -> CrmField | None:
    return db.session.scalar(select(CrmField).where(CrmField.mapping_id == mapping.id, CrmField.ours == ours))


def text_of(client: CheckingClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_every_object_has_its_page(administrator: CheckingClient, connection_id: int) -> None:
    for mapping in connection_of(connection_id).mappings:
        assert mapping.object in text_of(administrator, path_of(mapping))


def test_a_mapping_of_another_connection_is_not_found(
    administrator: CheckingClient, connection_id: int
) -> None:
    mapping = mapping_of(connection_id)
    assert administrator.get(f"{HOME}/{connection_id + 1}/mapping/{mapping.id}").status_code == 404


def test_a_field_is_mapped(administrator: CheckingClient, connection_id: int) -> None:
    mapping = mapping_of(connection_id)
    assert administrator.post(path_of(mapping, "/field"), data=FIELD).status_code == 302
    field = mapped(mapping, "region")
    assert field is not None
    assert (field.theirs, field.direction, field.owner) == ("BillingState", Direction.IN, Owner.SALESFORCE)


def test_a_mapped_field_is_shown_as_it_travels(administrator: CheckingClient, connection_id: int) -> None:
    page = text_of(administrator, path_of(mapping_of(connection_id), "/field?ours=name"))
    assert 'value="Name"' in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"theirs": ""}, "Choose or type the field"),
        ({"theirs": "a b'; DROP"}, "This is no name of a field"),
        ({"ours": "strength", "direction": "in"}, "can travel only this way"),
        ({"owner": "vocapp"}, "cannot be ours and only come in"),
        ({"ours": "soul"}, "Not a valid choice"),
    ],
)
def test_each_wrong_field_has_its_sentence(
    administrator: CheckingClient, connection_id: int, wrong: dict[str, str], sentence: str
) -> None:
    response = administrator.post(path_of(mapping_of(connection_id), "/field"), data={**FIELD, **wrong})
    assert sentence in response.get_data(as_text=True)


def test_a_field_is_taken_out(administrator: CheckingClient, connection_id: int) -> None:
    mapping = mapping_of(connection_id)
    field = mapped(mapping, "industry")
    assert field is not None
    administrator.post(path_of(mapping, f"/fields/{field.id}/drop"))
    assert mapped(mapping, "industry") is None


def test_people_keep_their_account(administrator: CheckingClient, connection_id: int) -> None:
    mapping = mapping_of(connection_id, "contact")
    field = mapped(mapping, "account")
    assert field is not None
    administrator.post(path_of(mapping, f"/fields/{field.id}/drop"))
    assert "Without their account" in text_of(administrator, path_of(mapping))


def test_what_rests_says_why_and_is_resumed(administrator: CheckingClient, connection_id: int) -> None:
    mapping = mapping_of(connection_id)
    field = mapped(mapping, "industry")
    assert field is not None
    change(field, stopped_reason="Industry is hidden from the integration user.")
    assert "Industry is hidden" in text_of(administrator, path_of(mapping))
    assert "one field rests" in text_of(administrator, f"{HOME}/{connection_id}/mapping")
    administrator.post(path_of(mapping, "/resume"))
    assert field.stopped_reason is None


def test_a_filter_is_kept(administrator: CheckingClient, connection_id: int) -> None:
    mapping = mapping_of(connection_id)
    sent = {"is_active": "y", "filter": " Type = 'Customer' ", "match_field": ""}
    administrator.post(path_of(mapping), data=sent)
    assert (mapping.filter, mapping.creates, mapping.is_active) == ("Type = 'Customer'", False, True)


@pytest.mark.parametrize("text", ["Type = 'Customer", "(Type = 'Customer'"])
def test_a_filter_that_is_not_closed_is_refused(
    administrator: CheckingClient, connection_id: int, text: str
) -> None:
    mapping = mapping_of(connection_id)
    response = administrator.post(path_of(mapping), data={"is_active": "y", "filter": text})
    assert "is not closed" in response.get_data(as_text=True)


def test_their_fields_are_looked_at_on_request(administrator: CheckingClient, connection_id: int) -> None:
    mapping = mapping_of(connection_id)
    administrator.post(path_of(mapping, "/look"))
    assert "Industry" in {one.name for one in known_fields(mapping)}
    assert "We saw" in text_of(administrator, path_of(mapping))


def test_when_they_do_not_answer_the_page_says_so(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    salesforce.set_access(consumer_secret="another one")
    mapping = mapping_of(connection_id)
    administrator.post(path_of(mapping, "/look"))
    assert "v-notice--error" in text_of(administrator, path_of(mapping))


@pytest.mark.parametrize(
    ("entity", "line", "ours"),
    [
        ("account", {"target": "tier", "field": "Type", "equals": "Customer", "gives": "Tier 1"}, "tier"),
        (
            "contact",
            {"target": "personas", "field": "ContactRole.Role", "equals": "*", "gives": "champion"},
            "personas",
        ),
    ],
)
def test_a_rule_gives_tiers_and_personas(
    administrator: CheckingClient, connection_id: int, entity: str, line: dict[str, Any], ours: str
) -> None:
    a_tier()
    a_persona()
    mapping = mapping_of(connection_id, entity)
    administrator.post(path_of(mapping, "/rules"), data=line)
    assert mapping.value_rules == [line]
    administrator.post(path_of(mapping, "/rules/1/drop"))
    assert mapping.value_rules == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"field": ""}, "Choose the field to look at"),
        ({"equals": ""}, "Enter the value"),
        ({"gives": "Tier 9"}, "Not a valid choice"),
    ],
)
def test_each_wrong_rule_has_its_sentence(
    administrator: CheckingClient, connection_id: int, wrong: dict[str, str], sentence: str
) -> None:
    a_tier()
    line = {"target": "tier", "field": "Type", "equals": "Customer", "gives": "Tier 1", **wrong}
    response = administrator.post(path_of(mapping_of(connection_id), "/rules"), data=line)
    assert sentence in response.get_data(as_text=True)


def test_there_is_no_rule_to_drop(administrator: CheckingClient, connection_id: int) -> None:
    assert administrator.post(path_of(mapping_of(connection_id), "/rules/1/drop")).status_code == 404


def test_users_are_listed_with_what_they_own_and_chosen_by_hand(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    (owner,) = salesforce.seed([{"type": "User", "Name": "Olga Owner", "Email": "olga@org.example"}])
    salesforce.insert("Account", Name="Globex", OwnerId=owner)
    run(connection_id, org=salesforce)
    page = text_of(administrator, f"{HOME}/{connection_id}/mapping/users")
    assert "Olga Owner" in page
    somebody = a_user(RoleName.CSM)
    link = link_of(owner)
    path = f"{HOME}/{connection_id}/mapping/users/{link.id}"
    administrator.post(path, data={"user_id": somebody.id})
    assert link_of(owner).local_id == somebody.id
    administrator.post(path, data={"user_id": 0})
    assert link_of(owner).local_id is None


def test_nobody_is_chosen_who_is_not_on_the_list(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    (owner,) = salesforce.seed([{"type": "User", "Name": "Olga Owner", "Email": "olga@org.example"}])
    run(connection_id, org=salesforce)
    path = f"{HOME}/{connection_id}/mapping/users/{link_of(owner).id}"
    administrator.post(path, data={"user_id": 999_999})
    assert link_of(owner).local_id is None


def test_queues_that_own_accounts_are_named(
    administrator: CheckingClient, connection_id: int, salesforce: SalesforceEmulator
) -> None:
    key = salesforce.insert("Account", Name="Globex")
    run(connection_id, org=salesforce)
    link = link_of(key)
    change(link, theirs={**link.theirs, "OwnerId": "00G000000000001AAA"})
    assert "Owners that are no users" in text_of(administrator, f"{HOME}/{connection_id}/mapping/users")
