"""What is wrong with a package: against the published schema, and against what we promise customers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from integrations.crm.salesforce.field_checks import TRUE, field_findings
from integrations.crm.salesforce.package import MANIFEST, REMOVALS
from integrations.crm.salesforce.package_fields import RESPONSE_OBJECT
from integrations.crm.salesforce.package_parts import NAMESPACE
from integrations.crm.salesforce.package_schema import schema_findings

_LONGEST_LABEL = 40
_VERSION = re.compile(r"[1-9]\d\.0")
_IN = f"{{{NAMESPACE}}}"

# Folder and ending of a file → what it holds. Layouts are left out on purpose: they would replace the
# customer's own.
_PLACES = {
    "objects/*.object": "CustomObject",
    "tabs/*.tab": "CustomTab",
    "flexipages/*.flexipage": "FlexiPage",
    "permissionsets/*.permissionset": "PermissionSet",
    "reportTypes/*.reportType": "ReportType",
}
_PATHS = [
    (re.compile(place.replace(".", r"\.").replace("*", r"(\w+)")), kind) for place, kind in _PLACES.items()
]


@dataclass(frozen=True, slots=True)
class _File:
    """A file that follows the schema: where it is, what it holds, and under which name."""

    path: str
    kind: str
    name: str
    root: Element

    @property
    def is_foreign(self) -> bool:
        """Whether it adds to an object that is the customer's."""
        return self.kind == "CustomObject" and self.name != RESPONSE_OBJECT


def check_package(parts: Mapping[str, bytes]) -> list[str]:
    """Return one sentence for everything that is wrong with a package; none when it may be sent.

    Every file is held against the schema that Salesforce publishes; rules that span files are looked at only
    when each follows it. A package that passes fits the schema, and is not thereby proven on a live
    organisation.
    """
    findings: list[str] = []
    files: list[_File] = []
    for path in sorted(parts):
        kind, name = _kind_of(path)
        trouble = _misplaced(path) if kind is None else schema_findings(path, parts[path])
        if kind is not None and not trouble:
            root = fromstring(parts[path])
            trouble = _wrong_root(path, root, kind)
            files.append(_File(path, kind, name, root))
        findings += trouble
    if MANIFEST not in parts:
        findings.append(f"The package has no {MANIFEST}; add one that lists what the package holds.")
    return findings or list(_rule_findings(files))


def _kind_of(path: str) -> tuple[str | None, str]:
    if path in {MANIFEST, REMOVALS}:
        return "Package", path
    for pattern, kind in _PATHS:
        if match := pattern.fullmatch(path):
            return kind, match.group(1)
    return None, ""


def _misplaced(path: str) -> list[str]:
    if path.lower().startswith("layouts/") or path.lower().endswith(".layout"):
        return [f"{path} is a layout and would replace the customer's own; leave it out."]
    return [f"{path} is not a file this package may hold; leave it out."]


def _wrong_root(path: str, root: Element, kind: str) -> list[str]:
    if root.tag == _IN + kind:
        return []
    return [f"{path} holds a {root.tag.removeprefix(_IN)} where a {kind} belongs; put it into its own file."]


def _rule_findings(files: list[_File]) -> Iterator[str]:
    manifests = {file.path: _members(file) for file in files if file.kind == "Package"}
    fields = {
        f"{file.name}.{_text(field, 'fullName')}": field
        for file in files
        if file.kind == "CustomObject"
        for field in _all(file.root, "fields")
    }
    for file in files:
        if file.kind == "Package":
            yield from _manifest_findings(file)
        elif file.kind == "CustomObject":
            yield from _object_findings(file)
        elif file.kind == "PermissionSet":
            yield from _permission_findings(file, fields)
        elif file.kind == "ReportType":
            yield from _report_findings(file, fields)
        elif file.kind == "FlexiPage":
            yield from _page_findings(file, fields)
        yield from _label_findings(file)
    yield from _unmatched(manifests[MANIFEST], files, fields)


def _members(file: _File) -> list[tuple[str, str]]:
    return [
        (_text(kind, "name"), member.text or "")
        for kind in _all(file.root, "types")
        for member in _all(kind, "members")
    ]


def _manifest_findings(file: _File) -> Iterator[str]:
    version = _text(file.root, "version")
    if not _VERSION.fullmatch(version):
        yield f"{file.path} names version {version}; name one such as 64.0."
    for (kind, name), count in Counter(_members(file)).items():
        if count > 1:
            yield f"{file.path} lists {kind} {name} {count} times; list it once."
        if "*" in name:
            yield f"{file.path} lists every {kind} of the organisation; list ours by name."
        elif kind == "Layout":
            yield f"{file.path} lists the layout {name}, which is the customer's; leave it out."
        elif kind == "CustomObject" and name != RESPONSE_OBJECT:
            yield f"{file.path} lists the object {name}, which is the customer's; list its fields instead."
        elif not _is_ours(kind, name):
            yield f"{file.path} lists {kind} {name}, which is not ours; leave it out."


def _is_ours(kind: str, name: str) -> bool:
    owner, _, field = name.partition(".")
    if kind == "CustomField":
        return owner == RESPONSE_OBJECT or field.startswith("VOC_")
    return name.startswith("VOC_")


def _object_findings(file: _File) -> Iterator[str]:
    for name, count in Counter(_text(field, "fullName") for field in _all(file.root, "fields")).items():
        if count > 1:
            yield f"{file.path} holds the field {name} {count} times; keep one."
    for field in _all(file.root, "fields"):
        yield from field_findings(file.path, {child.tag.removeprefix(_IN): child for child in field})
    if file.is_foreign:
        others = sorted({child.tag.removeprefix(_IN) for child in file.root} - {"fields"})
        for other in others:
            yield f"{file.path} holds {other}, which is the customer's to decide; keep only fields."
        return
    for needed in ("label", "pluralLabel", "nameField", "deploymentStatus", "sharingModel"):
        if file.root.find(_IN + needed) is None:
            yield f"{file.path} has no {needed}, which a new object needs; add it."


def _permission_findings(file: _File, fields: Mapping[str, Element]) -> Iterator[str]:
    for permission in _all(file.root, "fieldPermissions"):
        path = _text(permission, "field")
        if path not in fields:
            yield f"{file.path} grants {path}, which is not in the package; leave it out."
        elif _text(fields[path], "required") in TRUE:
            yield f"{file.path} grants the required field {path}, which Salesforce refuses; make it optional."
        elif _text(fields[path], "type") == "MasterDetail":
            yield f"{file.path} grants the master-detail field {path}, which is refused; leave it out."
        if _text(permission, "editable") in TRUE and _text(permission, "readable") not in TRUE:
            yield f"{file.path} lets {path} be written but not read; grant reading too."
    own = {path.partition(".")[0] for path in fields}
    for permission in _all(file.root, "objectPermissions"):
        name = _text(permission, "object")
        if name != RESPONSE_OBJECT or name not in own:
            yield f"{file.path} grants the object {name}, which is not ours; leave it out."


def _report_findings(file: _File, fields: Mapping[str, Element]) -> Iterator[str]:
    tables = {_text(file.root, "baseObject"): _text(file.root, "baseObject")}
    join = file.root.find(_IN + "join")
    if join is not None:
        relationship = _text(join, "relationship")
        children = {
            f"{_text(field, 'relationshipName')}__r": path.partition(".")[0]
            for path, field in fields.items()
            if _text(field, "referenceTo") in tables
        }
        if relationship not in children:
            yield f"{file.path} joins {relationship}, which no lookup of the package makes; leave it out."
        else:
            tables[f"{_text(file.root, 'baseObject')}.{relationship}"] = children[relationship]
    for column in file.root.iter(_IN + "columns"):
        table, name = _text(column, "table"), _text(column, "field")
        if table not in tables:
            yield f"{file.path} shows {name} of {table}, which it does not join; leave it out."
        elif name.endswith("__c") and f"{tables[table]}.{name}" not in fields:
            yield f"{file.path} shows {tables[table]}.{name}, which is not in the package; leave it out."


def _page_findings(file: _File, fields: Mapping[str, Element]) -> Iterator[str]:
    name = _text(file.root, "sobjectType")
    for item in file.root.iter(_IN + "fieldItem"):
        field = (item.text or "").removeprefix("Record.")
        if field.endswith("__c") and f"{name}.{field}" not in fields:
            yield f"{file.path} shows {name}.{field}, which is not in the package; leave it out."
    regions = _all(file.root, "flexiPageRegions")
    facets = [_text(region, "name") for region in regions if _text(region, "type") == "Facet"]
    used = {value.text for value in file.root.iter(_IN + "value")}
    for facet in facets:
        if facet not in used:
            yield f"{file.path} has the part {facet}, which nothing on the page shows; leave it out."
    identifiers = Counter(item.text for item in file.root.iter(_IN + "identifier"))
    for identifier, count in identifiers.items():
        if count > 1:
            yield f"{file.path} uses the identifier {identifier} {count} times; give each its own."


def _label_findings(file: _File) -> Iterator[str]:
    for tag in ("label", "pluralLabel", "masterLabel"):
        label = _text(file.root, tag)
        if len(label) > _LONGEST_LABEL:
            yield f"{file.path} has a label of over {_LONGEST_LABEL} characters, “{label}”; shorten it."


def _unmatched(
    listed: Iterable[tuple[str, str]], files: Iterable[_File], fields: Iterable[str]
) -> Iterator[str]:
    held = {(file.kind, file.name) for file in files if file.kind != "Package" and not file.is_foreign}
    own = {name for kind, name in held if kind == "CustomObject"}
    # Fields of our own object come with it; naming them as well is allowed and not needed.
    of_own = {("CustomField", path) for path in fields if path.partition(".")[0] in own}
    held |= {("CustomField", path) for path in fields} - of_own
    for kind, name in sorted(set(listed) - held - of_own):
        yield f"{MANIFEST} lists {kind} {name}, which no file holds; add the file or leave the line out."
    for kind, name in sorted(held - set(listed)):
        yield f"{MANIFEST} does not list {kind} {name}, which a file holds; list it or leave it out."


def _all(parent: Element, name: str) -> list[Element]:
    return parent.findall(_IN + name)


def _text(parent: Element, name: str) -> str:
    return parent.findtext(_IN + name) or ""
