"""What lets us into a HubSpot account."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

API_ADDRESS = "https://api.hubapi.com"


@dataclass(frozen=True, slots=True)
class HubspotAccess:
    """The token of a private app, and the number of the account it has to belong to ("" for any).

    `emulator_url` sends everything to a server on this machine instead. Raises ValueError with one plain
    sentence for an address elsewhere or a token that is none.
    """

    token: str = field(repr=False)
    emulator_url: str = ""
    expected_organisation: str = ""

    def __post_init__(self) -> None:
        if not self.token.strip() or not self.token.isascii() or any(map(str.isspace, self.token.strip())):
            raise ValueError("The HubSpot token is empty or broken; copy it again from the private app.")
        if self.emulator_url and not _is_on_this_machine(self.emulator_url):
            raise ValueError("The HubSpot emulator must run on this machine; use http://127.0.0.1:PORT.")

    @property
    def base_url(self) -> str:
        """Where calls go, without a slash at the end."""
        return (self.emulator_url or API_ADDRESS).rstrip("/")


def _is_on_this_machine(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback and not parts.username
    except ValueError:
        return False
