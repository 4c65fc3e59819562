"""The settings of mail that comes in: over LMTP or out of a mailbox by itself, and how long it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from integrations.mail.imap import ImapAccount, parse_imap_url
from vocapp.core.errors import SettingsError

INBOUND_DOCUMENTED = {
    "VOCAPP_LMTP": "Where `vocapp mail serve` listens: `unix:/run/vocapp/lmtp.sock` or `127.0.0.1:2424`.",
    "VOCAPP_IMAP_URL": "A mailbox to take mail out of: `imaps://user:password@host/folder?move=Taken`.",
    "VOCAPP_INBOUND_DAYS": "How many days mail that came in is kept as it came (1 to 3650); default 90.",
}
# sockaddr_un has room for 108 bytes (unix(7)), one of them the last.
_LONGEST_SOCKET = 107
KEEP_DAYS = 90
_MOST_DAYS = 3650


@dataclass(frozen=True)
class LmtpSettings:
    """Where mail is taken in: a Unix socket, or a port of an address of this machine."""

    socket: Path | None = None
    host: str = ""
    port: int = 0


@dataclass(frozen=True)
class InboundSettings:
    """The ways in that an installation has opened, and how many days mail is kept as it came."""

    lmtp: LmtpSettings | None = None
    imap: ImapAccount | None = None
    keep_days: int = KEEP_DAYS


def read_inbound(chosen: Mapping[str, str]) -> InboundSettings:
    """Return the ways in; raises `SettingsError` for what cannot work."""
    return InboundSettings(
        lmtp=_read_lmtp(chosen.get("VOCAPP_LMTP")),
        imap=_read_imap(chosen.get("VOCAPP_IMAP_URL")),
        keep_days=_read_days(chosen.get("VOCAPP_INBOUND_DAYS")),
    )


def _read_lmtp(value: str | None) -> LmtpSettings | None:
    if value is None:
        return None
    if value.startswith("unix:"):
        return LmtpSettings(socket=_checked_socket(Path(value.removeprefix("unix:"))))
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname or "", parts.port or 0
        is_ours = value == parts.netloc and not parts.username and ip_address(host).is_loopback
    except ValueError:
        is_ours, host, port = False, "", 0
    if not is_ours or not port:
        # LMTP knows no passwords: whoever reaches it could hand in anything.
        raise SettingsError(
            "VOCAPP_LMTP must be a socket, such as unix:/run/vocapp/lmtp.sock, or an address and port of "
            "this machine, such as 127.0.0.1:2424."
        )
    return LmtpSettings(host=host, port=port)


def _read_imap(value: str | None) -> ImapAccount | None:
    try:
        return None if value is None else parse_imap_url(value)
    except ValueError as fault:
        raise SettingsError(f"VOCAPP_IMAP_URL {fault}.") from None


def _read_days(value: str | None) -> int:
    if value is None:
        return KEEP_DAYS
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and 1 <= int(value) <= _MOST_DAYS):
        raise SettingsError(f"VOCAPP_INBOUND_DAYS must be a number of days from 1 to {_MOST_DAYS}.")
    return int(value)


def _checked_socket(path: Path) -> Path:
    if not path.is_absolute() or len(str(path).encode()) > _LONGEST_SOCKET:
        raise SettingsError("VOCAPP_LMTP must name its socket by a full path of at most 107 bytes.")
    if path.exists() and not path.is_socket():
        raise SettingsError("VOCAPP_LMTP names something that is no socket; choose another path.")
    return path
