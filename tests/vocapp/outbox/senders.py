"""A sender of mail all in order, for tests that put one thing out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask

from integrations.dns import FixedResolver
from integrations.mail.dkim import Signer, new_private_key, read_private_key
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.core.mail_settings import DkimSettings, MailSettings

SIGNER = Signer("vendor.example", "voice1", read_private_key(new_private_key()))
RECORDS: dict[str, dict[str, list[str]]] = {
    "_dmarc.vendor.example": {"txt": ["v=DMARC1; p=none"]},
    "voice1._domainkey.vendor.example": {"txt": [SIGNER.record]},
    "bounce.vendor.example": {"mx": ["voice.vendor.example"], "txt": ["v=spf1 a:relay.vendor.example -all"]},
    "relay.vendor.example": {"address": ["192.0.2.7"]},
    "192.0.2.7": {"pointer": ["relay.vendor.example"]},
}
SETTINGS: dict[str, Any] = {
    "mail_url": "smtp://relay.vendor.example?starttls=1",
    "base_url": "https://voice.vendor.example",
    "mail_from": "voice@vendor.example",
    "mail": MailSettings(
        bounce_domain="bounce.vendor.example",
        dkim=DkimSettings("vendor.example", "voice1", Path("dkim.pem")),
    ),
}


@contextmanager
def a_sender(
    app: Flask,
    dns: dict[str, dict[str, list[str]]] | None = None,
    *,
    is_silent: bool = False,
    signer: Signer | None = SIGNER,
    **settings: Any,
) -> Iterator[FixedResolver]:
    """Let the app send through a relay, as a sender all in order but for what is given."""
    before = app.extensions[EXTENSION_KEY]
    resolver = FixedResolver({**RECORDS, **(dns or {})}, is_silent=is_silent)
    changed = replace(before.settings, **{**SETTINGS, **settings})
    app.extensions[EXTENSION_KEY] = replace(before, settings=changed, dns=resolver, signer=signer)
    try:
        yield resolver
    finally:
        app.extensions[EXTENSION_KEY] = before


def mail_settings(**changes: Any) -> MailSettings:
    return replace(SETTINGS["mail"], **changes)
