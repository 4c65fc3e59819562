"""What is needed to get into a Salesforce organisation, and how people write down its address."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from integrations.crm.salesforce.ids import long_id

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MY_DOMAIN = re.compile(
    rf"{_LABEL}(?:\.(?:sandbox|develop|scratch|demo|patch|trailblaze|free|stage|partialcopy|full))?\.my"
)
_SUFFIXES = (
    (".my.salesforce.com", ".my"),
    (".my.salesforce-setup.com", ".my"),
    (".lightning.force.com", ".my"),
    (".salesforce.com", ""),
)
_VERSION = re.compile(r"\d{2,3}\.0")


class Flow(StrEnum):
    """How we sign in."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT = "jwt"
    WEB_SERVER = "web_server"


@dataclass(frozen=True, kw_only=True)
class SalesforceAccess:
    """The settings of one connection. Raises ValueError with one plain sentence for what can never work.

    `domain` is the part in front of ".salesforce.com", as `read_domain` returns it. `emulator_url` sends
    everything to this machine instead. `expected_organisation` refuses any other organisation.

    `on_new_refresh_token` has to store a token for good before it returns, for the one before is dead by
    then; `read_refresh_token` returns the newest that any process has stored.
    """

    flow: Flow = Flow.CLIENT_CREDENTIALS
    domain: str
    consumer_key: str = ""
    consumer_secret: str = field(default="", repr=False)
    username: str = ""
    private_key: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    api_version: str = "64.0"
    emulator_url: str = ""
    expected_organisation: str = ""
    on_new_refresh_token: Callable[[str], None] | None = field(default=None, repr=False)
    read_refresh_token: Callable[[], str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flow", Flow(self.flow))
        if self.domain != read_domain(self.domain):
            raise ValueError(f"{self.domain!r} has to be written as {read_domain(self.domain)!r}.")
        if self.flow is Flow.CLIENT_CREDENTIALS and self.domain in ("login", "test"):
            raise ValueError(
                "Client credentials work only at the organisation's own address: enter its My Domain, "
                "such as acme.my.salesforce.com, in place of login or test."
            )
        if not _VERSION.fullmatch(self.api_version) or float(self.api_version) < 59:
            raise ValueError(f"{self.api_version!r} is not an API version we speak: use 64.0.")
        if self.emulator_url:
            _check_loopback(self.emulator_url)
        if self.expected_organisation:
            object.__setattr__(self, "expected_organisation", long_id(self.expected_organisation))

    @property
    def is_sandbox_address(self) -> bool:
        """Return whether the address itself says that it is a sandbox."""
        return self.domain == "test" or ".sandbox." in self.domain


def read_domain(text: str) -> str:
    """Return the prefix of ".salesforce.com" from an address in any form people type or copy.

    "https://acme.lightning.force.com/lightning/page/home" gives "acme.my". Raises ValueError with a sentence.
    """
    host = typed = _host(text)
    for suffix, replacement in _SUFFIXES:
        if host.endswith(suffix):
            host = host.removesuffix(suffix) + replacement
            break
    if host in ("login", "test") or _MY_DOMAIN.fullmatch(host):
        return host
    if host == typed and re.fullmatch(_LABEL, host):
        return f"{host}.my"
    raise ValueError(
        f"{text.strip()[:100]!r} is not the address of a Salesforce organisation: copy the one under "
        "Setup, My Domain, such as acme.my.salesforce.com."
    )


def _host(text: str) -> str:
    typed = text.strip().lower()
    try:
        return (urlsplit(typed if "//" in typed else f"//{typed}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _check_loopback(url: str) -> None:
    parts = urlsplit(url)
    # Never a name: what "localhost" means is for the machine to say.
    if parts.scheme != "http" or parts.hostname != "127.0.0.1" or "@" in parts.netloc:
        raise ValueError(
            "The emulator has to be on this machine: give an address such as http://127.0.0.1:5055."
        )
