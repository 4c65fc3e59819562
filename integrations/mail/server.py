"""Where outgoing mail goes: the mail URL, read and checked."""

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

_FORM = "smtp://user:password@host:port?starttls=1 or smtps://user:password@host:port"


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """One SMTP server and how to talk to it. The password is never part of its text form."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    is_starttls: bool = False
    is_verified: bool = True
    ca_file: str | None = None

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS settings. Raises ValueError when the file of `ca=` cannot be read."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ValueError(
                f"The certificate file {self.ca_file!r} in the mail URL cannot be read."
            ) from error
        if not self.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_mail_url(url: str) -> MailServer:
    """Return the server a mail URL names.

    Options: `starttls=1`, `ca=PATH` (certificates to trust), `verify=0` (loopback only). Raises ValueError
    with one plain sentence that never repeats the URL, because that holds the password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise ValueError(f"The mail URL cannot be read; write it as {_FORM}.") from error
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path not in ("", "/") or parts.fragment:
        raise ValueError(f"The mail URL cannot be read; write it as {_FORM}.")
    unknown = sorted(options.keys() - {"starttls", "ca", "verify"})
    if unknown:
        raise ValueError(
            f"The mail URL has an unknown option {unknown[0]!r}; known are starttls, ca and verify."
        )
    for name in ("starttls", "verify"):
        if options.get(name, "0") not in ("0", "1"):
            raise ValueError(f"The option {name} of the mail URL is 0 or 1.")
    is_tls = parts.scheme == "smtps"
    is_starttls = options.get("starttls") == "1"
    if is_tls and is_starttls:
        raise ValueError("The mail URL asks for TLS twice; use smtps:// or starttls=1, not both.")
    is_verified = options.get("verify", "1") == "1"
    if not is_verified and not is_loopback(host):
        raise ValueError(
            "The option verify=0 of the mail URL is for servers on this machine only; use ca=PATH."
        )
    if bool(parts.username) != bool(parts.password):
        raise ValueError("The mail URL needs both a user and a password, or neither.")
    if parts.password and not (is_tls or is_starttls or is_loopback(host)):
        raise ValueError("The mail URL would send the password in the clear; add starttls=1 or use smtps://.")
    return MailServer(
        host=host,
        port=port or (465 if is_tls else 587 if is_starttls else 25),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        is_tls=is_tls,
        is_starttls=is_starttls,
        is_verified=is_verified,
        ca_file=options.get("ca"),
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by name or by address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
