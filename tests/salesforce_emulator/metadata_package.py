"""A metadata package: what its zip holds, and everything that is wrong with it."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tests.salesforce_emulator.metadata_fields import METADATA, read_field, text_of
from tests.salesforce_emulator.schema import Field, PermissionSet, Schema

FOLDERS = {
    "objects": ("CustomObject", ".object"),
    "permissionsets": ("PermissionSet", ".permissionset"),
    "tabs": ("CustomTab", ".tab"),
    "reportTypes": ("ReportType", ".reportType"),
    "flexipages": ("FlexiPage", ".flexipage"),
}
SUFFIXES = {kind: (folder, suffix) for folder, (kind, suffix) in FOLDERS.items()}
KNOWN_TYPES = {*SUFFIXES, "CustomField", "ListView"}
REMOVALS = ("destructiveChanges.xml", "destructiveChangesPre.xml", "destructiveChangesPost.xml")
LARGEST = 39 * 1024 * 1024
OBJECT_PARTS = {
    "actionOverrides", "compactLayouts", "deploymentStatus", "description", "enableActivities",
    "enableBulkApi", "enableFeeds", "enableHistory", "enableReports", "enableSearch", "enableSharing",
    "enableStreamingApi",
    "externalSharingModel", "fields", "label", "listViews", "nameField", "pluralLabel", "searchLayouts",
    "sharingModel", "startsWith", "visibility", "validationRules", "webLinks",
}  # fmt: skip
OBJECT_NEEDS = ("deploymentStatus", "label", "nameField", "pluralLabel", "sharingModel")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one component."""

    kind: str
    name: str
    file: str
    words: str


@dataclass
class NewObject:
    """An object of the package's own; `name_format` is that of numbers given by the org."""

    name: str
    label: str
    plural: str
    name_format: str


@dataclass
class Package:
    """What a package adds and takes away, and what is wrong with it."""

    members: dict[str, list[str]] = field(default_factory=dict)
    objects: dict[str, NewObject] = field(default_factory=dict)
    fields: dict[tuple[str, str], Field] = field(default_factory=dict)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)
    removals: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, kind: str, name: str, file: str, words: str) -> None:
        """Note that something is wrong."""
        self.problems.append(Problem(kind, name, file, words))

    def components(self) -> Iterator[tuple[str, str]]:
        """Yield type and name of everything the package says it adds or takes away."""
        for kind, names in self.members.items():
            yield from ((kind, name) for name in names)
        yield from self.removals


def read_package(content: bytes, schema: Schema) -> Package:
    """Return what a zip holds; it never raises, a package that cannot be read has problems."""
    package = Package()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                package.complain("", "", "", "Maximum size of request reached")
                return package
            files = {
                entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()
            }
    except (zipfile.BadZipFile, EOFError):
        package.complain("", "", "", "The zip file could not be read")
        return package
    if "package.xml" not in files:
        package.complain("", "package.xml", "package.xml", "No package.xml found")
        return package
    package.members = _manifest(package, "package.xml", files.pop("package.xml"))
    for name in REMOVALS:
        if name in files:
            found = _manifest(package, name, files.pop(name))
            package.removals += [(kind, member) for kind, members in found.items() for member in members]
    for path, body in sorted(files.items()):
        _file(package, path, body)
    _check_members(package, files, schema)
    _check_grants(package, schema)
    return package


def parse_xml(package: Package, path: str, body: bytes, kind: str) -> Element | None:
    """Return the root of a metadata file of a kind, or None with a problem noted."""
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException) as error:
        package.complain(kind, path, path, f"Error parsing file: {error}")
        return None
    if root.tag != f"{METADATA}{kind}":
        package.complain(kind, path, path, f"Unexpected element {root.tag} in place of {kind}")
        return None
    return root


def _manifest(package: Package, path: str, body: bytes) -> dict[str, list[str]]:
    root = parse_xml(package, path, body, "Package")
    members: dict[str, list[str]] = {}
    if root is None:
        return members
    for child in root:
        tag = child.tag.removeprefix(METADATA)
        if tag == "types":
            kind = text_of(child, "name")
            names = [one.text or "" for one in child.findall(f"{METADATA}members")]
            if kind not in KNOWN_TYPES:
                package.complain("", path, path, f"Unknown type name '{kind}' specified in package.xml")
            if not names or "*" in names:
                package.complain("", path, path, f"{kind}: members must be named one by one")
            members.setdefault(kind, []).extend(names)
        elif tag not in ("version", "fullName", "description"):
            package.complain("", path, path, f"Element {tag} invalid at this location in type Package")
    if not text_of(root, "version"):
        package.complain("", path, path, "No version specified in package.xml")
    return members


def _file(package: Package, path: str, body: bytes) -> None:
    folder, _, name = path.partition("/")
    if folder == "layouts":
        package.complain("Layout", path, path, "Layouts overwrite those of the customer and are refused here")
        return
    if folder not in FOLDERS or "/" in name or not name.endswith(FOLDERS[folder][1]):
        package.complain("", path, path, "Unknown file in the package")
        return
    kind, suffix = FOLDERS[folder]
    root = parse_xml(package, path, body, kind)
    own = name.removesuffix(suffix)
    if root is None:
        return
    if kind == "CustomObject":
        _object(package, path, own, root)
    else:
        if own not in package.members.get(kind, ()):
            package.complain(
                kind, own, path, f"A {kind} named {own} was found in the zip, but not in package.xml"
            )
        if kind == "PermissionSet":
            package.permission_sets[own] = _permission_set(package, path, own, root)


def _object(package: Package, path: str, name: str, root: Element) -> None:
    for child in root:
        tag = child.tag.removeprefix(METADATA)
        if tag not in OBJECT_PARTS:
            package.complain(
                "CustomObject", name, path, f"Element {tag} invalid at this location in type CustomObject"
            )
    is_listed = name in package.members.get("CustomObject", ())
    if is_listed and name.endswith("__c"):
        for needed in OBJECT_NEEDS:
            if root.find(f"{METADATA}{needed}") is None:
                package.complain("CustomObject", name, path, f"Must specify {needed} for a CustomObject")
        named = root.find(f"{METADATA}nameField")
        form = (
            "" if named is None or text_of(named, "type") != "AutoNumber" else text_of(named, "displayFormat")
        )
        package.objects[name] = NewObject(name, text_of(root, "label"), text_of(root, "pluralLabel"), form)
    for node in root.findall(f"{METADATA}fields"):
        found, problems = read_field(node)
        full = f"{name}.{text_of(node, 'fullName')}"
        for words in problems:
            package.complain("CustomField", full, path, words)
        if not is_listed and full not in package.members.get("CustomField", ()):
            package.complain(
                "CustomField",
                full,
                path,
                f"A CustomField named {full} was found in the zip, but not in package.xml",
            )
        if found is not None:
            package.fields[name, found.name] = found


def _permission_set(package: Package, path: str, name: str, root: Element) -> PermissionSet:
    found = PermissionSet(name, text_of(root, "label"))
    if not found.label:
        package.complain("PermissionSet", name, path, "Required field is missing: label")
    for node in root.findall(f"{METADATA}fieldPermissions"):
        field_name = text_of(node, "field")
        if text_of(node, "readable") == "true":
            found.readable.add(field_name)
        if text_of(node, "editable") == "true":
            found.editable.add(field_name)
    for node in root.findall(f"{METADATA}objectPermissions"):
        if text_of(node, "allowRead") == "true":
            found.objects.add(text_of(node, "object"))
    return found


def _check_members(package: Package, files: dict[str, bytes], schema: Schema) -> None:
    for kind, names in package.members.items():
        for name in names:
            if kind == "CustomField":
                owner, _, own = name.partition(".")
                is_there = (owner, own) in package.fields
                if owner not in package.objects and schema.get(owner) is None:
                    package.complain(kind, name, "package.xml", f"Entity of type '{owner}' cannot be found")
            elif kind == "ListView":
                is_there = f"objects/{name.partition('.')[0]}.object" in files
            elif kind in SUFFIXES:
                folder, suffix = SUFFIXES[kind]
                is_there = f"{folder}/{name}{suffix}" in files
            else:
                continue
            if not is_there:
                what = f"An object '{name}' of type {kind} was named in package.xml"
                words = f"{what}, but was not found in zipped directory"
                package.complain(kind, name, "package.xml", words)
    for (owner, own), one in package.fields.items():
        known = schema.get(owner)
        before = known.get(own) if known else None
        if before and before.type != one.type:
            package.complain(
                "CustomField", f"{owner}.{own}", "", "Cannot change field type due to existing data"
            )
        for target in one.refers_to:
            if target not in package.objects and schema.get(target) is None:
                package.complain(
                    "CustomField", f"{owner}.{own}", "", f"referenceTo value of '{target}' does not resolve"
                )


def _check_grants(package: Package, schema: Schema) -> None:
    for granted in package.permission_sets.values():
        file = f"permissionsets/{granted.name}.permissionset"
        for path in sorted(granted.readable | granted.editable):
            owner, _, own = path.partition(".")
            known = schema.get(owner)
            one: Any = package.fields.get((owner, own)) or (known.get(own) if known else None)
            if one is None:
                words = f"In field: field - no CustomField named {path} found"
                package.complain("PermissionSet", granted.name, file, words)
            elif one.is_required:
                words = f"You cannot deploy to a required field: {path}"
                package.complain("PermissionSet", granted.name, file, words)
        for path in sorted(granted.editable - granted.readable):
            package.complain(
                "PermissionSet", granted.name, file, f"Field {path} is editable but not readable"
            )
        for owner in sorted(granted.objects):
            if owner not in package.objects and schema.get(owner) is None:
                words = f"In field: object - no CustomObject named {owner} found"
                package.complain("PermissionSet", granted.name, file, words)
