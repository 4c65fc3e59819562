"""The ways out of the program in one object: production builds it from settings, tests pass their own."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

from integrations.dns import FixedResolver, Resolver, SystemResolver
from integrations.mail.dkim import Signer, read_private_key
from integrations.mail.lookup import MailLookup
from integrations.mail.mailbox import Mailbox
from integrations.mail.providers.sns import AmazonCertificates, Certificates
from integrations.mail.relay_log import RelayLog
from integrations.mail.transport import Transport, make_transport
from vocapp.core.mail_settings import MailSettings
from vocapp.core.settings import Settings

EXTENSION_KEY = "vocapp"
MAILBOX_SCHEME = "mailbox://"


@dataclass(frozen=True)
class Gateways:
    """What the running program may reach."""

    settings: Settings
    mail: Transport
    dns: Resolver
    signer: Signer | None = None
    # Who can say what became of a mail in doubt; None when nobody can.
    mail_lookup: MailLookup | None = None
    # Where the certificates are that Amazon signs its reports with.
    certificates: Certificates = field(default_factory=AmazonCertificates)

    @property
    def mailbox(self) -> Mailbox | None:
        """The built-in mailbox, or None when mails go to a server."""
        return self.mail if isinstance(self.mail, Mailbox) else None


def make_gateways(settings: Settings, *, dns: Resolver | None = None) -> Gateways:
    """Return the gateways that settings describe, asking `dns` or else the name servers they name.

    Raises ValueError for a mail URL that cannot be used.
    """
    is_mailbox = settings.mail_url.startswith(MAILBOX_SCHEME)
    folder = Path(settings.mail_url.removeprefix(MAILBOX_SCHEME))
    return Gateways(
        settings=settings,
        mail=make_transport(None if is_mailbox else settings.mail_url, folder),
        dns=dns or _resolver(settings.mail),
        signer=_signer(settings.mail),
        mail_lookup=RelayLog(settings.delivery.relay_log) if settings.delivery.relay_log else None,
    )


def _resolver(mail: MailSettings) -> Resolver:
    return SystemResolver(mail.dns_server) if mail.has_dns else FixedResolver(is_silent=True)


def _signer(mail: MailSettings) -> Signer | None:
    dkim = mail.dkim
    if dkim is None or dkim.private_key_file is None:
        return None
    return Signer(dkim.domain, dkim.selector, read_private_key(dkim.private_key_file.read_bytes()))


def gateways() -> Gateways:
    """Return the gateways of the current app."""
    return cast(Gateways, current_app.extensions[EXTENSION_KEY])
