"""Settings of connections: all or nothing, loopback for emulators, and no secret in print."""

from pathlib import Path

import pytest

from vocapp.core.connection_settings import (
    HubspotSettings,
    OidcSettings,
    SalesforceSettings,
    read_crm_folder,
    read_hubspot,
    read_oidc,
    read_salesforce,
)
from vocapp.core.errors import SettingsError
from vocapp.core.settings import load_settings

SALESFORCE = {
    "VOCAPP_SALESFORCE_DOMAIN": "acme.my",
    "VOCAPP_SALESFORCE_CONSUMER_KEY": "a consumer key",
    "VOCAPP_SALESFORCE_CONSUMER_SECRET": "a consumer secret",
}
OIDC = {
    "VOCAPP_OIDC_ISSUER": "https://login.vendor.example",
    "VOCAPP_OIDC_CLIENT_ID": "vocapp",
    "VOCAPP_OIDC_CLIENT_SECRET": "a client secret",
}
BASIS = {
    "VOCAPP_SECRET_KEY": "x" * 40,
    "VOCAPP_DATABASE_URL": "sqlite:///somewhere.db",
    "VOCAPP_ENCRYPTION_KEYS": "00" * 32,
}


def without(values: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in names}


def test_without_a_word_about_them_there_are_no_connections() -> None:
    settings = load_settings(BASIS)
    assert (settings.salesforce, settings.hubspot, settings.crm_folder, settings.oidc) == (None,) * 4


def test_all_connections_are_read_together(tmp_path: Path) -> None:
    given = {
        **BASIS,
        **SALESFORCE,
        **OIDC,
        "VOCAPP_HUBSPOT_TOKEN": "t",
        "VOCAPP_CRM_FOLDER": str(tmp_path),
    }
    settings = load_settings(given)
    assert settings.salesforce == SalesforceSettings("acme.my", "a consumer key", "a consumer secret")
    assert settings.hubspot == HubspotSettings("t")
    assert settings.crm_folder == tmp_path.resolve()
    assert settings.oidc == OidcSettings("https://login.vendor.example", "vocapp", "a client secret")


def test_a_private_key_stands_in_for_the_consumer_secret(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("a key")
    found = read_salesforce(
        {
            **without(SALESFORCE, "VOCAPP_SALESFORCE_CONSUMER_SECRET"),
            "VOCAPP_SALESFORCE_USERNAME": "integration@vendor.example",
            "VOCAPP_SALESFORCE_PRIVATE_KEY_FILE": str(key),
        }
    )
    assert found is not None
    assert (found.username, found.private_key_file) == ("integration@vendor.example", key.resolve())


@pytest.mark.parametrize(
    "missing",
    [
        "VOCAPP_SALESFORCE_DOMAIN",
        "VOCAPP_SALESFORCE_CONSUMER_KEY",
        "VOCAPP_SALESFORCE_CONSUMER_SECRET",
    ],
)
def test_what_is_missing_for_salesforce_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        read_salesforce(without(SALESFORCE, missing))


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("VOCAPP_SALESFORCE_USERNAME", "VOCAPP_SALESFORCE_PRIVATE_KEY_FILE"),
        ("VOCAPP_SALESFORCE_PRIVATE_KEY_FILE", "VOCAPP_SALESFORCE_USERNAME"),
    ],
)
def test_half_of_the_way_in_by_private_key_is_named(given: str, missing: str) -> None:
    half = {**without(SALESFORCE, "VOCAPP_SALESFORCE_CONSUMER_SECRET"), given: "x"}
    with pytest.raises(SettingsError, match=f"{missing} is missing beside {given}"):
        read_salesforce(half)


def test_two_ways_into_salesforce_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="two ways in"):
        read_salesforce({**SALESFORCE, "VOCAPP_SALESFORCE_USERNAME": "x"})


def test_a_private_key_file_has_to_be_there() -> None:
    both = {
        **without(SALESFORCE, "VOCAPP_SALESFORCE_CONSUMER_SECRET"),
        "VOCAPP_SALESFORCE_USERNAME": "x",
        "VOCAPP_SALESFORCE_PRIVATE_KEY_FILE": "no/such/key.pem",
    }
    with pytest.raises(SettingsError, match="VOCAPP_SALESFORCE_PRIVATE_KEY_FILE is not a file"):
        read_salesforce(both)


def test_a_domain_holds_no_space() -> None:
    with pytest.raises(SettingsError, match="VOCAPP_SALESFORCE_DOMAIN must be one name"):
        read_salesforce({**SALESFORCE, "VOCAPP_SALESFORCE_DOMAIN": "acme my"})


@pytest.mark.parametrize("version", ["58.0", "9.0", "64", "64.5", "v64.0", "newest", "-64.0", "٦٤.0"])
def test_a_version_that_cannot_work_is_refused(version: str) -> None:
    with pytest.raises(SettingsError, match="VOCAPP_SALESFORCE_API_VERSION"):
        read_salesforce({**SALESFORCE, "VOCAPP_SALESFORCE_API_VERSION": version})


@pytest.mark.parametrize("version", ["59.0", "64.0", "101.0"])
def test_a_version_that_can_work_is_kept(version: str) -> None:
    found = read_salesforce({**SALESFORCE, "VOCAPP_SALESFORCE_API_VERSION": version})
    assert found is not None
    assert found.api_version == version


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:5055", "http://[::1]:5055/", "http://localhost", "http://LOCALHOST:5055"]
)
def test_an_emulator_on_this_machine_is_taken(address: str) -> None:
    found = read_salesforce({**SALESFORCE, "VOCAPP_SALESFORCE_EMULATOR_URL": address})
    assert found is not None
    assert found.emulator_url == address.rstrip("/")


@pytest.mark.parametrize("name", ["VOCAPP_SALESFORCE_EMULATOR_URL", "VOCAPP_HUBSPOT_EMULATOR_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "http://emulator.example:5055",
        "http://10.0.0.1:5055",
        "http://0.0.0.0:5055",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://evil.example#127.0.0.1",
        "http://localhost.evil.example",
        "http://2130706433",
        "https://127.0.0.1:5055",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:5055/path",
        "http://127.0.0.1:5055?x=1",
        "http://[::1",
        "127.0.0.1:5055",
    ],
)
def test_an_emulator_anywhere_else_is_refused(name: str, address: str) -> None:
    read = read_salesforce if "SALESFORCE" in name else read_hubspot
    with pytest.raises(SettingsError, match=f"{name} must be an address of this machine"):
        read({**SALESFORCE, "VOCAPP_HUBSPOT_TOKEN": "t", name: address})


def test_an_emulator_of_hubspot_needs_a_token_too() -> None:
    with pytest.raises(SettingsError, match="VOCAPP_HUBSPOT_TOKEN is missing"):
        read_hubspot({"VOCAPP_HUBSPOT_EMULATOR_URL": "http://127.0.0.1:5056"})


def test_the_folder_of_files_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="VOCAPP_CRM_FOLDER is not a folder"):
        read_crm_folder({"VOCAPP_CRM_FOLDER": str(tmp_path / "none")})


@pytest.mark.parametrize("missing", sorted(OIDC))
def test_what_is_missing_for_signing_in_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is missing beside"):
        read_oidc(without(OIDC, missing))


def test_a_name_alone_signs_nobody_in() -> None:
    with pytest.raises(SettingsError, match="VOCAPP_OIDC_ISSUER and VOCAPP_OIDC_CLIENT_ID and"):
        read_oidc({"VOCAPP_OIDC_NAME": "Acme"})


@pytest.mark.parametrize("issuer", ["http://login.vendor.example", "login.vendor.example", "https://a/?x=1"])
def test_an_issuer_that_anybody_on_the_way_could_play_is_refused(issuer: str) -> None:
    with pytest.raises(SettingsError, match="VOCAPP_OIDC_ISSUER must be an https address"):
        read_oidc({**OIDC, "VOCAPP_OIDC_ISSUER": issuer})


def test_an_issuer_on_this_machine_may_speak_http() -> None:
    found = read_oidc({**OIDC, "VOCAPP_OIDC_ISSUER": "http://127.0.0.1:9000"})
    assert found is not None
    assert found.name == "your company account"


def test_no_secret_shows_when_connections_are_printed() -> None:
    printed = repr((read_salesforce(SALESFORCE), read_oidc(OIDC), HubspotSettings("a token")))
    assert not any(secret in printed for secret in ("a consumer", "a client secret", "a token"))
