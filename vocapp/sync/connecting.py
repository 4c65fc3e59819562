"""Getting into the other system of a connection: with what is stored here, and what the settings say."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integrations.crm.base import Crm, NoAccess
from integrations.crm.folder.client import FolderCrm
from integrations.crm.hubspot.access import HubspotAccess
from integrations.crm.hubspot.client import HubspotCrm
from integrations.crm.salesforce.access import Flow, SalesforceAccess, read_domain
from integrations.crm.salesforce.client import SalesforceCrm, make_salesforce
from integrations.errors import Rejected, Retryable
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.sync.models import CrmConnection


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn whatever the other side refuses or cannot do now into one sentence for whoever asked."""
    try:
        yield
    except NoAccess as refusal:
        raise DomainError(f"{refusal.reason} {refusal.hint}".strip()) from refusal
    except (Rejected, Retryable) as trouble:
        raise DomainError(trouble.reason) from trouble


def open_crm(connection_id: int, *, sleep: Callable[[float], None] = time.sleep) -> Crm:
    """Return the other system of a connection, signed in when it is first asked.

    `sleep` is called with seconds whenever it has to wait outside a transaction: between two tries, and for a
    query job. Raises `DomainError` when what is stored cannot work, in one sentence.
    """
    with reading():
        connection = db.session.get_one(CrmConnection, connection_id)
        kind, organisation = connection.kind, connection.organisation
        access, secrets = dict(connection.access), secrets_of(connection)
    try:
        match kind:
            case "salesforce":
                return make_salesforce(
                    salesforce_access(
                        access, secrets, connection_id=connection_id, organisation=organisation
                    ),
                    sleep=sleep,
                )
            case "hubspot":
                return HubspotCrm(_hubspot_access(secrets, organisation))
            case "folder":
                return FolderCrm(_folder(), expected_organisation=organisation)
            case _:
                raise DomainError(f"{kind} is no system we know; remove the connection and make it again.")
    except ValueError as problem:
        raise DomainError(str(problem)) from None


def open_salesforce(connection_id: int) -> SalesforceCrm:
    """Return a Salesforce connection with what only it has; raises `DomainError` for another system."""
    crm = open_crm(connection_id)
    if not isinstance(crm, SalesforceCrm):
        raise DomainError("This is for Salesforce connections only.")
    return crm


def secrets_of(connection: CrmConnection) -> dict[str, str]:
    """Return the secrets of a connection by name."""
    found: dict[str, str] = json.loads(connection.secrets) if connection.secrets else {}
    return found


def salesforce_access(
    access: Mapping[str, Any],
    secrets: Mapping[str, str],
    *,
    connection_id: int | None,
    organisation: str = "",
) -> SalesforceAccess:
    """Return how to reach a Salesforce organisation; what the page left empty comes from the settings.

    Raises ValueError in one sentence for what can never work.
    """
    settings = gateways().settings.salesforce
    if access.get("is_by_settings") and settings is None:
        raise ValueError(
            "This connection uses the server's settings, and they are not set here: set "
            "VOCAPP_SALESFORCE_DOMAIN, VOCAPP_SALESFORCE_CONSUMER_KEY and the others as the server has them."
        )
    by_settings = bool(access.get("is_by_settings")) and settings is not None
    key_file = settings.private_key_file if by_settings and settings else None
    given = {
        "domain": read_domain(settings.domain) if by_settings and settings else str(access.get("domain", "")),
        "consumer_key": settings.consumer_key
        if by_settings and settings
        else secrets.get("consumer_key", ""),
        "consumer_secret": (settings.consumer_secret or "")
        if by_settings and settings
        else secrets.get("consumer_secret", ""),
        "username": (settings.username or "")
        if by_settings and settings
        else str(access.get("username", "")),
        "private_key": key_file.read_text() if key_file else secrets.get("private_key", ""),
    }
    return SalesforceAccess(
        flow=Flow(access.get("flow", Flow.CLIENT_CREDENTIALS)),
        **given,
        refresh_token=secrets.get("refresh_token", ""),
        api_version=settings.api_version if settings else "64.0",
        emulator_url=(settings.emulator_url or "") if settings else "",
        expected_organisation=organisation,
        on_new_refresh_token=None if connection_id is None else _keeper(connection_id),
        read_refresh_token=None if connection_id is None else _reader(connection_id),
    )


def _keeper(connection_id: int) -> Any:
    def keep(token: str) -> None:
        """Store a new refresh token for good; the one before is dead by now."""
        with transaction():
            keep_secret(connection_id, "refresh_token", token)

    return keep


def _reader(connection_id: int) -> Any:
    def read() -> str:
        with reading():
            return secrets_of(db.session.get_one(CrmConnection, connection_id)).get("refresh_token", "")

    return read


def keep_secret(connection_id: int, name: str, value: str) -> None:
    """Store one secret of a connection, in the caller's transaction, beside the others."""
    connection = db.session.get_one(
        CrmConnection, connection_id, with_for_update=True, populate_existing=True
    )
    connection.secrets = json.dumps({**secrets_of(connection), name: value})
    db.session.flush()


def _folder() -> Path:
    """Return the drop folder, which only whoever runs the server chooses: it is read and written."""
    folder = gateways().settings.crm_folder
    if folder is None:
        raise DomainError("There is no drop folder; set VOCAPP_CRM_FOLDER to one that exists, and restart.")
    return folder


def _hubspot_access(secrets: Mapping[str, str], organisation: str) -> HubspotAccess:
    settings = gateways().settings.hubspot
    return HubspotAccess(
        token=secrets.get("token") or (settings.token if settings else ""),
        emulator_url=(settings.emulator_url or "") if settings else "",
        expected_organisation=organisation,
    )
