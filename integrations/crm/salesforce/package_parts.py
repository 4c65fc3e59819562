"""The single files of the package: each function turns fields into the elements of one file.

Elements stand in the order of the published schema, which readers of the files may insist on.
"""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from integrations.crm.salesforce.package_fields import RESPONSE_OBJECT, FieldKind, PackageField

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
INTEGRATION = "VOC_Integration"
VIEWER = "VOC_Viewer"
ACCOUNT_PAGE = "VOC_Account"

# An element: its name, and its text or the elements inside.
Node = tuple[str, "str | bool | int | Sequence[Node]"]

_COMMENT_LINES = 6
# What lists and search results cannot show.
_TOO_LONG_FOR_LISTS = frozenset({FieldKind.LONG_TEXT})


def xml_file(kind: str, nodes: Iterable[Node]) -> bytes:
    """Return a metadata file of a kind, the same bytes for the same elements."""
    root = Element(kind, xmlns=NAMESPACE)
    _fill(root, nodes)
    indent(root, "    ")
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _fill(parent: Element, nodes: Iterable[Node]) -> None:
    for name, content in nodes:
        child = SubElement(parent, name)
        if isinstance(content, bool):
            child.text = "true" if content else "false"
        elif isinstance(content, str | int):
            child.text = str(content)
        else:
            _fill(child, content)


def manifest(members: Iterable[tuple[str, Sequence[str]]], *, api_version: str) -> bytes:
    """Return a package.xml (or destructiveChanges.xml) that lists members by their type."""
    types: list[Node] = [
        ("types", [*(("members", name) for name in sorted(names)), ("name", kind)])
        for kind, names in sorted(members)
    ]
    return xml_file("Package", [*types, ("version", api_version)])


def field_nodes(field: PackageField) -> list[Node]:
    """Return the elements of one field."""
    is_lookup, is_number = field.kind is FieldKind.LOOKUP, field.kind is FieldKind.NUMBER
    holds_text = field.kind in {FieldKind.TEXT, FieldKind.LONG_TEXT}
    is_checkbox = field.kind is FieldKind.CHECKBOX
    nodes: list[tuple[bool, Node]] = [
        (True, ("fullName", field.name)),
        (field.is_external_id, ("caseSensitive", True)),
        # A checkbox is never empty, so Salesforce wants to know what it starts as and refuses `required`.
        (is_checkbox, ("defaultValue", "false")),
        (is_lookup, ("deleteConstraint", "SetNull")),
        (bool(field.description), ("description", field.description)),
        (field.is_external_id, ("externalId", True)),
        (bool(field.help), ("inlineHelpText", field.help)),
        (True, ("label", field.label)),
        (holds_text, ("length", field.length)),
        (is_number, ("precision", field.length)),
        (is_lookup, ("referenceTo", field.refers_to)),
        (is_lookup, ("relationshipLabel", field.relationship.removeprefix("VOC_").replace("_", " "))),
        (is_lookup, ("relationshipName", field.relationship)),
        (not is_checkbox, ("required", False)),
        (is_number, ("scale", field.scale)),
        (True, ("type", field.kind.value)),
        (field.is_external_id, ("unique", True)),
        (field.kind is FieldKind.PICKLIST, ("valueSet", _values(field))),
        (field.kind is FieldKind.LONG_TEXT, ("visibleLines", _COMMENT_LINES)),
    ]
    return [node for is_meant, node in nodes if is_meant]


def _values(field: PackageField) -> list[Node]:
    values: list[Node] = [
        ("value", [("fullName", choice.value), ("default", False), ("label", choice.label)])
        for choice in field.choices
    ]
    return [("restricted", True), ("valueSetDefinition", [("sorted", False), *values])]


def foreign_object(fields: Iterable[PackageField]) -> bytes:
    """Return the file of an object that is the customer's: our fields and nothing else."""
    return xml_file("CustomObject", [("fields", field_nodes(field)) for field in fields])


def response_object(fields: Sequence[PackageField]) -> bytes:
    """Return the file of the survey responses, with a list of all of them."""
    listed = [field.name for field in fields if field.kind not in _TOO_LONG_FOR_LISTS]
    return xml_file(
        "CustomObject",
        [
            ("deploymentStatus", "Deployed"),
            ("description", "One answer to one survey. Written by vocapp."),
            ("enableActivities", False),
            # These three go together: Salesforce takes all of them or none.
            ("enableBulkApi", True),
            ("enableReports", True),
            ("enableSearch", True),
            ("enableSharing", True),
            ("enableStreamingApi", True),
            *(("fields", field_nodes(field)) for field in fields),
            ("label", "Survey Response"),
            (
                "listViews",
                [
                    ("fullName", "All"),
                    ("columns", "NAME"),
                    *(("columns", name) for name in listed),
                    ("filterScope", "Everything"),
                    ("label", "All"),
                ],
            ),
            (
                "nameField",
                [("displayFormat", "SR-{00000000}"), ("label", "Survey Response"), ("type", "AutoNumber")],
            ),
            ("pluralLabel", "Survey Responses"),
            ("searchLayouts", [("searchResultsAdditionalFields", name) for name in listed]),
            # Whoever may see the object sees every answer; only the owner, our user, changes one.
            ("sharingModel", "Read"),
            ("visibility", "Public"),
        ],
    )


def response_tab() -> bytes:
    """Return the tab of the survey responses."""
    return xml_file("CustomTab", [("customObject", True), ("motif", "Custom18: Form")])


def permission_set(name: str, fields: Sequence[PackageField]) -> bytes:
    """Return the permission set of the integration (reads and writes) or of viewers (read)."""
    writes = name == INTEGRATION
    holds_responses = any(field.object == RESPONSE_OBJECT for field in fields)
    grants: list[Node] = [
        ("fieldPermissions", [("editable", writes), ("field", path), ("readable", True)])
        for path in sorted(field.path for field in fields)
    ]
    nodes: list[Node] = [
        (
            "description",
            "For the user that vocapp signs in as: read and write its fields."
            if writes
            else "For people: see what vocapp writes, change nothing of it.",
        ),
        *grants,
        ("hasActivationRequired", False),
        ("label", "VOC Integration" if writes else "VOC Viewer"),
    ]
    if holds_responses:
        nodes.append(
            (
                "objectPermissions",
                [
                    ("allowCreate", writes),
                    ("allowDelete", writes),
                    ("allowEdit", writes),
                    ("allowRead", True),
                    ("modifyAllRecords", False),
                    ("object", RESPONSE_OBJECT),
                    ("viewAllRecords", False),
                ],
            )
        )
    # An integration licence has no pages, so it gets no tab.
    if holds_responses and not writes:
        nodes.append(("tabSettings", [("tab", RESPONSE_OBJECT), ("visibility", "Visible")]))
    return xml_file("PermissionSet", nodes)


def report_type(base: str, fields: Sequence[PackageField], *, join: PackageField) -> bytes:
    """Return a report type: records of `base` with or without the responses that look at them by `join`."""
    children = f"{join.relationship}__r"
    response_fields = [field.name for field in fields if field.object == RESPONSE_OBJECT and field != join]
    base_fields = [field.name for field in fields if field.object == base]
    return xml_file(
        "ReportType",
        [
            ("baseObject", base),
            ("category", "accounts"),
            ("deployed", True),
            (
                "description",
                f"{base}s with their relationship fields, whether they answered a survey or not.",
            ),
            ("join", [("outerJoin", True), ("relationship", children)]),
            ("label", f"{base}s with or without responses"),
            ("sections", [*_columns(base, ["Name", *base_fields]), ("masterLabel", f"{base}s")]),
            (
                "sections",
                [
                    *_columns(f"{base}.{children}", ["Name", *response_fields]),
                    ("masterLabel", "Survey responses"),
                ],
            ),
        ],
    )


def _columns(table: str, names: Iterable[str]) -> list[Node]:
    return [
        ("columns", [("checkedByDefault", name == "Name"), ("field", name), ("table", table)])
        for name in names
    ]


def account_page(fields: Iterable[PackageField]) -> bytes:
    """Return a Lightning page of accounts that shows our fields; nobody sees it until it is assigned."""
    shown = [field for field in fields if field.object == "Account"]
    middle = (len(shown) + 1) // 2
    columns = [column for column in (shown[:middle], shown[middle:]) if column]
    regions: list[Node] = [
        _region("header", "Region", [_component("force:highlightsPanel", {"collapsed": "false"})])
    ]
    for number, column in enumerate(columns, start=1):
        regions.append(_region(f"Facet-VOC-{number}", "Facet", [_page_field(field) for field in column]))
    regions.append(
        _region(
            "Facet-VOC-columns",
            "Facet",
            [
                _component("flexipage:column", {"body": f"Facet-VOC-{number}"}, number=number)
                for number in range(1, len(columns) + 1)
            ],
        )
    )
    section = {
        "columns": "Facet-VOC-columns",
        "horizontalAlignment": "false",
        "label": "Customer relationship",
    }
    main = [_component("flexipage:fieldSection", section), _component("force:detailPanel", {})]
    regions.append(_region("main", "Region", main))
    regions.append(_region("sidebar", "Region", [_component("force:relatedListContainer", {})]))
    return xml_file(
        "FlexiPage",
        [
            (
                "description",
                "Account with its relationship fields; assign it, or copy the section to your own page.",
            ),
            *regions,
            ("masterLabel", "Account with relationship"),
            ("sobjectType", "Account"),
            ("template", [("name", "flexipage:recordHomeTemplateDesktop")]),
            ("type", "RecordPage"),
        ],
    )


def _region(name: str, kind: str, items: Iterable[Node]) -> Node:
    return (
        "flexiPageRegions",
        [*(("itemInstances", [item]) for item in items), ("name", name), ("type", kind)],
    )


def _component(name: str, properties: dict[str, str], *, number: int | None = None) -> Node:
    identifier = name.replace(":", "_") + (str(number) if number else "")
    return (
        "componentInstance",
        [
            *(
                ("componentInstanceProperties", [("name", key), ("value", value)])
                for key, value in properties.items()
            ),
            ("componentName", name),
            ("identifier", identifier),
        ],
    )


def _page_field(field: PackageField) -> Node:
    return (
        "fieldInstance",
        [
            # People read here what is written elsewhere; a change by hand would be overwritten.
            ("fieldInstanceProperties", [("name", "uiBehavior"), ("value", "readonly")]),
            ("fieldItem", f"Record.{field.name}"),
            ("identifier", f"Record{field.name.replace('__', '_')}Field"),
        ],
    )
