"""The queries that are understood, those that are refused, and paging."""

from typing import Any

import pytest

from tests.salesforce_emulator.server import SalesforceEmulator


@pytest.fixture(autouse=True)
def rows(emulator: SalesforceEmulator) -> dict[str, str]:
    [owner] = emulator.seed(
        [
            {
                "type": "User",
                "FirstName": "Olga",
                "LastName": "Owner",
                "Email": "olga@vendor.example",
                "Username": "o",
            }
        ]
    )
    acme, blank = emulator.seed(
        [
            {"type": "Account", "Name": "Acme", "OwnerId": owner, "Industry": "Finance", "ARR__c": 5.5},
            {"type": "Account", "Name": "Blank's 100%", "Renewal_Date__c": "2026-03-11"},
        ]
    )
    ada, bob = emulator.seed(
        [
            {
                "type": "Contact",
                "LastName": "Ada",
                "AccountId": acme,
                "SystemModstamp": "2026-03-01T00:00:00Z",
            },
            {"type": "Contact", "LastName": "Bob", "SystemModstamp": "2026-03-02T00:00:00Z", "Title": "CFO"},
        ]
    )
    return {"owner": owner, "acme": acme, "blank": blank, "ada": ada, "bob": bob}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'aCmE'", ["Acme"]),
        ("Name != 'Acme'", ["Blank's 100%"]),
        ("Name <> 'Acme'", ["Blank's 100%"]),
        ("Industry != 'Finance'", ["Blank's 100%"]),
        ("NOT Industry = 'Finance'", ["Blank's 100%"]),
        ("Industry = null", ["Blank's 100%"]),
        ("Industry != null", ["Acme"]),
        ("Industry < 'Z'", ["Acme"]),
        ("ARR__c >= 5.5", ["Acme"]),
        ("ARR__c < 100", ["Acme"]),
        ("Name IN ('acme', 'x')", ["Acme"]),
        ("Name NOT IN ('acme')", ["Blank's 100%"]),
        ("Industry NOT IN ('Finance')", ["Blank's 100%"]),
        ("Name LIKE 'ac%'", ["Acme"]),
        ("Name LIKE '_cme'", ["Acme"]),
        (r"Name LIKE '%\%'", ["Blank's 100%"]),
        (r"Name LIKE 'blank\'s%'", ["Blank's 100%"]),
        (r"Name LIKE 'Acm\_'", []),
        ("Renewal_Date__c = 2026-03-11", ["Blank's 100%"]),
        ("Renewal_Date__c = TODAY", ["Blank's 100%"]),
        ("Renewal_Date__c < TODAY", []),
        ("CreatedDate = LAST_N_DAYS:2", ["Acme", "Blank's 100%"]),
        ("CreatedDate > 2026-03-11T13:30:00.000+02:00", ["Acme", "Blank's 100%"]),
        ("CreatedDate > 2026-03-11T12:00:00Z", []),
        ("(Name = 'x' OR Name = 'Acme') AND ARR__c > 1", ["Acme"]),
        ("NOT (Name = 'x' OR Name = 'Acme')", ["Blank's 100%"]),
        ("Owner.Email = 'OLGA@vendor.example'", ["Acme"]),
        ("Owner.Name = 'Olga Owner'", ["Acme"]),
        ("IsDeleted = false", ["Acme", "Blank's 100%"]),
    ],
)
def test_a_condition_finds_what_it_says(client: Any, where: str, expected: list[str]) -> None:
    assert client.names(f"SELECT Name FROM Account WHERE {where} ORDER BY Name") == expected


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("SELECT * FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY"),
        (r"SELECT Id FROM Account WHERE Name = 'a\x'", "MALFORMED_QUERY"),
        (r"SELECT Id FROM Account WHERE Name = 'a\_'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account GROUP BY Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account a", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id, id FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-13-41T00:00:00Z", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Nope.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 3", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE ARR__c = '3'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Renewal_Date__c = '2026-03-11'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Renewal_Date__c = 2026-03-11T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-03-11", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE IsDeleted = 'false'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
    ],
)
def test_what_is_not_understood_is_refused(client: Any, source: str, code: str) -> None:
    assert client.refusal(source) == code


def test_names_are_written_as_the_org_spells_them(client: Any, rows: dict[str, str]) -> None:
    [record] = client.query("select id, account.owner.name from contact where lastname = 'ada'")["records"]
    assert record["attributes"]["type"] == "Contact"
    assert record["Id"] == rows["ada"]
    assert record["Account"]["Owner"]["Name"] == "Olga Owner"


def test_a_parent_that_is_not_there_is_null(client: Any) -> None:
    [record] = client.query("SELECT Id, Account.Name FROM Contact WHERE LastName = 'Bob'")["records"]
    assert record["Account"] is None


def test_an_owner_that_may_be_a_queue_says_what_it_is(client: Any, emulator: SalesforceEmulator) -> None:
    [queue] = emulator.seed([{"type": "Group", "Name": "Support", "Type": "Queue"}])
    emulator.seed([{"type": "Case", "Subject": "x", "OwnerId": queue}])
    [record] = client.query(
        "SELECT Owner.Name, Owner.Type, Owner.Email FROM Case WHERE Owner.Type = 'Group'"
    )["records"]
    assert (record["Owner"]["Name"], record["Owner"]["Type"], record["Owner"]["Email"]) == (
        "Support",
        "Group",
        None,
    )


def test_count_gives_a_total_and_no_records(client: Any) -> None:
    assert client.query("SELECT COUNT() FROM Contact") == {"totalSize": 2, "done": True, "records": []}


def test_nulls_come_first_unless_told_otherwise(client: Any) -> None:
    assert client.names("SELECT Name FROM Contact ORDER BY Title") == ["Ada", "Bob"]
    assert client.names("SELECT Name FROM Contact ORDER BY Title DESC") == ["Ada", "Bob"]
    assert client.names("SELECT Name FROM Contact ORDER BY Title NULLS LAST") == ["Bob", "Ada"]


def test_limit_and_offset_cut_the_order(client: Any) -> None:
    assert client.names("SELECT Name FROM Contact ORDER BY Name DESC LIMIT 1 OFFSET 1") == ["Ada"]


def test_moments_are_written_in_utc_with_milliseconds(client: Any) -> None:
    [record] = client.query("SELECT SystemModstamp FROM Contact WHERE LastName = 'Ada'")["records"]
    assert record["SystemModstamp"] == "2026-03-01T00:00:00.000+0000"


def test_fifteen_characters_find_the_record_of_eighteen(client: Any, rows: dict[str, str]) -> None:
    assert client.names(f"SELECT Name FROM Contact WHERE Id = '{rows['ada'][:15]}'") == ["Ada"]


def test_deleted_rows_are_in_query_all_only(
    client: Any, emulator: SalesforceEmulator, rows: dict[str, str]
) -> None:
    emulator.delete(rows["bob"])
    assert client.names("SELECT Name FROM Contact ORDER BY Name") == ["Ada"]
    assert client.names("SELECT Name FROM Contact ORDER BY Name", path="queryAll") == ["Ada", "Bob"]


@pytest.mark.parametrize("sizes", [(2000,), (200,), (7, 3, 50)])
@pytest.mark.parametrize("path", ["query", "queryAll"])
def test_every_row_arrives_once_at_any_page_size(
    client: Any, emulator: SalesforceEmulator, sizes: tuple[int, ...], path: str
) -> None:
    emulator.seed(
        {"type": "Contact", "LastName": f"P{n}", "SystemModstamp": "2026-03-05T00:00:00Z"} for n in range(300)
    )
    emulator.set_page_size(*sizes)
    page = client.query("SELECT Id FROM Contact ORDER BY SystemModstamp, Id", path=path)
    seen = [record["Id"] for record in page["records"]]
    while not page["done"]:
        assert page["totalSize"] == 302
        page = client.get(page["nextRecordsUrl"])
        seen += [record["Id"] for record in page["records"]]
    assert len(seen) == len(set(seen)) == 302


def test_a_run_can_go_on_behind_a_place_within_one_stamp(client: Any, emulator: SalesforceEmulator) -> None:
    keys = emulator.seed(
        {"type": "Contact", "LastName": f"P{n}", "SystemModstamp": "2026-03-05T00:00:00Z"} for n in range(10)
    )
    stamp = "2026-03-05T00:00:00Z"
    where = f"SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{keys[6]}')"
    records = client.query(f"SELECT Id FROM Contact WHERE {where} ORDER BY SystemModstamp, Id")["records"]
    assert [record["Id"] for record in records] == keys[7:]


def test_a_cursor_that_is_forgotten_is_refused(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.set_page_size(1)
    page = client.query("SELECT Id FROM Contact")
    emulator.expire_cursors()
    answer = client.call("GET", page["nextRecordsUrl"])
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_a_hint_sets_the_page_size_between_200_and_2000(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.seed({"type": "Contact", "LastName": f"P{n}"} for n in range(300))
    page = client.query("SELECT Id FROM Contact", headers={"Sforce-Query-Options": "batchSize=10"})
    assert len(page["records"]) == 200


def test_a_hidden_field_is_unknown_to_queries_and_describe(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.hide_field("Contact", "Title")
    assert client.refusal("SELECT Title FROM Contact") == "INVALID_FIELD"
    names = {field["name"] for field in client.get("sobjects/Contact/describe")["fields"]}
    assert "Email" in names
    assert "Title" not in names


def test_a_row_out_of_sight_is_silently_absent(
    client: Any, emulator: SalesforceEmulator, rows: dict[str, str]
) -> None:
    emulator.hide_row(rows["ada"])
    assert client.names("SELECT Name FROM Contact", path="queryAll") == ["Bob"]


def test_a_late_row_appears_behind_the_newest_with_its_early_stamp(
    client: Any, emulator: SalesforceEmulator, rows: dict[str, str]
) -> None:
    emulator.show_row_after(rows["ada"], 60)
    assert client.names("SELECT Name FROM Contact") == ["Bob"]
    emulator.advance(61)
    assert client.names("SELECT Name FROM Contact ORDER BY SystemModstamp") == ["Ada", "Bob"]
