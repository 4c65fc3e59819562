import pytest

from integrations.crm.salesforce.package import build_package, build_uninstall
from integrations.crm.salesforce.package_checks import check_package
from integrations.crm.salesforce.package_fields import Choice, FieldKind, default_fields
from tests.integrations.crm.salesforce_package.builders import (
    ACCOUNT,
    CONTACT,
    INTEGRATION,
    PAGE,
    REPORT,
    RESPONSE,
    VIEWER,
    a_changed_package,
    a_field,
    a_package,
)

OPEN_TYPES = '<Package xmlns="http://soap.sforce.com/2006/04/metadata">\n'
LONG = "x" * 41


def _member(kind: str, name: str) -> str:
    return f"{OPEN_TYPES}<types><members>{name}</members><name>{kind}</name></types>"


# What is changed in which file, and what the finding must say.
BROKEN = {
    "a file cut off": (ACCOUNT, "</CustomObject>", "", "not well-formed XML"),
    "a document type": (
        ACCOUNT,
        "<CustomObject ",
        '<!DOCTYPE CustomObject [<!ENTITY a "b">]><CustomObject ',
        "declares a document type",
    ),
    "an element nobody knows": (ACCOUNT, "<label>", "<lable>x</lable><label>", "lable"),
    "elements out of order": (
        ACCOUNT,
        "<fullName>VOC_Relationship_Score__c</fullName>",
        "<label>Strength</label><fullName>VOC_Relationship_Score__c</fullName>",
        "does not follow the published schema in line",
    ),
    "a type nobody knows": (ACCOUNT, "<type>Number</type>", "<type>Numbr</type>", "Numbr"),
    "truth with a capital": (ACCOUNT, "<required>false", "<required>False", "False"),
    "a literal None": (CONTACT, "<length>64</length>", "<length>None</length>", "None"),
    "another namespace": (ACCOUNT, "soap.sforce.com/2006/04", "example.com", "does not follow"),
    "a report without a label": (
        REPORT,
        "<label>Accounts with or without responses</label>",
        "",
        "does not follow the published schema",
    ),
    "a page without a template": (
        PAGE,
        "<template>\n        <name>flexipage:recordHomeTemplateDesktop</name>\n    </template>",
        "",
        "does not follow the published schema",
    ),
    "a category nobody knows": (REPORT, "<category>accounts", "<category>customers", "customers"),
    "a tab seen in an unknown way": (VIEWER, "<visibility>Visible", "<visibility>DefaultOn", "DefaultOn"),
    "a manifest without a version": (
        "package.xml",
        "<version>64.0</version>",
        "",
        "does not follow the published schema",
    ),
    "a version that is none": ("package.xml", "64.0", "newest", "names version newest"),
    "a tab of something unknown": (
        "tabs/VOC_Survey_Response__c.tab",
        "<customObject>true</customObject>\n    <motif>Custom18: Form</motif>",
        "<wrong/>",
        "does not follow the published schema",
    ),
    "a standard object as member": (
        "package.xml",
        OPEN_TYPES,
        _member("CustomObject", "Account"),
        "lists the object Account, which is the customer's",
    ),
    "a layout as member": (
        "package.xml",
        OPEN_TYPES,
        _member("Layout", "Account-Account Layout"),
        "lists the layout Account-Account Layout",
    ),
    "everything as member": (
        "package.xml",
        OPEN_TYPES,
        _member("PermissionSet", "*"),
        "lists every PermissionSet of the organisation",
    ),
    "a member twice": (
        "package.xml",
        OPEN_TYPES,
        _member("PermissionSet", "VOC_Viewer"),
        "lists PermissionSet VOC_Viewer 2 times",
    ),
    "a field of the customer as member": (
        "package.xml",
        OPEN_TYPES,
        _member("CustomField", "Account.Their_Field__c"),
        "lists CustomField Account.Their_Field__c, which is not ours",
    ),
    "a member without a file": (
        "package.xml",
        OPEN_TYPES,
        _member("FlexiPage", "VOC_Contact"),
        "lists FlexiPage VOC_Contact, which no file holds",
    ),
    "a member without a field": (
        "package.xml",
        "Account.VOC_Sentiment__c",
        "Account.VOC_Mood__c",
        "lists CustomField Account.VOC_Mood__c, which no file holds",
    ),
    "a field without a member": (
        "package.xml",
        "<members>Account.VOC_Sentiment__c</members>",
        "",
        "does not list CustomField Account.VOC_Sentiment__c",
    ),
    "a file without a member": (
        "package.xml",
        "<members>VOC_Viewer</members>",
        "",
        "does not list PermissionSet VOC_Viewer",
    ),
    "a field twice": (
        ACCOUNT,
        "<fullName>VOC_Engagement__c",
        "<fullName>VOC_Sentiment__c",
        "holds the field VOC_Sentiment__c 2 times",
    ),
    "an account that is labelled anew": (
        ACCOUNT,
        "</CustomObject>",
        "<label>Customer</label></CustomObject>",
        "holds label, which is the customer's to decide",
    ),
    "an account with a list of ours": (
        ACCOUNT,
        "</CustomObject>",
        "<listViews><fullName>All</fullName><filterScope>Everything</filterScope><label>A</label></listViews>"
        "</CustomObject>",
        "holds listViews, which is the customer's to decide",
    ),
    "a new object without sharing": (
        RESPONSE,
        "<sharingModel>Read</sharingModel>",
        "",
        "has no sharingModel",
    ),
    "a picklist that takes anything": (
        ACCOUNT,
        "<restricted>true",
        "<restricted>false",
        "has the picklist VOC_Relationship_Band__c that takes any value",
    ),
    "a picklist value twice": (
        ACCOUNT,
        "<fullName>amber",
        "<fullName>Green",
        "with an empty value or one twice",
    ),
    "a required field": (
        ACCOUNT,
        "<required>false",
        "<required>true",
        "makes the field VOC_Relationship_Score__c required",
    ),
    "a required field that is granted": (
        ACCOUNT,
        "<required>false",
        "<required>1",
        "grants the required field Account.VOC_Relationship_Score__c",
    ),
    "a grant of a field that is not there": (
        INTEGRATION,
        "Account.VOC_Engagement__c",
        "Account.VOC_Mood__c",
        "grants Account.VOC_Mood__c, which is not in the package",
    ),
    "a grant of a standard object": (
        INTEGRATION,
        "<object>VOC_Survey_Response__c",
        "<object>Account",
        "grants the object Account, which is not ours",
    ),
    "a field to write and not to read": (
        INTEGRATION,
        "<readable>true",
        "<readable>false",
        "be written but not read",
    ),
    "a lookup that stops deleting": (
        CONTACT,
        "<deleteConstraint>SetNull",
        "<deleteConstraint>Restrict",
        "gets in the way of deleting",
    ),
    "a lookup that says nothing on deleting": (
        RESPONSE,
        "<deleteConstraint>SetNull</deleteConstraint>",
        "",
        "gets in the way of deleting",
    ),
    "an external id that is not unique": (
        CONTACT,
        "<unique>true</unique>",
        "",
        "has the external id VOC_Person_Id__c that is not unique",
    ),
    "a report on a field that is not there": (
        REPORT,
        "<field>VOC_Engagement__c",
        "<field>VOC_Mood__c",
        "shows Account.VOC_Mood__c, which is not in the package",
    ),
    "a report joined by nothing": (
        REPORT,
        "<relationship>VOC_Survey_Responses__r",
        "<relationship>Answers__r",
        "joins Answers__r, which no lookup of the package makes",
    ),
    "a page with a field that is not there": (
        PAGE,
        "Record.VOC_Engagement__c",
        "Record.VOC_Mood__c",
        "shows Account.VOC_Mood__c, which is not in the package",
    ),
    "a page with a part nobody sees": (
        PAGE,
        "<value>Facet-VOC-columns",
        "<value>Facet-VOC-others",
        "has the part Facet-VOC-columns, which nothing on the page shows",
    ),
    "a permission set with an endless label": (
        VIEWER,
        "<label>VOC Viewer",
        f"<label>{LONG}",
        "has a label of over 40 characters",
    ),
}


@pytest.mark.parametrize(("path", "old", "new", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_found_out(path: str, old: str, new: str, words: str) -> None:
    findings = check_package(a_changed_package(path, old, new))
    assert [finding for finding in findings if words in finding], findings


BROKEN_FIELDS = {
    "no suffix": ({"name": "VOC_Note"}, "has a field called “VOC_Note”"),
    "two underscores": ({"name": "VOC__Note__c"}, "has a field called “VOC__Note__c”"),
    "a name of 41": ({"name": "VOC_" + "n" * 34 + "__c"}, "has a field name of 41 characters"),
    "a label of 41": ({"label": LONG}, "a label of over 40 characters"),
    "no label": ({"label": ""}, "no label"),
    "a help text of 256": ({"help": "x" * 256}, "a help text of over 255 characters"),
    "a description of 1001": ({"description": "x" * 1_001}, "a description of over 1000 characters"),
    "a text of nothing": ({"length": 0}, "without a length from 1 to 255"),
    "a text of 256": ({"length": 256}, "without a length from 1 to 255"),
    "a short long text": ({"kind": FieldKind.LONG_TEXT, "length": 255}, "without a length from 256"),
    "a number of 19 digits": ({"kind": FieldKind.NUMBER, "length": 19}, "without fitting digits"),
    "more digits behind the point than in all": (
        {"kind": FieldKind.NUMBER, "length": 2, "scale": 3},
        "without fitting digits",
    ),
    "a picklist of nothing": ({"kind": FieldKind.PICKLIST}, "without values"),
    "a picklist with an empty value": (
        {"kind": FieldKind.PICKLIST, "choices": (Choice("", "None"),)},
        "with an empty value or one twice",
    ),
    "a date as external id": (
        {"kind": FieldKind.DATE, "is_external_id": True},
        "of type Date, which cannot be one",
    ),
    "a lookup at nothing": (
        {"kind": FieldKind.LOOKUP, "relationship": "VOC_Notes"},
        "that looks at nothing",
    ),
    "a lookup without a relationship": (
        {"kind": FieldKind.LOOKUP, "refers_to": "User"},
        "with the relationship “”",
    ),
}


@pytest.mark.parametrize(("changes", "words"), BROKEN_FIELDS.values(), ids=BROKEN_FIELDS.keys())
def test_a_broken_field_is_found_out(changes: dict[str, object], words: str) -> None:
    findings = check_package(build_package([a_field(**changes)]))
    assert [finding for finding in findings if words in finding], findings


def test_a_name_of_40_with_its_ending_is_fine() -> None:
    assert check_package(build_package([a_field(name="VOC_" + "n" * 33 + "__c")])) == []


@pytest.mark.parametrize(
    "path", ["layouts/Account-Account Layout.layout", "unpackaged/Layouts.layout", "layouts/x.xml"]
)
def test_a_layout_is_found_out(path: str) -> None:
    (finding,) = check_package({**a_package(), path: b"<Layout/>"})
    assert "is a layout and would replace the customer's own" in finding


@pytest.mark.parametrize("path", ["classes/A.cls", "../objects/A.object", "objects/a/b.object", "readme.txt"])
def test_a_file_that_does_not_belong_is_found_out(path: str) -> None:
    (finding,) = check_package({**a_package(), path: b"x"})
    assert finding == f"{path} is not a file this package may hold; leave it out."


def test_a_file_of_another_kind_is_found_out() -> None:
    parts = a_package()
    parts[VIEWER] = parts["tabs/VOC_Survey_Response__c.tab"]
    assert check_package(parts) == [
        f"{VIEWER} holds a CustomTab where a PermissionSet belongs; put it into its own file."
    ]


def test_a_package_without_its_list_is_found_out() -> None:
    parts = a_package()
    del parts["package.xml"]
    assert check_package(parts) == [
        "The package has no package.xml; add one that lists what the package holds."
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("VOC_Survey_Response__c", "Account", "lists the object Account, which is the customer's"),
        (
            "Account.VOC_Engagement__c",
            "Account.Tier__c",
            "lists CustomField Account.Tier__c, which is not ours",
        ),
        ("VOC_Viewer", "Sales", "lists PermissionSet Sales, which is not ours"),
    ],
)
def test_an_uninstall_that_would_take_more_than_ours_is_found_out(old: str, new: str, words: str) -> None:
    parts = dict(build_uninstall(default_fields()))
    parts["destructiveChanges.xml"] = parts["destructiveChanges.xml"].replace(old.encode(), new.encode())
    assert [finding for finding in check_package(parts) if words in finding]


def test_every_finding_is_one_sentence_without_namespaces() -> None:
    for path, old, new, _words in BROKEN.values():
        for finding in check_package(a_changed_package(path, old, new)):
            assert finding.endswith(".")
            assert "\n" not in finding
            assert "{http" not in finding
