"""Reading from an emulated organisation: nothing lost, nothing twice, whatever happens on the way."""

from datetime import timedelta

import pytest

from integrations.crm.base import NoAccess, SchemaChanged, TooBusy
from integrations.crm.records import Place
from integrations.crm.salesforce import soql
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.errors import Rejected
from tests.integrations.crm.salesforce.emulated import START, connected, pull, seed_contacts
from tests.salesforce_emulator.server import SalesforceEmulator

# 4,321 rows, 3,000 of which share one stamp.
MANY = [
    *(START - timedelta(days=2, seconds=number) for number in range(700)),
    *[START - timedelta(days=1)] * 3000,
    *(START - timedelta(hours=1, seconds=number) for number in range(621)),
]


@pytest.mark.parametrize("size", [2000, 200, 7])
def test_all_rows_arrive_once_in_order_at_any_page_size(
    org: SalesforceEmulator, crm: SalesforceCrm, size: int
) -> None:
    ids = seed_contacts(org, MANY)
    org.set_page_size(size)
    found = pull(crm)
    assert sorted(record.id for record in found) == sorted(ids)
    assert [(r.changed_at, r.id) for r in found] == sorted((r.changed_at, r.id) for r in found)


@pytest.mark.parametrize("size", [2000, 200])
def test_a_run_that_died_at_page_three_goes_on_behind_its_place(org: SalesforceEmulator, size: int) -> None:
    ids = seed_contacts(org, MANY)
    org.set_page_size(size)
    with connected(org) as first:
        pages = first.changes("Contact", ["LastName"], since=None, until=START)
        seen = [record for _ in range(3) for record in next(pages)][: 2 * size]
    org.expire_cursors()
    with connected(org) as second:
        seen += pull(second, until=START, after=Place(seen[-1].changed_at, seen[-1].id))
    assert sorted(record.id for record in seen) == sorted(ids)


def test_a_cursor_that_is_lost_costs_no_row(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    ids = seed_contacts(org, MANY)
    org.set_page_size(500, 300, 700)
    seen = []
    for number, page in enumerate(crm.changes("Contact", [], since=None, until=START)):
        seen += [record.id for record in page]
        if number in (0, 2, 3):
            org.expire_cursors()
    assert sorted(seen) == sorted(ids)


def test_a_cursor_that_is_lost_costs_no_id(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    ids = seed_contacts(org, MANY[:50])
    org.set_page_size(20)
    seen: list[str] = []
    for page in crm.ids("Contact"):
        seen += page
        org.expire_cursors()
    assert seen == sorted(ids)


def test_a_token_that_expires_between_pages_is_renewed_once(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    ids = seed_contacts(org, MANY[:50])
    org.set_page_size(20)
    pages = crm.changes("Contact", [], since=None, until=START)
    seen = [record.id for record in next(pages)]
    org.expire_tokens()
    org.clear_log()
    seen += [record.id for page in pages for record in page]
    assert sorted(seen) == sorted(ids)
    assert len(org.requests("POST", "oauth2/token")) == 1


def test_an_organisation_that_accepts_no_session_is_left_after_three_requests(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    crm.refresh_usage()
    org.set_access(accepts_sessions=False)
    org.clear_log()
    with pytest.raises(NoAccess):
        crm.describe("Contact")
    assert len(org.requests()) == 3


def test_a_window_holds_its_start_and_not_its_end(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    ids = seed_contacts(org, [START - timedelta(minutes=minutes) for minutes in (3, 2, 1)])
    found = pull(crm, since=START - timedelta(minutes=3), until=START - timedelta(minutes=1))
    assert [record.id for record in found] == ids[:2]


def test_windows_that_meet_between_milliseconds_lose_nothing(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    stamp = START - timedelta(minutes=2)
    ids = seed_contacts(org, [stamp])
    border = stamp + timedelta(microseconds=400)
    found = pull(crm, until=border) + pull(crm, since=border)
    assert {record.id for record in found} == set(ids)


def test_deleted_records_pass_by_the_filter(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    left, deleted, kept = seed_contacts(org, [START - timedelta(minutes=5)] * 3)
    org.delete(deleted)
    found = pull(crm, where=f"Id = '{kept}' OR LastName = 'nobody'")
    assert {record.id: record.is_deleted for record in found} == {deleted: True, kept: False}
    assert left not in {record.id for record in found}


def test_a_merged_record_names_its_winner(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    winner, loser = seed_contacts(org, [START - timedelta(minutes=5)] * 2)
    org.merge(winner, loser)
    by_id = {record.id: record for record in pull(crm)}
    assert (by_id[loser].is_deleted, by_id[loser].winner_id) == (True, winner)


def test_a_record_says_who_changed_it(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    (id_,) = seed_contacts(org, [START - timedelta(minutes=5)])
    me = crm.identity().user_id
    org.update(id_, by=me, Title="CTO")
    assert [record.changed_by_id for record in pull(crm)] == [me]


def test_fields_of_parents_are_read_and_nothing_where_there_is_no_parent(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    account = org.insert("Account", Name="Ünïted “Örg” 🚀")
    org.insert("Contact", LastName="With", AccountId=account)
    org.insert("Contact", LastName="Without")
    found = pull(crm, fields=["LastName", "Account.Name"])
    assert {record.values["LastName"]: record.values["Account.Name"] for record in found} == {
        "With": "Ünïted “Örg” 🚀",
        "Without": None,
    }


@pytest.mark.parametrize("path", ["LastModifiedDate", "lastmodifieddate", "Account.LastModifiedDate"])
def test_moments_are_written_as_we_write_them(org: SalesforceEmulator, crm: SalesforceCrm, path: str) -> None:
    account = org.seed([{"type": "Account", "Name": "Acme", "LastModifiedDate": START}])[0]
    org.seed([{"type": "Contact", "LastName": "Lee", "AccountId": account, "LastModifiedDate": START}])
    (record,) = pull(crm, fields=[path])
    assert record.values == {path: START.isoformat()}


def test_more_fields_than_an_address_holds_are_read_in_several_goes(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    names = [f"Some_Very_Long_Field_Name_{number:03d}__c" for number in range(400)]
    org.install_fields("Contact", *({"name": name, "length": 20} for name in names))
    ids = org.seed(
        {"type": "Contact", "LastName": "Lee", **dict.fromkeys(names, f"row {row}")} for row in range(3)
    )
    org.delete(ids[2])
    found = pull(crm, fields=names)
    assert {record.id for record in found} == set(ids)
    assert all(record.values[name].startswith("row ") for record in found for name in names)
    assert max(len(one["query"]) for one in org.requests("GET", "query")) <= soql.LONGEST_QUERY + 10


def test_a_field_that_is_hidden_is_named_before_anything_is_read(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.hide_field("Contact", "Title")
    with pytest.raises(SchemaChanged) as changed:
        pull(crm, fields=["LastName", "Title"])
    assert (changed.value.object, changed.value.field) == ("Contact", "Title")


def test_a_field_that_is_hidden_halfway_is_named(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    crm.describe("Contact")
    org.hide_field("Contact", "Title")
    with pytest.raises(SchemaChanged) as changed:
        pull(crm, fields=["LastName", "Title"])
    assert changed.value.field == "Title"


def test_a_filter_that_does_not_close_is_refused(crm: SalesforceCrm) -> None:
    with pytest.raises(Rejected, match="not closed"):
        pull(crm, where="LastName = 'x') OR (LastName != 'x'")


def test_records_are_fetched_by_ids_of_either_length(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    here, deleted, hidden = seed_contacts(org, [START - timedelta(minutes=5)] * 3)
    org.delete(deleted)
    org.hide_row(hidden)
    found = crm.fetch("Contact", [here[:15], deleted, hidden], ["LastName"])
    assert list(found) == [here[:15], deleted, hidden]
    assert [record.id if record else None for record in found.values()] == [here, None, None]


def test_two_thousand_and_one_records_take_two_calls(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    ids = seed_contacts(org, [START - timedelta(minutes=5)] * 2001)
    crm.describe("Contact")
    before = crm.calls
    found = crm.fetch("Contact", ids, ["LastName"])
    assert all(found.values())
    assert crm.calls - before == 2


def test_records_are_fetched_with_fields_of_parents(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    account = org.insert("Account", Name="Acme")
    contact = org.insert("Contact", LastName="Lee", AccountId=account)
    record = crm.fetch("Contact", [contact], ["Account.Name"])[contact]
    assert record is not None
    assert record.values == {"Account.Name": "Acme"}


def test_records_are_found_by_text_in_capitals_or_not(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    org.insert("Contact", LastName="O'Neil", Email="pat@acme.example")
    org.insert("Contact", LastName="Lee", Email="lee@acme.example")
    found = crm.find("Contact", "LastName", ["o'neil", "x\\' OR LastName != '"], ["Email"])
    assert [record.values for record in found] == [{"Email": "pat@acme.example"}]


def test_finding_many_values_takes_lists_of_300(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    for number in range(3):
        org.insert("Contact", LastName="Lee", Email=f"p{number * 400}@acme.example")
    crm.describe("Contact")
    before = crm.calls
    found = crm.find("Contact", "Email", [f"p{number}@acme.example" for number in range(801)], ["Email"])
    assert (len(found), crm.calls - before) == (3, 3)


def test_nothing_is_asked_for_no_values(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    crm.describe("Contact")
    org.clear_log()
    assert (crm.find("Contact", "Email", ["", " "], []), crm.fetch("Contact", [], [])) == ([], {})
    assert org.requests() == []


def test_deletions_are_known_even_of_what_is_gone_for_good(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    binned, gone, kept = seed_contacts(org, [START - timedelta(days=40)] * 3)
    org.delete(binned)
    org.hard_delete(gone)
    org.advance(3600)
    found = crm.deleted_since("Contact", START - timedelta(days=60), START + timedelta(hours=1))
    assert set(found) == {binned, gone}
    assert all(START <= when <= START + timedelta(minutes=1) for when in found.values())
    assert kept not in found


def test_an_outage_in_the_middle_is_waited_out(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    ids = seed_contacts(org, MANY[:50])
    org.set_page_size(20)
    org.add_fault(path="query", status=503, html="<html>Down</html>", after=1, count=2)
    org.add_fault(path="query", drop="after", after=2)
    assert sorted(record.id for record in pull(crm)) == sorted(ids)


def test_an_outage_that_stays_is_told(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    org.add_fault(path="query", status=503, html="<html></html>", count=None)
    with pytest.raises(TooBusy):
        pull(crm)


def test_calls_used_are_heard_so_that_the_next_one_can_be_left_out(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.set_quota(used=79, most=100)
    crm.describe("Contact")
    usage = crm.usage()
    assert (usage.used, usage.allowed) == (80, 100)
    assert len(org.requests("GET", "/services/data")) == 1


def test_objects_are_listed_with_their_labels(crm: SalesforceCrm) -> None:
    assert crm.objects()["Contact"] == "Contact"


def test_their_clock_is_the_one_of_the_organisation(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    assert abs(crm.now() - START) < timedelta(minutes=1)
