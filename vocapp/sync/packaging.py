"""The side package of a connection: its files, and sending it with an administrator's own access."""

from contextlib import closing

from integrations.crm.salesforce.client import make_salesforce
from integrations.crm.salesforce.deploy import DeployStatus, deploy_status, start_deploy
from integrations.crm.salesforce.package import build_package, build_uninstall, zip_package
from integrations.crm.salesforce.package_fields import PackageField, default_fields
from vocapp.core.db import transaction
from vocapp.sync.connecting import keep_secret, said_plainly, secrets_of
from vocapp.sync.models import CrmConnection
from vocapp.sync.signing_in import Purpose, access_for


def package_fields() -> dict[str, list[PackageField]]:
    """Return object → our fields on it, in the order people should see them."""
    by_object: dict[str, list[PackageField]] = {}
    for field in default_fields():
        by_object.setdefault(field.object, []).append(field)
    return by_object


def package_zip(*, is_uninstall: bool = False, with_page: bool = True) -> bytes:
    """Return the package, or what takes it away again, as a zip."""
    build = build_uninstall if is_uninstall else build_package
    return zip_package(build(default_fields(), with_page=with_page))


def is_administrator_signed_in(connection: CrmConnection) -> bool:
    """Whether an administrator of the other side has signed in for the package."""
    return bool(secrets_of(connection).get(Purpose.PACKAGE))


def begin_deploy(connection_id: int, *, check_only: bool, with_page: bool) -> str:
    """Hand the package over and return the number of its deployment; raises `DomainError` in one sentence."""
    access = access_for(connection_id, Purpose.PACKAGE)
    with said_plainly(), closing(make_salesforce(access)) as crm:
        return start_deploy(crm.ask, package_zip(with_page=with_page), check_only=check_only)


def look_at_deploy(connection_id: int, deploy_id: str) -> DeployStatus:
    """Return how a deployment goes; raises `DomainError` in one sentence."""
    access = access_for(connection_id, Purpose.PACKAGE)
    with said_plainly(), closing(make_salesforce(access)) as crm:
        return deploy_status(crm.ask, deploy_id)


def forget_administrator(connection_id: int) -> None:
    """Keep the administrator's access no longer than it is needed."""
    with transaction():
        keep_secret(connection_id, Purpose.PACKAGE, "")
