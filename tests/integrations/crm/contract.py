"""What every adapter of a CRM does, as tests; its own tests inherit them and say how to set things up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from integrations.crm.base import Crm, SchemaChanged
from integrations.crm.records import Batch, Operation, Place, Record, Write

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


class Site(Protocol):
    """A system under test and how to change it from the other side.

    The adapter pages by three at most. `text_field` is what people over there fill in; `our_field` takes any
    text from us; `refused` is a value of a field of ours that the other side does not take.
    """

    crm: Crm
    object: str
    text_field: str
    our_field: str
    external_id_field: str
    missing_id: str
    refused: tuple[str, str]

    def add(self, *texts: str) -> Sequence[str]:
        """Make records at one moment, or as near to it as can be, and return their ids."""
        ...

    def change(self, record_id: str, text: str) -> None:
        """Change a record at a later moment."""
        ...

    def delete(self, record_id: str) -> None:
        """Delete a record at a later moment."""
        ...

    def later(self) -> datetime:
        """Let some time pass and return a moment after everything that happened."""
        ...


class CrmContract:
    """Inherit, and define a fixture `site`."""

    def test_everything_comes_in_the_order_of_changes(self, site: Site) -> None:
        first, second = site.add("Ann"), site.add("Bea")
        site.change(first[0], "Anna")
        records = everything(site)
        assert [record.id for record in records] == [second[0], first[0]]
        assert records[1].values[site.text_field] == "Anna"

    def test_stamps_never_go_back(self, site: Site) -> None:
        site.add(*"abcde")
        site.add(*"fgh")
        stamps = [record.changed_at for record in everything(site)]
        assert stamps == sorted(stamps)
        assert all(stamp.tzinfo is not None for stamp in stamps)

    def test_more_of_one_moment_than_a_page_holds_come_once_each(self, site: Site) -> None:
        ids = site.add(*(f"Person {number}" for number in range(11)))
        assert sorted(record.id for record in everything(site)) == sorted(ids)

    def test_a_run_goes_on_behind_every_place(self, site: Site) -> None:
        site.add(*"abcd")
        site.add("e")
        site.add(*"fgh")
        records = everything(site)
        for index, record in enumerate(records):
            rest = everything(site, after=Place(record.changed_at, record.id))
            assert [one.id for one in rest] == [one.id for one in records[index + 1 :]]

    def test_the_window_takes_in_its_start_and_not_its_end(self, site: Site) -> None:
        site.add("Ann")
        site.add("Bea")
        first, second = everything(site)
        inside = everything(site, since=first.changed_at, until=second.changed_at)
        assert [record.id for record in inside] == [first.id]

    def test_what_is_deleted_shows(self, site: Site) -> None:
        kept, lost = site.add("Ann", "Bea")
        site.delete(lost)
        until = site.later()
        gone = [record for record in everything(site, until=until) if record.is_deleted]
        assert [record.id for record in gone] == [lost]
        assert list(site.crm.deleted_since(site.object, LONG_AGO, until)) == [lost]
        assert [one for page in site.crm.ids(site.object) for one in page] == [kept]

    def test_what_is_not_there_is_fetched_as_none(self, site: Site) -> None:
        kept, lost = site.add("Ann", "Bea")
        site.delete(lost)
        site.later()
        found = site.crm.fetch(site.object, [lost, kept, site.missing_id], [site.text_field])
        assert found[lost] is None
        assert found[site.missing_id] is None
        assert (found[kept] or no_record()).values == {site.text_field: "Ann"}

    def test_records_are_found_by_a_text(self, site: Site) -> None:
        site.add("Ann", "Bea", "Cleo")
        site.later()
        found = site.crm.find(site.object, site.text_field, ["Bea", "Cleo", "Dora"], [site.text_field])
        assert sorted(str(record.values[site.text_field]) for record in found) == ["Bea", "Cleo"]

    def test_every_id_is_listed_once(self, site: Site) -> None:
        ids = [*site.add(*"abcd"), *site.add("e")]
        site.later()
        assert sorted(one for page in site.crm.ids(site.object) for one in page) == sorted(ids)

    def test_what_was_written_is_read_back(self, site: Site) -> None:
        [record_id] = site.add("Ann")
        site.later()
        [written] = site.crm.write(update(site, Write("ours", {site.our_field: "5"}, id=record_id)))
        assert (written.key, written.id, written.refusal) == ("ours", record_id, None)
        found = site.crm.fetch(site.object, [record_id], [site.our_field])[record_id]
        assert str((found or no_record()).values[site.our_field]) == "5"

    def test_answers_stand_in_the_order_of_writes(self, site: Site) -> None:
        ids = list(reversed(site.add(*"abcde")))
        site.later()
        writes = [Write(f"key-{one}", {site.our_field: "5"}, id=one) for one in ids]
        written = site.crm.write(update(site, *writes))
        assert [(one.key, one.id) for one in written] == [(f"key-{one}", one) for one in ids]

    def test_one_refused_record_does_not_hold_back_its_neighbours(self, site: Site) -> None:
        ids = site.add(*"abc")
        site.later()
        field, value = site.refused
        writes = [Write(one, {site.our_field: "5"}, id=one) for one in ids]
        writes[1] = Write(ids[1], {field: value}, id=ids[1])
        written = site.crm.write(update(site, *writes))
        assert [one.refusal is None for one in written] == [True, False, True]
        assert written[1].refusal is not None
        assert written[1].refusal.fields == (field,)

    def test_a_record_that_is_not_there_is_refused(self, site: Site) -> None:
        [record_id] = site.add("Ann")
        site.later()
        missing = Write("missing", {site.our_field: "5"}, id=site.missing_id)
        written = site.crm.write(update(site, missing, Write("there", {site.our_field: "5"}, id=record_id)))
        assert [one.refusal is None for one in written] == [False, True]

    def test_an_upsert_sent_twice_makes_one_record(self, site: Site) -> None:
        site.add("Ann")
        site.later()
        batch = Batch(
            site.object,
            Operation.UPSERT,
            [Write("new", {site.our_field: "5"}, external_id="k-1")],
            external_id_field=site.external_id_field,
        )
        first, second = site.crm.write(batch)[0], site.crm.write(batch)[0]
        assert (first.is_created, second.is_created) == (True, False)
        assert first.id == second.id
        found = site.crm.find(site.object, site.external_id_field, ["k-1"], [site.our_field])
        assert [record.id for record in found] == [first.id]

    def test_the_writable_fields_are_described(self, site: Site) -> None:
        site.add("Ann")
        site.later()
        fields = site.crm.describe(site.object).fields
        assert fields[site.our_field].is_updateable
        assert fields[site.external_id_field].is_external_id
        assert site.object in site.crm.objects()

    def test_a_field_that_is_not_there_is_named(self, site: Site) -> None:
        site.add("Ann")
        site.later()
        with pytest.raises(SchemaChanged) as caught:
            everything(site, fields=["no_such_field"])
        assert (caught.value.object, caught.value.field) == (site.object, "no_such_field")

    def test_an_object_that_is_not_there_is_named(self, site: Site) -> None:
        with pytest.raises(SchemaChanged) as caught:
            site.crm.describe("no_such_object")
        assert caught.value.object == "no_such_object"

    def test_calls_are_counted(self, site: Site) -> None:
        site.add("Ann")
        site.later()
        before = site.crm.calls
        list(site.crm.ids(site.object))
        assert site.crm.calls > before

    def test_the_test_of_the_connection_goes_well(self, site: Site) -> None:
        site.add("Ann")
        site.later()
        lines = list(site.crm.check({site.object: [site.text_field, site.our_field]}))
        assert [line.words for line in lines if not line.is_fine] == []

    def test_the_test_of_the_connection_names_a_missing_field_and_what_to_do(self, site: Site) -> None:
        site.add("Ann")
        site.later()
        lines = list(site.crm.check({site.object: ["no_such_field"]}))
        [bad] = [line for line in lines if not line.is_fine]
        assert "no_such_field" in bad.words
        assert bad.hint

    def test_the_organisation_stays_the_same(self, site: Site) -> None:
        assert site.crm.identity() == site.crm.identity()
        assert site.crm.identity().organisation

    def test_the_clock_is_in_utc(self, site: Site) -> None:
        assert site.crm.now().utcoffset() == timedelta(0)


def everything(
    site: Site,
    *,
    fields: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    after: Place | None = None,
) -> list[Record]:
    """Return all changes of a window as one list."""
    pages = site.crm.changes(
        site.object,
        fields or [site.text_field],
        since=since,
        until=until or site.later(),
        after=after,
    )
    return [record for page in pages for record in page]


def update(site: Site, *writes: Write) -> Batch:
    """Return a batch of updates."""
    return Batch(site.object, Operation.UPDATE, writes)


def no_record() -> Record:
    """Return a record that holds nothing, to fail an assertion about one that is not there."""
    return Record("", "", {}, LONG_AGO)
