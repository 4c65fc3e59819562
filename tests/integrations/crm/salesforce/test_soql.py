"""Queries: what is escaped, what is refused, and what is cut to length."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.crm.base import SchemaChanged
from integrations.crm.records import FieldInfo, ObjectInfo
from integrations.crm.salesforce import soql
from integrations.errors import Rejected

CONTACT = ObjectInfo(
    "Contact",
    "Contact",
    {
        field.name: field
        for field in (
            FieldInfo("Email", "Email", "email"),
            FieldInfo("AccountId", "Account", "reference", relationship="Account"),
        )
    },
)


def test_a_text_is_escaped_with_the_escapes_salesforce_knows() -> None:
    assert soql.text_literal('O\'Neil \\ "x"\n\té') == "'O\\'Neil \\\\ \\\"x\\\"\\n\\té'"


def test_a_moment_is_written_in_utc_and_milliseconds() -> None:
    moment = datetime(2026, 1, 2, 5, 4, 5, 678_900, tzinfo=timezone(timedelta(hours=2)))
    assert soql.moment_literal(moment) == "2026-01-02T03:04:05.678Z"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        soql.moment_literal(datetime(2026, 1, 2))  # noqa: DTZ001


@pytest.mark.parametrize(("given", "rounded"), [(678_900, 679_000), (678_000, 678_000), (999_001, 1_000_000)])
def test_the_end_of_a_window_is_rounded_up(given: int, rounded: int) -> None:
    start = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert soql.rounded_up(start + timedelta(microseconds=given)) == start + timedelta(microseconds=rounded)


@pytest.mark.parametrize("text", ["Name FROM User", "1Name", "Näme", "", "Name--", "A" * 81])
def test_what_cannot_be_a_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        soql.name(text)


def test_a_path_over_six_parents_is_refused() -> None:
    with pytest.raises(ValueError, match="five parents"):
        soql.path("A.B.C.D.E.F.G")


def test_fields_and_parents_are_known_in_any_case() -> None:
    assert soql.known_paths(CONTACT, ["email", "Account.Name", "email"]) == ["email", "Account.Name"]


@pytest.mark.parametrize("path", ["Phone", "Email.Name", "AccountId.Name", "Owner.Name"])
def test_a_field_that_describe_does_not_show_is_named(path: str) -> None:
    with pytest.raises(SchemaChanged) as changed:
        soql.known_paths(CONTACT, [path])
    assert (changed.value.object, changed.value.field) == ("Contact", path)


def test_no_values_make_no_list() -> None:
    assert list(soql.lists([], room=1000)) == []


def test_lists_hold_at_most_300_values() -> None:
    counts = [found.count(",") + 1 for found in soql.lists([str(n) for n in range(700)], room=100_000)]
    assert counts == [300, 300, 100]


def test_lists_have_at_most_the_room_in_an_address() -> None:
    found = list(soql.lists(["é" * 100 + str(n) for n in range(20)], room=2_000))
    assert all(soql.wire_length(text) <= 2_000 for text in found)
    assert len(found) == 7


def test_a_value_stands_in_one_list_once() -> None:
    assert list(soql.lists(["a", "b", "a"], room=1000)) == ["('a','b')"]


@pytest.mark.parametrize(
    "filter_", ["a = 1) OR (b = 2", "(a = 1", "a = 1)", "a = 'x", "a = 'x\\'", "a = 'x' or b = 'y"]
)
def test_a_filter_that_reaches_beyond_its_place_is_refused(filter_: str) -> None:
    with pytest.raises(Rejected, match="not closed"):
        soql.condition(filter_)


@pytest.mark.parametrize("filter_", ["Name = ')'", "(A = 1 OR B = 2)", "Name = 'O\\'Neil'", "Name = '\\\\'"])
def test_a_filter_that_keeps_to_its_place_is_put_in_brackets(filter_: str) -> None:
    assert soql.condition(f" {filter_} ") == f"({filter_})"


def test_fields_without_room_make_more_reads() -> None:
    fields = [f"Field_{n:03d}__c" for n in range(100)]
    cut = soql.groups(fields, room=500)
    assert [field for group in cut for field in group] == fields
    assert all(soql.wire_length(",".join(group)) <= 500 for group in cut)


def test_no_fields_make_one_read() -> None:
    assert soql.groups([], room=500) == [[]]
