"""Writing to an emulated organisation: mixed results, refusals, and nothing written twice."""

import pytest

from integrations.crm.base import TooBusy
from integrations.crm.records import Batch, Operation, Write
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.crm.salesforce.errors import is_transient
from integrations.crm.salesforce.writing import DUPLICATE_KEY, MISSING_KEY
from tests.integrations.crm.salesforce.emulated import START, an_update, an_upsert, seed_contacts
from tests.salesforce_emulator.server import SalesforceEmulator


def an_insert(*names: str, **changes: bool) -> Batch:
    writes = [Write(f"key {name}", {"LastName": name, "Email": "lee@acme.example"}) for name in names]
    return Batch("Contact", Operation.INSERT, writes, **changes)


def test_results_come_in_the_order_of_the_writes(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    (known,) = org.seed([{"type": "Contact", "LastName": "Lee", "VOC_Person_Id__c": "P2"}])
    batch = an_upsert(
        ("P1", {"LastName": "New"}),
        ("P2", {"Title": "CTO"}),
        ("P3", {"FirstName": "Nameless"}),
        ("P4", {"LastName": "x" * 100}),
    )
    results = crm.write(batch)
    assert [one.key for one in results] == ["key P1", "key P2", "key P3", "key P4"]
    assert [one.is_created for one in results] == [True, False, False, False]
    assert [one.refusal and one.refusal.code for one in results] == [
        None,
        None,
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
    ]
    assert (results[1].id, org.get(known)["Title"]) == (known, "CTO")


def test_a_refusal_names_its_fields(crm: SalesforceCrm) -> None:
    (result,) = crm.write(an_upsert(("P1", {"LastName": "x" * 100})))
    assert result.refusal is not None
    assert result.refusal.fields == ("LastName",)


def test_none_clears_a_field_and_what_is_left_out_stays(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    (id_,) = org.seed([{"type": "Contact", "LastName": "Lee", "Title": "CTO", "Phone": "1"}])
    crm.write(an_update((id_, {"Title": None})))
    row = org.get(id_)
    assert (row.get("Title"), row["Phone"]) == (None, "1")


def test_names_with_quotes_and_pictures_arrive_as_they_are(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    name = 'O\'Neil "Bob" 🚀 é \\'
    (result,) = crm.write(an_upsert(("P1", {"LastName": name})))
    assert org.get(result.id or "")["LastName"] == name


def test_one_lock_is_a_refusal_that_may_pass_and_the_next_try_succeeds(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    (id_,) = seed_contacts(org, [START])
    org.lock_row(id_)
    first, second = (crm.write(an_update((id_, {"Title": "CTO"})))[0] for _ in range(2))
    assert first.refusal is not None
    assert is_transient(first.refusal.code)
    assert second.refusal is None


def test_a_duplicate_comes_with_the_records_it_matches(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    (known,) = org.seed([{"type": "Contact", "LastName": "Lee", "Email": "lee@acme.example"}])
    org.add_duplicate_rule("Contact", "Email")
    (result,) = crm.write(an_insert("Leigh"))
    assert result.refusal is not None
    assert (result.refusal.code, result.refusal.matches) == ("DUPLICATES_DETECTED", (known,))


def test_a_duplicate_is_saved_where_the_administrator_allows_it(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.seed([{"type": "Contact", "LastName": "Lee", "Email": "lee@acme.example"}])
    org.add_duplicate_rule("Contact", "Email")
    assert crm.write(an_insert("Leigh", allows_duplicates=True))[0].is_created


def test_a_rule_of_the_organisation_refuses_in_its_own_words(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.add_simple_rule("Contact", "Title", "equals", "No CTOs here.", "CTO")
    (result,) = crm.write(an_upsert(("P1", {"LastName": "Lee", "Title": "CTO"})))
    assert result.refusal is not None
    assert (result.refusal.code, result.refusal.message) == (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "No CTOs here.",
    )


def test_two_hundred_records_are_one_call(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    crm.refresh_usage()
    before = crm.calls
    results = crm.write(an_upsert(*((f"P{number}", {"LastName": "Lee"}) for number in range(200))))
    assert all(one.is_created for one in results)
    assert crm.calls - before == 1


def test_two_hundred_and_one_records_are_refused_before_a_call(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    with pytest.raises(ValueError, match="at most 200"):
        crm.write(an_upsert(*((f"P{number}", {}) for number in range(201))))
    assert org.requests() == []


def test_what_names_no_record_or_one_twice_is_refused_and_the_rest_is_written(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    rows = [("P1", {"LastName": "A"}), ("", {}), ("P2", {"LastName": "B"}), ("P1", {"LastName": "C"})]
    results = crm.write(an_upsert(*rows))
    assert [one.refusal and one.refusal.code for one in results] == [
        DUPLICATE_KEY,
        MISSING_KEY,
        None,
        DUPLICATE_KEY,
    ]
    assert [row["LastName"] for row in org.rows("Contact")] == ["B"]


def test_ids_of_both_lengths_are_the_same_record_twice(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    (id_,) = seed_contacts(org, [START])
    results = crm.write(an_update((id_, {"Title": "A"}), (id_[:15], {"Title": "B"})))
    assert [one.refusal and one.refusal.code for one in results] == [DUPLICATE_KEY, DUPLICATE_KEY]


def test_nothing_to_write_is_no_call(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    assert crm.write(an_upsert()) == []
    assert org.requests() == []


def test_an_upsert_whose_answer_was_lost_makes_no_second_record(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.add_fault(path="composite", drop="after")
    (result,) = crm.write(an_upsert(("P1", {"LastName": "Lee"})))
    assert [row["Id"] for row in org.rows("Contact")] == [result.id]


def test_an_insert_whose_answer_was_lost_is_told_and_not_repeated(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.add_fault(path="composite", drop="after")
    with pytest.raises(TooBusy):
        crm.write(an_insert("Lee"))
    assert len(org.rows("Contact")) == 1


def test_a_record_that_is_gone_is_refused_and_not_made_anew(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    (id_,) = seed_contacts(org, [START])
    org.delete(id_)
    (result,) = crm.write(an_update((id_, {"Title": "CTO"})))
    assert result.refusal is not None
    assert (result.refusal.code, org.rows("Contact")) == ("ENTITY_IS_DELETED", [])
