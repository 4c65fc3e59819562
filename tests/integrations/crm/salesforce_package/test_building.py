from io import BytesIO
from zipfile import ZipFile

import pytest

from integrations.crm.salesforce.package import build_package, build_uninstall, zip_package
from integrations.crm.salesforce.package_checks import check_package
from integrations.crm.salesforce.package_fields import (
    RESPONSE_OBJECT,
    FieldKind,
    default_fields,
    fields_used,
)
from tests.integrations.crm.salesforce_package.builders import (
    ACCOUNT,
    CONTACT,
    INTEGRATION,
    PAGE,
    REPORT,
    RESPONSE,
    VIEWER,
    a_field,
    a_package,
    elements,
    listed,
    texts,
)

EVERY_FIELD = [pytest.param(field, id=field.path) for field in default_fields()]


def test_the_whole_package_has_nothing_wrong() -> None:
    assert check_package(a_package()) == []


@pytest.mark.parametrize("field", EVERY_FIELD)
def test_each_field_makes_a_sound_package_by_itself(field) -> None:
    assert check_package(build_package([field])) == []


@pytest.mark.parametrize("left_out", EVERY_FIELD)
def test_leaving_any_field_out_leaves_a_sound_package(left_out) -> None:
    assert check_package(build_package(field for field in default_fields() if field != left_out)) == []


def test_objects_of_the_customer_hold_nothing_but_our_fields() -> None:
    for path in (ACCOUNT, CONTACT):
        assert {
            name.startswith("VOC_") for name in texts(a_package()[path], "fullName") if "__c" in name
        } == {True}
        assert texts(a_package()[path], "listViews") == []


def test_objects_of_the_customer_are_never_members() -> None:
    assert listed(a_package()["package.xml"])["CustomObject"] == [RESPONSE_OBJECT]


def test_no_layout_is_ever_part_of_it() -> None:
    assert not [path for path in a_package() if "ayout" in path]


def test_no_field_is_required() -> None:
    parts = a_package()
    assert {text for path in (ACCOUNT, CONTACT, RESPONSE) for text in texts(parts[path], "required")} == {
        "false"
    }


def test_every_field_says_what_it_is_for() -> None:
    assert [field.path for field in default_fields() if not (field.description and field.help)] == []


def test_external_ids_are_unique_and_mind_case() -> None:
    parts = a_package()
    keys = [
        field
        for path in (CONTACT, RESPONSE)
        for field in elements(parts[path], "fields")
        if field.get("externalId") == "true"
    ]
    assert [(key["fullName"], key["length"], key["unique"], key["caseSensitive"]) for key in keys] == [
        ("VOC_Person_Id__c", "64", "true", "true"),
        ("VOC_Response_Id__c", "64", "true", "true"),
    ]


def test_bands_are_stored_small_and_shown_with_a_capital() -> None:
    values = elements(a_package()[ACCOUNT], "value")
    assert [(value["fullName"], value["label"]) for value in values] == [
        ("green", "Green"),
        ("amber", "Amber"),
        ("red", "Red"),
        ("grey", "Grey"),
    ]


def test_the_record_looked_at_can_always_be_deleted() -> None:
    parts = a_package()
    lookups = [
        field
        for path in (CONTACT, RESPONSE)
        for field in elements(parts[path], "fields")
        if field["type"] == "Lookup"
    ]
    assert [(field["fullName"], field["deleteConstraint"]) for field in lookups] == [
        ("VOC_Replaced_By__c", "SetNull"),
        ("Account__c", "SetNull"),
        ("Contact__c", "SetNull"),
    ]


@pytest.mark.parametrize(("path", "editable"), [(INTEGRATION, "true"), (VIEWER, "false")])
def test_each_permission_set_grants_every_field(path: str, editable: str) -> None:
    grants = elements(a_package()[path], "fieldPermissions")
    assert {grant["field"] for grant in grants} == {field.path for field in default_fields()}
    assert {(grant["readable"], grant["editable"]) for grant in grants} == {("true", editable)}


@pytest.mark.parametrize(("path", "may_change"), [(INTEGRATION, "true"), (VIEWER, "false")])
def test_only_the_integration_changes_responses(path: str, may_change: str) -> None:
    (grant,) = elements(a_package()[path], "objectPermissions")
    assert grant["object"] == RESPONSE_OBJECT
    assert grant["allowRead"] == "true"
    assert {grant["allowCreate"], grant["allowEdit"], grant["allowDelete"]} == {may_change}


def test_the_report_type_keeps_accounts_without_responses() -> None:
    report = a_package()[REPORT]
    assert texts(report, "outerJoin") == ["true"]
    assert texts(report, "relationship") == ["VOC_Survey_Responses__r"]


def test_the_page_shows_every_field_of_an_account_and_none_to_write() -> None:
    page = a_package()[PAGE]
    ours = {f"Record.{field.name}" for field in default_fields() if field.object == "Account"}
    assert set(texts(page, "fieldItem")) == ours
    assert {item["value"] for item in elements(page, "fieldInstanceProperties")} == {"readonly"}


def test_an_organisation_that_refuses_the_page_gets_the_rest() -> None:
    parts = build_package(default_fields(), with_page=False)
    assert PAGE not in parts
    assert "FlexiPage" not in listed(parts["package.xml"])
    assert check_package(parts) == []


def test_a_mapping_of_accounts_alone_brings_no_responses() -> None:
    parts = build_package(fields_used(["Account.VOC_Engagement__c", "Account.Name"]))
    assert sorted(parts) == [PAGE, ACCOUNT, "package.xml", INTEGRATION, VIEWER]
    assert texts(parts[INTEGRATION], "field") == ["Account.VOC_Engagement__c"]
    assert listed(parts["package.xml"])["CustomField"] == ["Account.VOC_Engagement__c"]


def test_a_mapping_of_people_alone_brings_no_page() -> None:
    assert PAGE not in build_package(fields_used(["Contact.VOC_Person_Id__c"]))


def test_responses_always_come_with_their_external_id() -> None:
    used = fields_used(["VOC_Survey_Response__c.NPS__c"])
    assert [field.name for field in used] == ["VOC_Response_Id__c", "NPS__c"]


def test_responses_without_their_account_bring_no_report_on_accounts() -> None:
    parts = build_package(fields_used(["VOC_Survey_Response__c.NPS__c"]))
    assert not [path for path in parts if path.startswith("reportTypes/")]


def test_a_field_named_twice_is_made_once() -> None:
    assert build_package([a_field(), a_field()]) == build_package([a_field()])


def test_labels_with_special_characters_stay_what_they_are() -> None:
    field = a_field(label='Rang & „Stärke“ <1> "x"')
    parts = build_package([field])
    assert texts(parts[ACCOUNT], "label") == [field.label]
    assert check_package(parts) == []


def test_a_package_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one field"):
        build_package([])


def test_the_version_asked_for_is_named() -> None:
    assert texts(build_package([a_field()], api_version="65.0")["package.xml"], "version") == ["65.0"]


def test_an_uninstall_removes_what_was_made_and_makes_nothing() -> None:
    made, removed = a_package(), build_uninstall(default_fields())
    assert sorted(removed) == ["destructiveChanges.xml", "package.xml"]
    assert listed(removed["destructiveChanges.xml"]) == listed(made["package.xml"])
    assert listed(removed["package.xml"]) == {}
    assert check_package(removed) == []


@pytest.mark.parametrize("field", EVERY_FIELD)
def test_an_uninstall_of_any_field_is_sound(field) -> None:
    assert check_package(build_uninstall([field])) == []


def test_the_zip_holds_the_files_in_order_and_whole() -> None:
    parts = a_package()
    with ZipFile(BytesIO(zip_package(parts))) as archive:
        assert archive.namelist() == sorted(parts)
        assert {name: archive.read(name) for name in archive.namelist()} == parts


def test_the_zip_is_the_same_bytes_whenever_it_is_made() -> None:
    parts = a_package()
    first = zip_package(parts)
    assert zip_package(dict(reversed(parts.items()))) == first
    with ZipFile(BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("kind", [kind for kind in FieldKind if kind is not FieldKind.PICKLIST])
def test_every_kind_of_field_can_be_made(kind: FieldKind) -> None:
    length = {FieldKind.TEXT: 80, FieldKind.LONG_TEXT: 4_000, FieldKind.NUMBER: 5}.get(kind, 0)
    field = a_field(kind=kind, length=length, refers_to="User", relationship="VOC_Notes")
    assert check_package(build_package([field])) == []
