"""The settings of connections to other systems: the CRM we keep in step with, and who signs people in."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from vocapp.core.errors import SettingsError

DEFAULT_API_VERSION = "64.0"
OLDEST_API_VERSION = 59.0
DEFAULT_OIDC_NAME = "your company account"

CONNECTIONS_DOCUMENTED = {
    "VOCAPP_SALESFORCE_DOMAIN": "My Domain of the Salesforce org, such as `acme.my.salesforce.com`.",
    "VOCAPP_SALESFORCE_CONSUMER_KEY": "Consumer key of the External Client App made for vocapp.",
    "VOCAPP_SALESFORCE_CONSUMER_SECRET": "Consumer secret of that app.",
    "VOCAPP_SALESFORCE_USERNAME": "The integration user, when signing in with a private key.",
    "VOCAPP_SALESFORCE_PRIVATE_KEY_FILE": "The file of that private key (PEM), instead of the secret.",
    "VOCAPP_SALESFORCE_API_VERSION": "Version of the Salesforce API; `64.0` unless told otherwise.",
    "VOCAPP_SALESFORCE_EMULATOR_URL": "Where an emulator of Salesforce listens on this machine.",
    "VOCAPP_HUBSPOT_TOKEN": "Access token of the HubSpot private app made for vocapp.",
    "VOCAPP_HUBSPOT_EMULATOR_URL": "Where an emulator of HubSpot listens on this machine.",
    "VOCAPP_CRM_FOLDER": "An existing folder that CSV and XLSX files are dropped into.",
    "VOCAPP_OIDC_ISSUER": "Address of the OpenID Connect issuer people may sign in with.",
    "VOCAPP_OIDC_CLIENT_ID": "Our client id there.",
    "VOCAPP_OIDC_CLIENT_SECRET": "Our client secret there.",
    "VOCAPP_OIDC_NAME": "What the button on the sign-in page calls it.",
}


@dataclass(frozen=True)
class SalesforceSettings:
    """How to reach one Salesforce org: with a consumer secret, or as a user with a private key.

    `domain` is as it was given, not yet normalised. Exactly one of `consumer_secret` and the pair of
    `username` and `private_key_file` is set.
    """

    domain: str
    consumer_key: str = field(repr=False)
    consumer_secret: str | None = field(default=None, repr=False)
    username: str | None = None
    private_key_file: Path | None = None
    api_version: str = DEFAULT_API_VERSION
    emulator_url: str | None = None


@dataclass(frozen=True)
class HubspotSettings:
    """How to reach one HubSpot account."""

    token: str = field(repr=False)
    emulator_url: str | None = None


@dataclass(frozen=True)
class OidcSettings:
    """Who signs people in by OpenID Connect, and who we are there. `name` stands on the button."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = DEFAULT_OIDC_NAME


def read_salesforce(chosen: Mapping[str, str]) -> SalesforceSettings | None:
    """Return how to reach Salesforce, or None when nothing says so; raises `SettingsError` for half of it."""
    names = [name for name in chosen if name.startswith("VOCAPP_SALESFORCE_")]
    version = _checked_version(chosen.get("VOCAPP_SALESFORCE_API_VERSION", DEFAULT_API_VERSION))
    if set(names) <= {"VOCAPP_SALESFORCE_API_VERSION"}:
        return None
    _require(chosen, "VOCAPP_SALESFORCE_DOMAIN", "VOCAPP_SALESFORCE_CONSUMER_KEY", because=names)
    domain = chosen["VOCAPP_SALESFORCE_DOMAIN"]
    if any(character.isspace() for character in domain):
        raise SettingsError("VOCAPP_SALESFORCE_DOMAIN must be one name, such as acme.my.salesforce.com.")
    secret = chosen.get("VOCAPP_SALESFORCE_CONSUMER_SECRET")
    username = chosen.get("VOCAPP_SALESFORCE_USERNAME")
    key_file = chosen.get("VOCAPP_SALESFORCE_PRIVATE_KEY_FILE")
    if secret and (username or key_file):
        raise SettingsError(
            "VOCAPP_SALESFORCE_CONSUMER_SECRET and VOCAPP_SALESFORCE_USERNAME with "
            "VOCAPP_SALESFORCE_PRIVATE_KEY_FILE are two ways in; remove one of them."
        )
    if username or key_file:
        pair = ("VOCAPP_SALESFORCE_USERNAME", "VOCAPP_SALESFORCE_PRIVATE_KEY_FILE")
        _require(chosen, *pair, because=[name for name in pair if name in chosen])
    elif not secret:
        raise SettingsError(
            "VOCAPP_SALESFORCE_CONSUMER_SECRET is missing; set it, or VOCAPP_SALESFORCE_USERNAME and "
            "VOCAPP_SALESFORCE_PRIVATE_KEY_FILE to sign in with a private key."
        )
    return SalesforceSettings(
        domain=domain,
        consumer_key=chosen["VOCAPP_SALESFORCE_CONSUMER_KEY"],
        consumer_secret=secret,
        username=username,
        private_key_file=_checked_file("VOCAPP_SALESFORCE_PRIVATE_KEY_FILE", key_file),
        api_version=version,
        emulator_url=_checked_emulator(chosen, "VOCAPP_SALESFORCE_EMULATOR_URL"),
    )


def read_hubspot(chosen: Mapping[str, str]) -> HubspotSettings | None:
    """Return how to reach HubSpot, or None when nothing says so; raises `SettingsError` for half of it."""
    names = [name for name in chosen if name.startswith("VOCAPP_HUBSPOT_")]
    if not names:
        return None
    _require(chosen, "VOCAPP_HUBSPOT_TOKEN", because=names)
    return HubspotSettings(
        token=chosen["VOCAPP_HUBSPOT_TOKEN"],
        emulator_url=_checked_emulator(chosen, "VOCAPP_HUBSPOT_EMULATOR_URL"),
    )


def read_crm_folder(chosen: Mapping[str, str]) -> Path | None:
    """Return the folder for files of a CRM, or None; raises `SettingsError` for what is no folder."""
    value = chosen.get("VOCAPP_CRM_FOLDER")
    if value is None:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise SettingsError("VOCAPP_CRM_FOLDER is not a folder on this machine; make it or correct its name.")
    return folder.resolve()


def read_oidc(chosen: Mapping[str, str]) -> OidcSettings | None:
    """Return who signs people in, or None when nothing says so; raises `SettingsError` for half of it."""
    names = [name for name in chosen if name.startswith("VOCAPP_OIDC_")]
    if not names:
        return None
    needed = ("VOCAPP_OIDC_ISSUER", "VOCAPP_OIDC_CLIENT_ID", "VOCAPP_OIDC_CLIENT_SECRET")
    _require(chosen, *needed, because=names)
    return OidcSettings(
        issuer=_checked_issuer(chosen["VOCAPP_OIDC_ISSUER"]),
        client_id=chosen["VOCAPP_OIDC_CLIENT_ID"],
        client_secret=chosen["VOCAPP_OIDC_CLIENT_SECRET"],
        name=chosen.get("VOCAPP_OIDC_NAME", DEFAULT_OIDC_NAME),
    )


def _require(chosen: Mapping[str, str], *needed: str, because: list[str]) -> None:
    missing = [name for name in needed if name not in chosen]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise SettingsError(
            f"{' and '.join(missing)} {verb} missing beside {', '.join(sorted(because))}; set all or none."
        )


def _checked_version(value: str) -> str:
    if not re.fullmatch(r"[0-9]{2,3}\.0", value):
        raise SettingsError("VOCAPP_SALESFORCE_API_VERSION must look like 64.0.")
    if float(value) < OLDEST_API_VERSION:
        raise SettingsError(
            f"VOCAPP_SALESFORCE_API_VERSION is too old; {OLDEST_API_VERSION} is the oldest that works here."
        )
    return value


def _checked_file(name: str, value: str | None) -> Path | None:
    if value is None:
        return None
    path = Path(value).expanduser()
    if not path.is_file():
        raise SettingsError(f"{name} is not a file on this machine; correct its name.")
    return path.resolve()


def _checked_emulator(chosen: Mapping[str, str], name: str) -> str | None:
    value = chosen.get(name)
    if value is None:
        return None
    parts = _address_parts(value)
    if parts is None or parts.scheme != "http" or not _is_loopback(parts) or parts.path not in {"", "/"}:
        # Whoever could name another host here would be sent every credential and every record.
        raise SettingsError(f"{name} must be an address of this machine, such as http://127.0.0.1:5055.")
    return value.rstrip("/")


def _checked_issuer(value: str) -> str:
    parts = _address_parts(value)
    is_safe = parts is not None and (
        parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts))
    )
    if not is_safe:
        raise SettingsError(
            "VOCAPP_OIDC_ISSUER must be an https address without query, such as https://login.example.com."
        )
    return value


def _address_parts(value: str) -> SplitResult | None:
    """Return the parts of an address, or None for one with a user, query, fragment or impossible port."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    is_plain = parts.hostname and parts.username is None and not parts.query and not parts.fragment
    return parts if is_plain and not any(character.isspace() for character in value) else None


def _is_loopback(parts: SplitResult) -> bool:
    if parts.hostname == "localhost":
        return True
    try:
        return parts.hostname is not None and ipaddress.ip_address(parts.hostname) in {
            ipaddress.ip_address("127.0.0.1"),
            ipaddress.ip_address("::1"),
        }
    except ValueError:
        return False
