"""Reading HubSpot: pages, ties, the ceiling of searches, archived and merged records, links, owners."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.crm.base import SchemaChanged
from integrations.crm.hubspot.client import HubspotCrm
from integrations.crm.records import Place
from integrations.errors import Rejected
from tests.hubspot_emulator.server import HubspotEmulator
from tests.hubspot_emulator.store import Store
from tests.integrations.crm.hubspot.builders import MINUTE, START, changed, crm_of


@pytest.fixture
def paging(emulator: HubspotEmulator) -> Iterator[HubspotCrm]:
    """An adapter that pages by five, before an account whose searches end at ten."""
    emulator.ceiling = 10
    with crm_of(emulator, page=5) as crm:
        yield crm


def people(emulator: HubspotEmulator, count: int, *, apart: timedelta = timedelta()) -> list[int]:
    """Make people, all at one moment or some time apart."""
    ids = []
    for number in range(count):
        ids.append(emulator.store.create("contacts", {"firstname": f"P{number}"}).id)
        if apart:
            emulator.store.advance(apart)
    return ids


def test_many_more_than_a_search_reaches_come_once_each(
    emulator: HubspotEmulator, paging: HubspotCrm
) -> None:
    ids = people(emulator, 53, apart=MINUTE)
    assert [int(record.id) for record in changed(paging)] == ids


def test_many_more_of_one_moment_than_a_search_reaches_come_once_each(
    emulator: HubspotEmulator, paging: HubspotCrm
) -> None:
    before = people(emulator, 3, apart=MINUTE)
    same = people(emulator, 31)
    emulator.store.advance(MINUTE)
    behind = people(emulator, 3, apart=MINUTE)
    assert [int(record.id) for record in changed(paging)] == [*before, *same, *behind]


def test_no_page_is_asked_for_by_its_number(emulator: HubspotEmulator, paging: HubspotCrm) -> None:
    people(emulator, 53, apart=MINUTE)
    changed(paging)
    searches = [call.body for call in emulator.log if call.path.endswith("/search")]
    assert all("after" not in body for body in searches)


def test_a_run_goes_on_within_a_moment_of_many(emulator: HubspotEmulator, paging: HubspotCrm) -> None:
    ids = people(emulator, 31)
    rest = changed(paging, after=Place(START, str(ids[12])))
    assert [int(record.id) for record in rest] == ids[13:]


def test_a_record_that_changes_during_a_run_pushes_no_other_out(
    emulator: HubspotEmulator, paging: HubspotCrm
) -> None:
    ids = people(emulator, 20, apart=MINUTE)
    until = emulator.store.now()
    pages = paging.changes("contacts", ["firstname"], since=None, until=until)
    seen = [int(record.id) for record in next(iter(pages))]
    emulator.store.update("contacts", emulator.store.items["contacts"][ids[0]], {"firstname": "Changed"})
    seen += [int(record.id) for page in pages for record in page]
    assert seen == ids


def test_what_the_search_has_not_taken_in_yet_comes_with_the_next_window(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    emulator.store.search_lag = timedelta(seconds=30)
    people(emulator, 1)
    assert changed(crm) == []
    emulator.store.advance(MINUTE)
    assert len(changed(crm, since=START)) == 1


def test_values_have_types(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.store.create("contacts", {"voc_score": "72.5", "voc_opt_out": "true", "jobtitle": ""})
    [record] = changed(crm, fields=["voc_score", "voc_opt_out", "jobtitle"])
    assert record.values == {"voc_score": 72.5, "voc_opt_out": True, "jobtitle": None}


def test_names_with_quotes_and_emoji_arrive_as_they_are(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.store.create("contacts", {"firstname": 'Zoë "Z" O\'Neil 🚀'})
    assert changed(crm)[0].values["firstname"] == 'Zoë "Z" O\'Neil 🚀'


def test_a_filter_leaves_others_out(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    people(emulator, 3)
    where = '[{"propertyName": "firstname", "operator": "EQ", "value": "P1"}]'
    assert [record.values["firstname"] for record in changed(crm, where=where)] == ["P1"]
    assert len([one for page in crm.ids("contacts", where=where) for one in page]) == 1


@pytest.mark.parametrize(
    "where", ["firstname = 1", "{}", "[1]", '[{"operator": "EQ"}]', "[" + "{}," * 9 + "{}]"]
)
def test_a_filter_nobody_understands_is_refused_before_any_search(
    emulator: HubspotEmulator, crm: HubspotCrm, where: str
) -> None:
    with pytest.raises(Rejected, match="filter"):
        changed(crm, where=where)
    assert not any(path.endswith("/search") for path in emulator.paths())


def test_an_archived_record_passes_by_the_filter(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    [lost] = people(emulator, 1)
    emulator.store.archive("contacts", lost)
    where = '[{"propertyName": "firstname", "operator": "EQ", "value": "Nobody"}]'
    assert [record.id for record in changed(crm, where=where) if record.is_deleted] == [str(lost)]


def test_a_restored_record_is_alive_again(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    [one] = people(emulator, 1)
    emulator.store.archive("contacts", one)
    emulator.store.advance(MINUTE)
    emulator.store.restore("contacts", one)
    assert [(record.id, record.is_deleted) for record in changed(crm)] == [(str(one), False)]


def test_a_merge_into_a_new_record_names_it_as_the_winner_of_both(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    first, second = people(emulator, 2)
    emulator.store.advance(MINUTE)
    winner = emulator.store.merge("contacts", first, second)
    gone = {record.id: record.winner_id for record in changed(crm) if record.is_deleted}
    assert gone == {str(first): str(winner.id), str(second): str(winner.id)}


def test_a_merge_into_the_first_record_keeps_it(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    first, second = people(emulator, 2)
    emulator.store.advance(MINUTE)
    emulator.store.merge("contacts", first, second, is_new=False)
    records = changed(crm)
    assert {record.id for record in records if not record.is_deleted} == {str(first)}
    assert {record.winner_id for record in records if record.is_deleted} == {str(first)}


def test_a_chain_of_merges_ends_at_the_last_winner(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    a, b, c = people(emulator, 3)
    emulator.store.advance(MINUTE)
    middle = emulator.store.merge("contacts", a, b).id
    emulator.store.advance(MINUTE)
    last = emulator.store.merge("contacts", middle, c).id
    gone = {record.id: record.winner_id for record in changed(crm) if record.is_deleted}
    assert gone == {str(one): str(last) for one in (a, b, c, middle)}


def test_a_record_merged_away_is_fetched_as_none(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    first, second = people(emulator, 2)
    winner = emulator.store.merge("contacts", first, second)
    found = crm.fetch("contacts", [str(first), str(winner.id)], ["firstname"])
    assert found[str(first)] is None
    assert found[str(winner.id)] is not None


def test_people_and_deals_name_their_main_company(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    store = emulator.store
    plain, main = store.create("companies", {"name": "A"}), store.create("companies", {"name": "B"})
    person, deal = store.create("contacts", {"firstname": "P"}), store.create("deals", {"dealname": "D"})
    for name, item in (("contacts", person), ("deals", deal)):
        store.link(name, item.id, plain.id, is_primary=False)
        store.link(name, item.id, main.id, is_primary=True)
    lone = store.create("contacts", {"firstname": "Lone"})
    found = {record.id: record.values for record in changed(crm, fields=["associatedcompanyid"])}
    assert found[str(person.id)] == {"associatedcompanyid": str(main.id)}
    assert found[str(lone.id)] == {"associatedcompanyid": None}
    [record] = changed(crm, "deals", ["associatedcompanyid"])
    assert record.values["associatedcompanyid"] == str(main.id)


def test_the_company_is_described_as_a_reference(crm: HubspotCrm) -> None:
    assert crm.describe("contacts").fields["associatedcompanyid"].refers_to == ("companies",)
    assert crm.describe("contacts").fields["hubspot_owner_id"].refers_to == ("owners",)
    assert "associatedcompanyid" not in crm.describe("companies").fields


def test_links_are_not_asked_for_when_nobody_wants_them(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    people(emulator, 1)
    changed(crm)
    assert not any("associations" in path for path in emulator.paths())


def test_owners_who_left_are_there_and_not_active(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    here = emulator.store.add_owner("ines@vendor.example", "Inês", "Duarte")
    gone = emulator.store.add_owner("paul@vendor.example")
    emulator.store.advance(MINUTE)
    emulator.store.leave(gone.id)
    records = changed(crm, "owners", ["email", "active", "name"])
    assert [(record.id, record.values["active"]) for record in records] == [
        (str(here.id), True),
        (str(gone.id), False),
    ]
    assert records[0].values["name"] == "Inês Duarte"
    assert not any(record.is_deleted for record in records)


def test_a_unique_value_is_found_before_the_search_sees_it(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    emulator.store.search_lag = MINUTE
    item = emulator.store.create("contacts", {"email": "Ann@x.example", "voc_key": "K-1"})
    assert [record.id for record in crm.find("contacts", "email", ["ann@X.example"], ["email"])] == [
        str(item.id)
    ]
    assert len(crm.find("contacts", "voc_key", ["K-1"], ["email"])) == 1


def test_a_property_taken_away_is_named(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    del emulator.store.properties["contacts"]["jobtitle"]
    with pytest.raises(SchemaChanged) as caught:
        changed(crm, fields=["firstname", "jobtitle"])
    assert caught.value.field == "jobtitle"


def test_reading_costs_as_many_calls_as_pages(emulator: HubspotEmulator, paging: HubspotCrm) -> None:
    people(emulator, 20, apart=MINUTE)
    paging.describe("contacts")
    before = paging.calls
    changed(paging)
    # Pages of five share one record with the next; one look goes at what was archived.
    assert paging.calls - before == 5 + 1


def test_the_address_of_a_record_is_for_browsers(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    url = crm.record_url("companies", "512")
    assert url == f"https://app-eu1.hubspot.com/contacts/{emulator.store.portal}/record/0-2/512"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    gaps=st.lists(st.integers(0, 2), max_size=25),
    archived=st.sets(st.integers(0, 24), max_size=4),
    page=st.integers(2, 6),
    stop=st.integers(0, 24),
)
def test_any_stamps_are_read_once_and_in_order_whatever_the_page_and_the_place(
    emulator: HubspotEmulator, gaps: list[int], archived: set[int], page: int, stop: int
) -> None:
    emulator.store, emulator.most_calls = Store(), None
    emulator.store.set_clock(START)
    for gap in gaps:
        emulator.store.advance(gap * MINUTE)
        people(emulator, 1)
    ids = list(emulator.store.items["contacts"])
    for index in archived & set(range(len(ids))):
        emulator.store.archive("contacts", ids[index])
    with crm_of(emulator, page=page) as crm:
        records = changed(crm)
        assert sorted(int(record.id) for record in records) == ids
        places = [(record.changed_at, int(record.id)) for record in records]
        assert places == sorted(places)
        for record in records[stop : stop + 1]:
            rest = changed(crm, after=Place(record.changed_at, record.id))
            assert [one.id for one in rest] == [one.id for one in records[stop + 1 :]]
