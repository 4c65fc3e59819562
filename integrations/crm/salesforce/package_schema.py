"""Whether a metadata file follows the schema that Salesforce publishes."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

_XSD = "http://www.w3.org/2001/XMLSchema"
# Kinds of files we write; the schema names their types but does not say that a file may consist of one.
_KINDS = ("CustomObject", "CustomTab", "FlexiPage", "Package", "PermissionSet", "ReportType")
_NAMESPACES = re.compile(r"\{[^}]*\}")


def schema_findings(path: str, content: bytes) -> list[str]:
    """Return one sentence for everything in a file that the schema does not allow; none when it is fine."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        document = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as trouble:
        return [f"{path} is not well-formed XML: {trouble.msg}."]
    if document.getroottree().docinfo.doctype:
        return [f"{path} declares a document type, which metadata has not; leave that out."]
    schema = _schema()
    if schema.validate(document):
        return []
    return [
        f"{path} does not follow the published schema in line {entry.line}: "
        f"{_NAMESPACES.sub('', entry.message).rstrip(' .')}."
        for entry in schema.error_log
    ]


@cache
def _schema() -> etree.XMLSchema:
    package = find_spec("simple_salesforce")
    if package is None or package.origin is None:
        raise RuntimeError("simple-salesforce is not installed; set the project up again.")
    services = etree.parse(Path(package.origin).with_name("metadata.wsdl"))
    types = services.getroot().find(f".//{{{_XSD}}}schema")
    # Written out and read again, the schema carries the prefixes that were declared around it.
    schema = etree.fromstring(etree.tostring(types))
    for kind in _KINDS:
        schema.append(etree.Element(f"{{{_XSD}}}element", name=kind, type=f"tns:{kind}"))
    return etree.XMLSchema(schema)
