"""The settings of mail: where it comes back to, who signs it, how it is marked, whom we ask about names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from integrations.mail.dkim import read_private_key
from integrations.mail.identity import is_aligned
from vocapp.core.errors import SettingsError

MAIL_DOCUMENTED = {
    "VOCAPP_BOUNCE_DOMAIN": "Domain that mail nobody could deliver comes back to: `bounce.example.com`.",
    "VOCAPP_DKIM_DOMAIN": "Domain that signs our mails: that of `VOCAPP_MAIL_FROM` or one above it.",
    "VOCAPP_DKIM_SELECTOR": "Name its public key is published under, such as `voice1`.",
    "VOCAPP_DKIM_PRIVATE_KEY_FILE": "File of its RSA key (PEM); without one, your mail server signs.",
    "VOCAPP_MAIL_BULK_MARKS": "`yes` marks surveys as bulk mail: then nobody's out-of-office reply comes.",
    "VOCAPP_DNS_SERVER": "Address of the name server to ask, `none` for none; else those of this machine.",
}

_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_SELECTOR = re.compile(r"(?=.{1,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_SERVER = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?")
# "bounce+", 13 characters, a dot, 26 characters, "@": the whole address may have 254 (RFC 5321).
_LONGEST_BOUNCE_DOMAIN = 200


@dataclass(frozen=True)
class DkimSettings:
    """Who signs our mails. Without a key file the mail server does, and its published key is only checked."""

    domain: str
    selector: str
    private_key_file: Path | None = None


@dataclass(frozen=True)
class MailSettings:
    """What an installation decides about its mail, beside the server and the sender's address.

    `dns_server` is an address and a port, or None for the name servers of this machine; without `has_dns`
    none is asked.
    """

    bounce_domain: str | None = None
    dkim: DkimSettings | None = None
    has_bulk_marks: bool = False
    dns_server: tuple[str, int] | None = None
    has_dns: bool = True


def read_mail(chosen: Mapping[str, str], *, mail_from: str) -> MailSettings:
    """Return the checked settings of mail; raises `SettingsError` naming the first that cannot work."""
    dns_server = chosen.get("VOCAPP_DNS_SERVER")
    has_dns = dns_server is None or dns_server.lower() != "none"
    return MailSettings(
        bounce_domain=_checked_bounce_domain(chosen.get("VOCAPP_BOUNCE_DOMAIN")),
        dkim=_read_dkim(chosen, mail_from=mail_from),
        has_bulk_marks=_checked_choice(chosen, "VOCAPP_MAIL_BULK_MARKS"),
        dns_server=_checked_dns_server(dns_server) if dns_server and has_dns else None,
        has_dns=has_dns,
    )


def _read_dkim(chosen: Mapping[str, str], *, mail_from: str) -> DkimSettings | None:
    given = sorted(name for name in chosen if name.startswith("VOCAPP_DKIM_"))
    if not given:
        return None
    for name in ("VOCAPP_DKIM_DOMAIN", "VOCAPP_DKIM_SELECTOR"):
        if name not in chosen:
            raise SettingsError(f"{name} is missing beside {', '.join(given)}; set it, or none of them.")
    domain = _checked_domain("VOCAPP_DKIM_DOMAIN", chosen["VOCAPP_DKIM_DOMAIN"])
    from_domain = mail_from.rpartition("@")[2].lower()
    if not is_aligned(domain, from_domain):
        raise SettingsError(
            f"VOCAPP_DKIM_DOMAIN is {domain}, which does not align with VOCAPP_MAIL_FROM at {from_domain}; "
            f"sign as {from_domain} or a domain above it."
        )
    selector = chosen["VOCAPP_DKIM_SELECTOR"].lower()
    if not _SELECTOR.fullmatch(selector):
        raise SettingsError(
            "VOCAPP_DKIM_SELECTOR must be one short name of letters, digits and hyphens: voice1."
        )
    key_file = chosen.get("VOCAPP_DKIM_PRIVATE_KEY_FILE")
    return DkimSettings(domain, selector, _checked_key_file(key_file) if key_file else None)


def _checked_key_file(value: str) -> Path:
    name = "VOCAPP_DKIM_PRIVATE_KEY_FILE"
    path = Path(value).expanduser()
    if not path.is_file():
        raise SettingsError(
            f"{name} is not a file on this machine; correct its name, or make a key with "
            "“vocapp mail dkim-key --out FILE”."
        )
    try:
        read_private_key(path.read_bytes())
    except OSError:
        raise SettingsError(f"{name} cannot be read; let the user that runs vocapp read it.") from None
    except ValueError as fault:
        raise SettingsError(f"{name} {fault}; make one with “vocapp mail dkim-key --out FILE”.") from None
    return path.resolve()


def _checked_bounce_domain(value: str | None) -> str | None:
    if value is None:
        return None
    domain = _checked_domain("VOCAPP_BOUNCE_DOMAIN", value)
    if len(domain) > _LONGEST_BOUNCE_DOMAIN:
        raise SettingsError("VOCAPP_BOUNCE_DOMAIN is too long for an address of ours before it.")
    return domain


def _checked_domain(name: str, value: str) -> str:
    domain = value.lower().rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise SettingsError(f"{name} must be a domain in plain letters, such as bounce.example.com.")
    return domain


def _checked_choice(chosen: Mapping[str, str], name: str) -> bool:
    value = chosen.get(name, "no").lower()
    if value not in {"yes", "no"}:
        raise SettingsError(f"{name} is yes or no.")
    return value == "yes"


def _checked_dns_server(value: str) -> tuple[str, int]:
    found = _SERVER.fullmatch(value)
    host = (found["six"] or found["four"]) if found else ""
    port = int((found and found["port"]) or 53)
    try:
        ip_address(host)
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise SettingsError(
            "VOCAPP_DNS_SERVER must be an IP address, such as 192.0.2.53 or [2001:db8::53]:53, or none."
        )
    return host, port
