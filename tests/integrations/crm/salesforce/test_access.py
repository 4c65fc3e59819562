"""Settings as people type them, and record ids in both their lengths."""

import pytest

from integrations.crm.salesforce.access import read_domain
from integrations.crm.salesforce.ids import is_id, long_id, same_id
from tests.integrations.crm.salesforce.stub import an_access


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("https://acme.my.salesforce.com/", "acme.my"),
        ("acme.my.salesforce.com", "acme.my"),
        (" ACME.my.salesforce.com ", "acme.my"),
        ("acme.my", "acme.my"),
        ("acme", "acme.my"),
        ("acme.lightning.force.com", "acme.my"),
        ("https://acme.lightning.force.com/lightning/page/home", "acme.my"),
        ("acme.my.salesforce-setup.com", "acme.my"),
        ("acme--sbx.sandbox.my", "acme--sbx.sandbox.my"),
        ("https://acme--sbx.sandbox.lightning.force.com", "acme--sbx.sandbox.my"),
        ("acme-dev-ed.develop.my.salesforce.com", "acme-dev-ed.develop.my"),
        ("https://login.salesforce.com", "login"),
        ("test", "test"),
    ],
)
def test_an_address_is_understood_in_any_form(typed: str, domain: str) -> None:
    assert read_domain(typed) == domain


@pytest.mark.parametrize(
    "typed",
    ["", "https://", "acme.example", "https://na1.salesforce.com", "evil.example/acme.my", "a b", "["],
)
def test_what_is_no_address_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match="Setup, My Domain"):
        read_domain(typed)


@pytest.mark.parametrize("domain", ["login", "test"])
def test_client_credentials_are_refused_at_the_general_addresses(domain: str) -> None:
    with pytest.raises(ValueError, match="only at the organisation's own address"):
        an_access(domain=domain)


@pytest.mark.parametrize(
    "url", ["http://localhost:80", "http://127.0.0.1.evil.example", "https://127.0.0.1", "http://a@127.0.0.1"]
)
def test_an_emulator_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="on this machine"):
        an_access(url)


@pytest.mark.parametrize("version", ["58.0", "64", "sixty"])
def test_a_version_we_do_not_speak_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="API version"):
        an_access(api_version=version)


def test_an_id_of_15_characters_gets_its_checksum() -> None:
    assert long_id("0013g00000Cwjv3") == "0013g00000Cwjv3AAB"


def test_an_id_in_lower_case_is_put_right_by_its_checksum() -> None:
    assert long_id("0013g00000cwjv3aab") == "0013g00000Cwjv3AAB"


def test_ids_of_both_lengths_name_the_same_record() -> None:
    assert same_id("0013g00000Cwjv3", "0013g00000Cwjv3AAB")


def test_ids_that_differ_in_a_capital_are_two_records() -> None:
    assert not same_id("0013g00000Cwjv3", "0013g00000cwjv3")


@pytest.mark.parametrize("text", ["", "001", "0013g00000Cwjv3A", "0013g00000Cwjv;"])
def test_what_is_no_id_is_refused(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError, match="is not a Salesforce id"):
        long_id(text)
