"""Writing to HubSpot: batches with mistakes in them, links to companies, answers that never arrive."""

import json

import pytest

from integrations.crm.base import SchemaChanged, TooBusy
from integrations.crm.hubspot.client import HubspotCrm
from integrations.crm.records import Batch, Operation, Value, Write
from integrations.errors import Rejected
from tests.hubspot_emulator.server import HubspotEmulator
from tests.hubspot_emulator.store import Item


def person(emulator: HubspotEmulator, **values: str) -> Item:
    return emulator.store.create("contacts", {"firstname": "Ann", **values})


def update(record_id: int | str, **values: Value) -> Write:
    return Write(f"key-{record_id}", values, id=str(record_id))


def updates(*writes: Write, name: str = "contacts") -> Batch:
    return Batch(name, Operation.UPDATE, writes)


def upserts(*writes: Write, field: str = "voc_key") -> Batch:
    return Batch("contacts", Operation.UPSERT, writes, external_id_field=field)


@pytest.mark.parametrize(
    ("errors", "code"),
    [([], "NO_ANSWER"), ([{"category": "CONFLICT", "message": "It clashes.", "context": {}}], "CONFLICT")],
)
def test_a_record_without_an_answer_is_refused_and_not_taken_for_done(
    emulator: HubspotEmulator, crm: HubspotCrm, errors: list[dict[str, object]], code: str
) -> None:
    body = json.dumps({"status": "COMPLETE", "results": [], "errors": errors})
    emulator.fail("batch/update", status=207, body=body)
    [written] = crm.write(updates(update(person(emulator).id, jobtitle="CFO")))
    assert written.refusal is not None
    assert written.refusal.code == code


def test_new_records_without_an_answer_may_be_there(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.fail("batch/create", status=207, body='{"status": "COMPLETE", "results": []}')
    with pytest.raises(TooBusy, match="did not say"):
        crm.write(Batch("contacts", Operation.INSERT, [Write("new", {"firstname": "New"})]))


def test_nothing_is_cleared_but_what_is_said_to_be(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    item = person(emulator, jobtitle="CFO", phone="1")
    crm.write(updates(update(item.id, jobtitle=None)))
    assert (item.properties["jobtitle"], item.properties["phone"]) == (None, "1")


def test_truth_and_numbers_are_written_as_hubspot_reads_them(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    item = person(emulator)
    [written] = crm.write(updates(update(item.id, voc_opt_out=True, voc_score=72.5)))
    assert written.refusal is None
    assert (item.properties["voc_opt_out"], item.properties["voc_score"]) == ("true", "72.5")


def test_a_partial_answer_is_told_apart_by_record(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    first, second = person(emulator), person(emulator)
    written = crm.write(updates(update(first.id, voc_score="much"), update(second.id, voc_score="7")))
    assert written[0].refusal is not None
    assert (written[0].refusal.code, written[0].refusal.fields) == ("INVALID_LONG", ("voc_score",))
    assert second.properties["voc_score"] == "7"


def test_a_batch_refused_as_a_whole_is_taken_apart(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    """The same record twice makes HubSpot refuse everything; the last write of the two is done last."""
    items = [person(emulator) for _ in range(4)]
    writes = [update(item.id, jobtitle="CFO") for item in items] + [update(items[0].id, jobtitle="CEO")]
    written = crm.write(updates(*writes))
    assert [one.refusal for one in written] == [None] * 5
    assert items[0].properties["jobtitle"] == "CEO"


def test_a_property_taken_away_stops_the_batch(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    del emulator.store.properties["contacts"]["voc_score"]
    with pytest.raises(SchemaChanged) as caught:
        crm.write(updates(update(person(emulator).id, voc_score=7)))
    assert (caught.value.object, caught.value.field) == ("contacts", "voc_score")


def test_a_duplicate_names_the_record_it_is_one_of(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    taken = person(emulator, email="ann@x.example")
    batch = Batch("contacts", Operation.INSERT, [Write("new", {"email": "ann@x.example"})])
    [written] = crm.write(batch)
    assert written.refusal is not None
    assert written.refusal.matches == (str(taken.id),)


def test_a_new_person_is_linked_to_the_company(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    company = emulator.store.create("companies", {"name": "A"})
    values = {"firstname": "New", "associatedcompanyid": str(company.id)}
    [written] = crm.write(Batch("contacts", Operation.INSERT, [Write("new", values)]))
    assert written.is_created
    assert emulator.store.links["contacts"] == {int(written.id or ""): {company.id: True}}


def test_another_company_becomes_the_main_one(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    item = person(emulator)
    old, new = (emulator.store.create("companies", {"name": name}) for name in "AB")
    emulator.store.link("contacts", item.id, old.id, is_primary=True)
    [written] = crm.write(updates(update(item.id, associatedcompanyid=str(new.id))))
    assert written.refusal is None
    assert emulator.store.links["contacts"][item.id] == {old.id: False, new.id: True}


def test_a_company_that_is_not_there_refuses_only_its_record(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    first, second = person(emulator), person(emulator)
    company = emulator.store.create("companies", {"name": "A"})
    written = crm.write(
        updates(
            update(first.id, associatedcompanyid="999999"),
            update(second.id, associatedcompanyid=str(company.id)),
        )
    )
    assert written[0].refusal is not None
    assert written[0].refusal.fields == ("associatedcompanyid",)
    assert written[1].refusal is None


def test_the_link_to_a_company_is_not_cleared(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    item = person(emulator)
    [written] = crm.write(updates(update(item.id, associatedcompanyid=None)))
    assert written.refusal is not None
    assert "HubSpot" in written.refusal.message
    assert not any("batch/update" in path for path in emulator.paths())


@pytest.mark.parametrize("is_committed", [True, False])
def test_an_upsert_sent_again_after_a_broken_line_makes_one_record(
    emulator: HubspotEmulator, crm: HubspotCrm, is_committed: bool
) -> None:
    batch = upserts(Write("new", {"firstname": "New"}, external_id="k-1"))
    emulator.fail("batch/upsert", status=0, is_committed=is_committed)
    with pytest.raises(TooBusy):
        crm.write(batch)
    assert len(emulator.store.items["contacts"]) == is_committed
    [written] = crm.write(batch)
    assert written.is_created is not is_committed
    assert [item.properties["voc_key"] for item in emulator.store.items["contacts"].values()] == ["k-1"]


def test_no_write_is_sent_twice_by_itself(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.fail("batch/create", status=0, is_committed=True)
    with pytest.raises(TooBusy):
        crm.write(Batch("contacts", Operation.INSERT, [Write("new", {"firstname": "New"})]))
    assert emulator.paths().count("/crm/v3/objects/contacts/batch/create") == 1


def test_a_link_that_breaks_after_the_record_is_made_good_by_sending_again(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    company = emulator.store.create("companies", {"name": "A"})
    batch = upserts(Write("new", {"associatedcompanyid": str(company.id)}, external_id="k-1"))
    emulator.fail("associations", status=503)
    with pytest.raises(TooBusy):
        crm.write(batch)
    [written] = crm.write(batch)
    assert emulator.store.links["contacts"] == {int(written.id or ""): {company.id: True}}


def test_people_can_be_named_by_their_address(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    item = person(emulator, email="ann@x.example")
    [written] = crm.write(
        upserts(Write("ann", {"jobtitle": "CFO"}, external_id="Ann@x.example"), field="email")
    )
    assert (written.id, written.is_created) == (str(item.id), False)


def test_a_write_to_a_record_merged_away_reaches_the_winner(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    first, second = person(emulator), person(emulator)
    winner = emulator.store.merge("contacts", first.id, second.id)
    [written] = crm.write(updates(update(first.id, jobtitle="CFO")))
    assert (written.id, winner.properties["jobtitle"]) == (str(winner.id), "CFO")


def test_more_than_a_batch_holds_is_refused_here(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    with pytest.raises(Rejected, match="100"):
        crm.write(updates(*(update(number, jobtitle="x") for number in range(101))))
    assert emulator.log == []


def test_owners_are_not_written(crm: HubspotCrm) -> None:
    with pytest.raises(Rejected, match="owners"):
        crm.write(updates(update(1, email="x@y.example"), name="owners"))


def test_there_are_no_bulk_jobs(crm: HubspotCrm) -> None:
    assert not crm.has_bulk
    with pytest.raises(Rejected, match="batches"):
        crm.open_bulk(updates())
