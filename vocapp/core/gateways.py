"""The ways out of the program in one object: production builds it from settings, tests pass their own."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import current_app

from integrations.mail.mailbox import Mailbox
from integrations.mail.transport import Transport, make_transport
from vocapp.core.settings import Settings

EXTENSION_KEY = "vocapp"
MAILBOX_SCHEME = "mailbox://"


@dataclass(frozen=True)
class Gateways:
    """What the running program may reach."""

    settings: Settings
    mail: Transport

    @property
    def mailbox(self) -> Mailbox | None:
        """The built-in mailbox, or None when mails go to a server."""
        return self.mail if isinstance(self.mail, Mailbox) else None


def make_gateways(settings: Settings) -> Gateways:
    """Return the gateways that settings describe; raises ValueError for a mail URL that cannot be used."""
    is_mailbox = settings.mail_url.startswith(MAILBOX_SCHEME)
    folder = Path(settings.mail_url.removeprefix(MAILBOX_SCHEME))
    return Gateways(settings=settings, mail=make_transport(None if is_mailbox else settings.mail_url, folder))


def gateways() -> Gateways:
    """Return the gateways of the current app."""
    return cast(Gateways, current_app.extensions[EXTENSION_KEY])
