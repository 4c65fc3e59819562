"""The side package as a whole: which files it consists of, how it is taken away again, and its zip."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from integrations.crm.salesforce.package_fields import RESPONSE_OBJECT, FieldKind, PackageField
from integrations.crm.salesforce.package_parts import (
    ACCOUNT_PAGE,
    INTEGRATION,
    VIEWER,
    account_page,
    foreign_object,
    manifest,
    permission_set,
    report_type,
    response_object,
    response_tab,
)

API_VERSION = "64.0"
MANIFEST = "package.xml"
REMOVALS = "destructiveChanges.xml"

# A zip knows no earlier day; a fixed one gives the same bytes for the same files.
_NO_DAY = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def build_package(
    fields: Iterable[PackageField], *, api_version: str = API_VERSION, with_page: bool = True
) -> Mapping[str, bytes]:
    """Return path → content of a package that makes these fields and everything that goes with them.

    Only what the fields need is there: without fields of responses no object, tab or report types; without
    fields of accounts no page. Objects of the customer get our fields and nothing else, and no layout is ever
    touched. `with_page` leaves the Lightning page out for an organisation that does not take it.
    Raises ValueError when there is no field at all.
    """
    ours = _in_order(fields)
    parts: dict[str, bytes] = {}
    for name in sorted({field.object for field in ours}):
        of_object = [field for field in ours if field.object == name]
        is_ours = name == RESPONSE_OBJECT
        parts[f"objects/{name}.object"] = response_object(of_object) if is_ours else foreign_object(of_object)
    if _holds(ours, RESPONSE_OBJECT):
        parts[f"tabs/{RESPONSE_OBJECT}.tab"] = response_tab()
    for name in (INTEGRATION, VIEWER):
        parts[f"permissionsets/{name}.permissionset"] = permission_set(name, ours)
    for name, join in _report_types(ours).items():
        parts[f"reportTypes/{name}.reportType"] = report_type(join.refers_to, ours, join=join)
    if with_page and _holds(ours, "Account"):
        parts[f"flexipages/{ACCOUNT_PAGE}.flexipage"] = account_page(ours)
    parts[MANIFEST] = manifest(_members(ours, with_page=with_page).items(), api_version=api_version)
    return parts


def build_uninstall(
    fields: Iterable[PackageField], *, api_version: str = API_VERSION, with_page: bool = True
) -> Mapping[str, bytes]:
    """Return path → content of a package that takes away what `build_package` made of these fields.

    The content of the fields goes with them. What is not there any more is passed over by Salesforce, so all
    default fields may be named where nobody knows which were once sent. Raises ValueError without a field.
    """
    members = _members(_in_order(fields), with_page=with_page)
    return {
        REMOVALS: manifest(members.items(), api_version=api_version),
        MANIFEST: manifest([], api_version=api_version),
    }


def zip_package(parts: Mapping[str, bytes]) -> bytes:
    """Return the files as a zip, the same bytes for the same files whenever it is made."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path in sorted(parts):
            entry = ZipInfo(path, _NO_DAY)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever this runs on.
            entry.external_attr = _READABLE
            archive.writestr(entry, parts[path])
    return buffer.getvalue()


def _in_order(fields: Iterable[PackageField]) -> tuple[PackageField, ...]:
    ours = tuple(dict.fromkeys(fields))
    if not ours:
        raise ValueError("A package needs at least one field; map a field first.")
    return ours


def _holds(fields: Iterable[PackageField], name: str) -> bool:
    return any(field.object == name for field in fields)


def _report_types(fields: Sequence[PackageField]) -> dict[str, PackageField]:
    """Return name → the lookup that ties responses to what is reported on."""
    return {
        f"VOC_{field.refers_to}s_With_Or_Without_Responses": field
        for field in fields
        if field.object == RESPONSE_OBJECT and field.kind is FieldKind.LOOKUP
    }


def _members(fields: Sequence[PackageField], *, with_page: bool) -> dict[str, list[str]]:
    has_responses = _holds(fields, RESPONSE_OBJECT)
    members = {
        # The object of responses brings its fields along; the customer's objects must never be members.
        "CustomField": [field.path for field in fields if field.object != RESPONSE_OBJECT],
        "CustomObject": [RESPONSE_OBJECT] if has_responses else [],
        "CustomTab": [RESPONSE_OBJECT] if has_responses else [],
        "FlexiPage": [ACCOUNT_PAGE] if with_page and _holds(fields, "Account") else [],
        "PermissionSet": [INTEGRATION, VIEWER],
        "ReportType": list(_report_types(fields)),
    }
    return {kind: names for kind, names in members.items() if names}
