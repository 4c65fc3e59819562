"""Connecting to an emulated organisation: each way of signing in, and the connection test."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from integrations.crm.base import Access, Crm, NoAccess
from integrations.crm.records import CheckLine
from integrations.crm.salesforce.auth import redeem_code
from integrations.crm.salesforce.client import SalesforceCrm, make_salesforce
from integrations.crm.salesforce.oauth import authorize_url, new_pkce
from tests.integrations.crm.salesforce.emulated import START, access_to, connected, seed_contacts
from tests.integrations.crm.salesforce.stub import a_private_key
from tests.salesforce_emulator.server import SalesforceEmulator

BACK = "https://voc.example/back"


def signed_in_refresh_token(org: SalesforceEmulator) -> str:
    access = access_to(org, flow="web_server")
    verifier, challenge = new_pkce()
    url = authorize_url(access, redirect_uri=BACK, state="s1", challenge=challenge)
    answer = requests.get(f"{url}&answer=allow", allow_redirects=False, timeout=5)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == ["s1"]
    return redeem_code(access, code=query["code"][0], verifier=verifier, redirect_uri=BACK)


def checked(crm: SalesforceCrm, objects: Mapping[str, Sequence[str]] | None = None) -> dict[str, CheckLine]:
    return {line.name: line for line in crm.check(objects or {})}


@pytest.fixture
def right_time(org: SalesforceEmulator) -> None:
    org.set_clock(datetime.now(UTC), is_fixed=False)


def test_client_credentials_lead_into_the_organisation(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    identity = crm.identity()
    assert (identity.organisation, identity.is_sandbox) == (org.org.org_id, False)
    assert identity.address == "https://acme.my.salesforce.com"


@pytest.mark.usefixtures("right_time")
def test_a_signed_request_leads_into_the_organisation(org: SalesforceEmulator) -> None:
    key = a_private_key()
    private = serialization.load_pem_private_key(key.encode(), None)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    org.set_access(public_key=public.decode())
    user = next(row for row in org.rows("User") if row["Id"] == org.org.access.run_as)
    with connected(org, flow="jwt", username=user["Username"], private_key=key) as crm:
        assert crm.identity().user_id == user["Id"]


def test_a_person_who_allows_our_app_gives_a_refresh_token_that_lasts(org: SalesforceEmulator) -> None:
    shelf = [signed_in_refresh_token(org)]
    for _ in range(3):
        with connected(
            org,
            flow="web_server",
            read_refresh_token=lambda: shelf[-1],
            on_new_refresh_token=shelf.append,
        ) as crm:
            assert crm.identity().organisation == org.org.org_id
    assert len(set(shelf)) == 4


def test_two_processes_share_a_refresh_token_that_changes(org: SalesforceEmulator) -> None:
    shelf = [signed_in_refresh_token(org)]
    settings = {
        "flow": "web_server",
        "read_refresh_token": lambda: shelf[-1],
        "on_new_refresh_token": shelf.append,
    }
    with connected(org, **settings) as first, connected(org, **settings) as second:
        for _ in range(3):
            for crm in (first, second):
                org.expire_tokens()
                assert crm.describe("Contact").name == "Contact"


def test_permission_that_was_withdrawn_is_said(org: SalesforceEmulator) -> None:
    refresh_token = signed_in_refresh_token(org)
    org.revoke()
    with (
        connected(org, flow="web_server", refresh_token=refresh_token) as crm,
        pytest.raises(NoAccess) as refused,
    ):
        crm.identity()
    assert refused.value.access is Access.REVOKED


def test_another_organisation_behind_the_same_address_is_refused(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    known = crm.identity().organisation
    org.change_org()
    with connected(org, expected_organisation=known) as again, pytest.raises(NoAccess) as refused:
        again.describe("Contact")
    assert refused.value.access is Access.WRONG_ORGANISATION


def test_a_sandbox_says_that_it_is_one(org: SalesforceEmulator) -> None:
    org.change_org(is_sandbox=True)
    with connected(org, domain="acme--sbx.sandbox.my") as crm:
        assert crm.identity().is_sandbox


def test_a_connection_fulfils_the_protocol(org: SalesforceEmulator) -> None:
    crm: Crm = make_salesforce(access_to(org))
    assert (crm.name, crm.calls, crm.write_size, crm.read_size) == ("Salesforce", 0, 200, 2000)


@pytest.mark.usefixtures("right_time")
def test_a_good_connection_passes_every_step(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    seed_contacts(org, [START])
    lines = checked(crm, {"Contact": ["LastName", "Account.Name", "VOC_Person_Id__c"]})
    assert list(lines) == [
        "Signing in",
        "API version",
        "Organisation",
        "Clock",
        "Calls of the day",
        "Fields of Contact",
        "Reading Contact",
        "Writing Contact",
    ]
    assert all(line.is_fine for line in lines.values())
    assert lines["Fields of Contact"].details["external_ids"] == ["VOC_Person_Id__c"]
    assert lines["Fields of Contact"].details["lengths"]["LastName"] == 80


def test_a_connection_test_writes_nothing(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    seed_contacts(org, [START])
    before = org.rows("Contact")
    checked(crm, {"Contact": ["LastName"]})
    assert org.rows("Contact") == before


def test_the_test_stops_where_we_are_not_let_in(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    org.force_token_error("invalid_client", "invalid client credentials")
    (line,) = crm.check({"Contact": ["LastName"]})
    assert (line.is_fine, line.details) == (False, {"access": "wrong_credentials"})
    assert "consumer secret" in line.hint


def test_a_field_that_is_hidden_from_us_is_named_with_a_hint(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.hide_field("Contact", "Title")
    line = checked(crm, {"Contact": ["LastName", "Title", "Owner.Email", "Boss.Name"]})["Fields of Contact"]
    assert (line.is_fine, line.details["missing"]) == (False, ["Title", "Boss.Name"])
    assert "permission set" in line.hint


def test_a_field_that_we_may_only_read_is_listed(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    org.lock_field("Contact", "Title")
    line = checked(crm, {"Contact": ["LastName", "Title"]})["Fields of Contact"]
    assert line.details["read_only"] == ["Title"]


def test_an_object_that_is_hidden_from_us_does_not_stop_the_others(
    org: SalesforceEmulator, crm: SalesforceCrm
) -> None:
    org.hide_object("Contact")
    lines = checked(crm, {"Contact": ["LastName"], "Account": ["Name"]})
    assert (lines["Fields of Contact"].is_fine, lines["Fields of Account"].is_fine) == (False, True)
    assert "Reading Contact" not in lines


def test_an_object_without_records_is_told_apart_from_one_without_rights(crm: SalesforceCrm) -> None:
    line = checked(crm, {"Contact": ["LastName"]})["Reading Contact"]
    assert (line.is_fine, line.words) == (True, "We may read Contact, but see no record of it.")


@pytest.mark.parametrize(("skew", "words"), [(-600, "ahead of"), (600, "behind")])
def test_a_clock_that_is_wrong_is_said(
    org: SalesforceEmulator, crm: SalesforceCrm, skew: float, words: str
) -> None:
    org.set_clock(datetime.now(UTC) + timedelta(seconds=skew), is_fixed=False)
    line = checked(crm)["Clock"]
    assert not line.is_fine
    assert words in line.words


def test_few_calls_left_are_said(org: SalesforceEmulator, crm: SalesforceCrm) -> None:
    org.set_quota(used=900, most=1000)
    line = checked(crm)["Calls of the day"]
    assert (line.is_fine, line.details["allowed"]) == (False, 1000)


def test_a_version_that_is_not_on_offer_is_said_with_the_newest_one(org: SalesforceEmulator) -> None:
    with connected(org, api_version="99.0") as crm:
        line = checked(crm)["API version"]
    assert not line.is_fine
    assert "newest is" in line.words


@pytest.mark.parametrize("status", [500, 503])
def test_an_outage_never_raises_out_of_the_test(
    org: SalesforceEmulator, crm: SalesforceCrm, status: int
) -> None:
    crm.identity()
    org.add_fault(path="/services/data", status=status, html="<html></html>", count=None)
    lines = checked(crm, {"Contact": ["LastName"]})
    assert [name for name, line in lines.items() if line.is_fine] == ["Signing in"]
    assert all(line.hint for line in lines.values() if not line.is_fine)


def test_the_address_of_a_record_leads_people_to_its_page(crm: SalesforceCrm) -> None:
    url = crm.record_url("Contact", "0033g0000000001")
    assert url == "https://acme.lightning.force.com/lightning/r/Contact/0033g0000000001AAA/view"
