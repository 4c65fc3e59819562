from collections.abc import Callable, Iterator, Mapping

import pytest

from integrations.crm.salesforce.access import SalesforceAccess
from integrations.crm.salesforce.client import SalesforceCrm
from integrations.crm.salesforce.deploy import DeployStatus, deploy_status, start_deploy
from integrations.crm.salesforce.package import build_uninstall, zip_package
from integrations.crm.salesforce.package_fields import RESPONSE_OBJECT, default_fields
from tests.integrations.crm.salesforce_package.builders import a_package
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator

Send = Callable[..., DeployStatus]


@pytest.fixture
def organisation() -> Iterator[SalesforceEmulator]:
    with SalesforceEmulator() as organisation:
        yield organisation


@pytest.fixture
def crm(organisation: SalesforceEmulator) -> Iterator[SalesforceCrm]:
    access = SalesforceAccess(
        domain="acme.my",
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        emulator_url=organisation.url,
    )
    with SalesforceCrm(access, sleep=lambda seconds: None) as crm:
        yield crm


@pytest.fixture
def send(crm: SalesforceCrm) -> Send:
    def sent(parts: Mapping[str, bytes], *, check_only: bool = False) -> DeployStatus:
        deploy_id = start_deploy(crm.ask, zip_package(parts), check_only=check_only)
        for _ in range(20):
            status = deploy_status(crm.ask, deploy_id)
            if status.done:
                return status
        raise AssertionError(f"The deployment is still {status.state}.")

    return sent


def ours(crm: SalesforceCrm, name: str) -> set[str]:
    return {field for field in crm.describe(name).fields if field.startswith("VOC_")}


def expected(name: str) -> set[str]:
    return {field.name for field in default_fields() if field.object == name}


def test_a_check_goes_through_and_keeps_nothing(
    organisation: SalesforceEmulator, crm: SalesforceCrm, send: Send
) -> None:
    assert send(a_package(), check_only=True).is_success
    assert RESPONSE_OBJECT not in crm.objects()
    with pytest.raises(ValueError, match="no permission set"):
        organisation.assign_permission_set("VOC_Integration")


def test_deployed_fields_are_hidden_until_the_permission_set_is_assigned(
    organisation: SalesforceEmulator, crm: SalesforceCrm, send: Send
) -> None:
    assert send(a_package()).problems == ()
    assert ours(crm, "Account") == set()
    organisation.assign_permission_set("VOC_Integration")
    assert ours(crm, "Account") == expected("Account")
    assert ours(crm, "Contact") == expected("Contact")
    assert expected(RESPONSE_OBJECT) <= set(crm.describe(RESPONSE_OBJECT).fields)


def test_deployed_external_ids_can_be_written_by(
    organisation: SalesforceEmulator, crm: SalesforceCrm, send: Send
) -> None:
    send(a_package())
    organisation.assign_permission_set("VOC_Integration")
    key = crm.describe("Contact").fields["VOC_Person_Id__c"]
    assert (key.is_external_id, key.is_unique, key.length) == (True, True, 64)


def test_deploying_twice_changes_nothing(
    organisation: SalesforceEmulator, crm: SalesforceCrm, send: Send
) -> None:
    send(a_package())
    assert send(a_package()).is_success
    organisation.assign_permission_set("VOC_Integration")
    assert ours(crm, "Account") == expected("Account")


def test_an_uninstall_leaves_nothing_behind(
    organisation: SalesforceEmulator, crm: SalesforceCrm, send: Send
) -> None:
    send(a_package())
    organisation.assign_permission_set("VOC_Integration")
    assert send(build_uninstall(default_fields())).problems == ()
    assert ours(crm, "Account") | ours(crm, "Contact") == set()
    assert RESPONSE_OBJECT not in crm.objects()
