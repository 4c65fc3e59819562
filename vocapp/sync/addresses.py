"""Where a record over there is opened by people, without asking the other side."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from vocapp.sync.models import CrmConnection
from vocapp.sync.queries import records_of

_HUBSPOT_NUMBERS: Mapping[str, str] = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}


def record_address(connection: CrmConnection, object_name: str, remote_id: str | None) -> str:
    """Return the address of a record for people's browsers; empty where nobody knows one."""
    host = urlsplit(connection.address).hostname or ""
    if not remote_id or not host:
        return ""
    record = quote(remote_id, safe="")
    if connection.kind == "salesforce":
        if host.endswith(".my.salesforce.com"):
            host = host.removesuffix(".my.salesforce.com") + ".lightning.force.com"
        return f"https://{host}/lightning/r/{quote(object_name, safe='')}/{record}/view"
    if connection.kind == "hubspot" and object_name in _HUBSPOT_NUMBERS:
        number = _HUBSPOT_NUMBERS[object_name]
        return f"https://{host}/contacts/{quote(connection.organisation)}/record/{number}/{record}"
    return ""


def links_elsewhere(entity: str, local_id: int) -> list[tuple[str, str]]:
    """Return (name of the connection, address) of the records that an account or person of ours is."""
    found = (
        (connection.name, record_address(connection, link.object, link.remote_id))
        for link, connection in records_of(entity, local_id)
    )
    return [(name, address) for name, address in found if address]
