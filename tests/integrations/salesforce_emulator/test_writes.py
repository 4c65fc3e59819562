"""Writing one record and many, what is refused, and what becomes of deleted and merged ones."""

from typing import Any

import pytest

from tests.salesforce_emulator.org import EDITING_USER, INTEGRATION_USER
from tests.salesforce_emulator.server import SalesforceEmulator

PERSON_ID = {
    "name": "Person_Id__c",
    "length": 64,
    "is_external_id": True,
    "is_unique": True,
    "is_case_sensitive": True,
}
UPSERTS = "composite/sobjects/Contact/Person_Id__c"


@pytest.fixture(autouse=True)
def own_fields(emulator: SalesforceEmulator) -> None:
    band = {
        "name": "Band__c",
        "type": "picklist",
        "length": 255,
        "choices": ["weak", "strong"],
        "is_restricted": True,
    }
    emulator.install_fields("Contact", PERSON_ID, band)


def contact(**values: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Contact"}, **values}


def records(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"records": list(rows), **more}


def codes(results: list[dict[str, Any]]) -> list[str | None]:
    return [None if result["success"] else result["errors"][0]["statusCode"] for result in results]


def test_a_record_is_made_read_changed_and_deleted(client: Any, emulator: SalesforceEmulator) -> None:
    made = client.call("POST", "sobjects/Contact/", json={"LastName": " Ada ", "Email": "ada@acme.example"})
    assert made.status_code == 201
    key = made.json()["id"]
    emulator.advance(60)
    assert client.call("PATCH", f"sobjects/Contact/{key[:15]}", json={"Title": "CFO"}).status_code == 204
    found = client.get(
        f"sobjects/Contact/{key}?fields=Name,Title,CreatedDate,SystemModstamp,LastModifiedById"
    )
    del found["attributes"]
    assert found == {
        "Name": "Ada",
        "Title": "CFO",
        "CreatedDate": "2026-03-11T12:00:00.000+0000",
        "SystemModstamp": "2026-03-11T12:01:00.000+0000",
        "LastModifiedById": INTEGRATION_USER,
    }
    assert client.call("DELETE", f"sobjects/Contact/{key}").status_code == 204
    gone = client.call("PATCH", f"sobjects/Contact/{key}", json={"Title": "x"})
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


@pytest.mark.parametrize(
    ("values", "code", "fields"),
    [
        ({"FirstName": "x"}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"LastName": "x" * 81}, "STRING_TOO_LONG", ["LastName"]),
        ({"LastName": "x", "FirstName": "😀" * 21}, "STRING_TOO_LONG", ["FirstName"]),
        ({"LastName": "x", "Email": "not an address"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"LastName": "x", "Band__c": "other"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Band__c"]),
        ({"LastName": "x", "Nope__c": 1}, "INVALID_FIELD", []),
        ({"LastName": "x", "Name": "y"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"]),
        ({"LastName": "x", "AccountId": "short"}, "MALFORMED_ID", ["AccountId"]),
        (
            {"LastName": "x", "AccountId": "0013g0000000009"},
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            [],
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    client: Any, values: dict[str, Any], code: str, fields: list[str]
) -> None:
    answer = client.call("POST", "sobjects/Contact", json=values)
    assert answer.status_code == 400
    [told] = answer.json()
    assert (told["errorCode"], told["fields"]) == (code, fields)


def test_values_of_a_wrong_kind_make_the_whole_call_unreadable(
    client: Any, emulator: SalesforceEmulator
) -> None:
    answer = client.call(
        "POST", "composite/sobjects", json=records(contact(LastName="a"), contact(LastName=5))
    )
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert emulator.rows("Contact") == []


def test_collections_tell_each_result_in_order(client: Any) -> None:
    body = records(contact(LastName="a"), contact(FirstName="b"), contact(LastName="c"))
    answer = client.call("POST", "composite/sobjects", json=body)
    assert answer.status_code == 200
    assert codes(answer.json()) == [None, "REQUIRED_FIELD_MISSING", None]


def test_all_or_none_takes_everything_back(client: Any, emulator: SalesforceEmulator) -> None:
    body = records(contact(LastName="a"), contact(FirstName="b"), allOrNone=True)
    answer = client.call("POST", "composite/sobjects", json=body)
    assert codes(answer.json()) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert emulator.rows("Contact") == []


def test_201_records_in_one_call_are_too_many(client: Any, emulator: SalesforceEmulator) -> None:
    answer = client.call("POST", "composite/sobjects", json=records(*[contact(LastName="a")] * 201))
    assert answer.status_code == 400
    assert emulator.rows("Contact") == []


def test_unknown_keys_of_a_call_are_refused(client: Any) -> None:
    answer = client.call("POST", "composite/sobjects", json=records(contact(LastName="a"), allornone=True))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_an_upsert_makes_once_and_changes_afterwards(client: Any, emulator: SalesforceEmulator) -> None:
    body = records(contact(Person_Id__c="p1", LastName="Ada"))
    [first] = client.call("PATCH", UPSERTS, json=body).json()
    [second] = client.call("PATCH", UPSERTS, json=body).json()
    assert (first["created"], second["created"], first["id"]) == (True, False, second["id"])
    assert len(emulator.rows("Contact")) == 1


def test_an_external_id_tells_cases_apart_and_may_hold_a_slash(client: Any) -> None:
    first = client.call("PATCH", "sobjects/Contact/Person_Id__c/a%2Fb", json={"LastName": "x"})
    second = client.call("PATCH", "sobjects/Contact/Person_Id__c/A%2Fb", json={"LastName": "y"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert client.get("sobjects/Contact/Person_Id__c/A%2Fb?fields=LastName")["LastName"] == "y"


def test_an_external_id_of_two_rows_is_ambiguous(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.install_fields("Contact", {"name": "Loose__c", "length": 9, "is_external_id": True})
    emulator.seed([{"type": "Contact", "LastName": name, "Loose__c": "x"} for name in "ab"])
    answer = client.call("PATCH", "sobjects/Contact/Loose__c/x", json={"LastName": "c"})
    assert (answer.status_code, len(answer.json())) == (300, 2)


def test_repeated_external_ids_in_one_call_are_refused(client: Any) -> None:
    body = records(*(contact(Person_Id__c=key, LastName="x") for key in ("p1", "p2", "p1")))
    assert codes(client.call("PATCH", UPSERTS, json=body).json()) == [
        "DUPLICATE_VALUE",
        None,
        "DUPLICATE_VALUE",
    ]


def test_repeated_ids_in_one_call_are_refused(client: Any, emulator: SalesforceEmulator) -> None:
    [key] = emulator.seed([{"type": "Contact", "LastName": "a"}])
    body = records(contact(id=key, Title="x"), contact(id=key[:15], Title="y"))
    assert codes(client.call("PATCH", "composite/sobjects", json=body).json()) == ["DUPLICATE_VALUE"] * 2


def test_a_unique_value_of_another_row_is_refused(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.seed([{"type": "Contact", "LastName": "a", "Person_Id__c": "p1"}])
    answer = client.call("POST", "sobjects/Contact", json={"LastName": "b", "Person_Id__c": "p1"})
    assert answer.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_a_parent_can_be_named_by_its_external_id(client: Any, emulator: SalesforceEmulator) -> None:
    link = {"name": "Contact__c", "type": "reference", "refers_to": ["Contact"], "relationship": "Contact__r"}
    emulator.install_fields("Answer__c", link)
    [key] = emulator.seed([{"type": "Contact", "LastName": "a", "Person_Id__c": "p1"}])
    made = client.call("POST", "sobjects/Answer__c", json={"Contact__r": {"Person_Id__c": "p1"}}).json()
    assert emulator.get(made["id"])["Contact__c"] == key


def test_a_duplicate_rule_names_the_match_and_can_be_overruled(
    client: Any, emulator: SalesforceEmulator
) -> None:
    [key] = emulator.seed([{"type": "Contact", "LastName": "a", "Email": "a@acme.example"}])
    emulator.add_duplicate_rule("Contact", "Email")
    values = {"LastName": "b", "Email": "A@acme.example"}
    answer = client.call("POST", "sobjects/Contact", json=values)
    [told] = answer.json()
    [match] = told["duplicateResult"]["matchResults"][0]["matchRecords"]
    assert (told["errorCode"], match["record"]["Id"]) == ("DUPLICATES_DETECTED", key)
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert client.call("POST", "sobjects/Contact", json=values, headers=allowed).status_code == 201


def test_rules_of_the_org_are_heeded(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.add_rule("Contact", "No interns.", lambda row, _: row.get("Title") == "Intern", "Title")
    answer = client.call("POST", "sobjects/Contact", json={"LastName": "b", "Title": "Intern"})
    [told] = answer.json()
    assert told == {
        "message": "No interns.",
        "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "fields": ["Title"],
    }


def test_a_locked_account_holds_its_contacts_back_once(client: Any, emulator: SalesforceEmulator) -> None:
    [account] = emulator.seed([{"type": "Account", "Name": "Acme"}])
    [key] = emulator.seed([{"type": "Contact", "LastName": "a", "AccountId": account}])
    emulator.lock_row(account)
    body = records(contact(id=key, Title="x"))
    assert codes(client.call("PATCH", "composite/sobjects", json=body).json()) == ["UNABLE_TO_LOCK_ROW"]
    assert codes(client.call("PATCH", "composite/sobjects", json=body).json()) == [None]


def test_an_inactive_user_cannot_become_an_owner(client: Any, emulator: SalesforceEmulator) -> None:
    [user] = emulator.seed(
        [{"type": "User", "LastName": "x", "Username": "x", "Email": "x@vendor.example", "IsActive": False}]
    )
    answer = client.call("POST", "sobjects/Contact", json={"LastName": "b", "OwnerId": user})
    assert answer.json()[0]["errorCode"] == "INACTIVE_OWNER_OR_USER"


def test_retrieving_keeps_the_order_and_leaves_gaps(client: Any, emulator: SalesforceEmulator) -> None:
    first, second, third = emulator.seed({"type": "Contact", "LastName": name} for name in "abc")
    emulator.delete(second)
    body = {"ids": [third, second, first[:15]], "fields": ["LastName"]}
    found = client.call("POST", "composite/sobjects/Contact", json=body).json()
    assert [row and row["LastName"] for row in found] == ["c", None, "a"]


def test_a_merge_moves_children_without_touching_their_stamps(
    client: Any, emulator: SalesforceEmulator
) -> None:
    a, b, c = emulator.seed({"type": "Account", "Name": name} for name in "abc")
    [child] = emulator.seed([{"type": "Contact", "LastName": "x", "AccountId": a}])
    stamp = emulator.get(child)["SystemModstamp"]
    emulator.advance(60)
    emulator.merge(b, a)
    emulator.advance(60)
    emulator.merge(c, b, Industry="Finance")
    assert (emulator.get(child)["AccountId"], emulator.get(child)["SystemModstamp"]) == (c, stamp)
    source = "SELECT Name, MasterRecordId, SystemModstamp FROM Account WHERE IsDeleted = true ORDER BY Name"
    gone = client.query(source, path="queryAll")["records"]
    assert [(row["Name"], row["MasterRecordId"]) for row in gone] == [("a", b), ("b", c)]
    assert gone[0]["SystemModstamp"] == "2026-03-11T12:01:00.000+0000"
    assert emulator.get(c)["Industry"] == "Finance"


def test_deleting_an_account_takes_its_contacts_along_and_back(
    client: Any, emulator: SalesforceEmulator
) -> None:
    [account] = emulator.seed([{"type": "Account", "Name": "Acme"}])
    [child] = emulator.seed([{"type": "Contact", "LastName": "x", "AccountId": account}])
    emulator.advance(60)
    emulator.delete(account)
    assert emulator.get(child)["IsDeleted"]
    emulator.advance(60)
    emulator.undelete(account)
    assert client.names("SELECT Name FROM Contact") == ["x"]
    assert emulator.get(child)["LastModifiedById"] == EDITING_USER


def test_hard_deleted_rows_are_known_to_get_deleted_only(client: Any, emulator: SalesforceEmulator) -> None:
    soft, hard = emulator.seed({"type": "Contact", "LastName": name} for name in "ab")
    emulator.delete(soft)
    emulator.hard_delete(hard)
    emulator.advance(300)
    assert client.names("SELECT Name FROM Contact", path="queryAll") == ["a"]
    window = {"start": "2026-03-11T11:00:00Z", "end": "2026-03-11T12:04:00Z"}
    told = client.get("sobjects/Contact/deleted/", params=window)
    assert {one["id"] for one in told["deletedRecords"]} == {soft, hard}
    assert told["latestDateCovered"] == "2026-03-11T12:04:00.000+0000"
    assert told["earliestDateAvailable"] == "2026-02-24T12:05:00.000+0000"


def test_get_updated_covers_as_far_as_it_says(client: Any, emulator: SalesforceEmulator) -> None:
    [old] = emulator.seed([{"type": "Contact", "LastName": "a"}])
    emulator.set_replication(lag=120)
    emulator.advance(300)
    window = {"start": "2026-03-11T11:00:00Z", "end": "2026-03-11T12:05:00Z"}
    told = client.get("sobjects/Contact/updated", params=window)
    assert told == {"ids": [old], "latestDateCovered": "2026-03-11T12:03:00.000+0000"}


@pytest.mark.parametrize(
    "window",
    [
        {"start": "2026-03-11T12:00:00Z", "end": "2026-03-11T11:00:00Z"},
        {"start": "2026-01-01T00:00:00Z", "end": "2026-03-11T12:00:00Z"},
        {"start": "2026-03-11T11:00:00", "end": "2026-03-11T12:00:00Z"},
        {"start": "2026-03-11T11:00:00Z"},
    ],
)
def test_windows_that_make_no_sense_are_refused(client: Any, window: dict[str, str]) -> None:
    answer = client.call("GET", "sobjects/Contact/updated", params=window)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")
