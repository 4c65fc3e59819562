"""The typed settings: the only reader of the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from vocapp.core.connection_settings import (
    CONNECTIONS_DOCUMENTED,
    HubspotSettings,
    OidcSettings,
    SalesforceSettings,
    read_crm_folder,
    read_hubspot,
    read_oidc,
    read_salesforce,
)
from vocapp.core.delivery_settings import DELIVERY_DOCUMENTED, DeliverySettings, read_delivery
from vocapp.core.errors import SettingsError
from vocapp.core.inbound_settings import INBOUND_DOCUMENTED, InboundSettings, read_inbound
from vocapp.core.keys import KEY_BYTES, kept_key, read_encryption_keys
from vocapp.core.mail_settings import MAIL_DOCUMENTED, MailSettings, read_mail

PROJECT_ROOT = Path(__file__).resolve().parents[2]
VAR_DIRECTORY = PROJECT_ROOT / "var"
PREFIX = "VOCAPP_"

DOCUMENTED = {
    "VOCAPP_DATABASE_URL": "Where the data lives: `sqlite:///path` or `postgresql://user:password@host/name`.",
    "VOCAPP_BROKER_URL": "`amqp://…` or `redis://…`; without it background work runs inside the worker.",
    "VOCAPP_SECRET_KEY": "At least 32 characters; signs sessions and survey links, so keep it.",
    "VOCAPP_BASE_URL": "The address people reach this installation at, as it stands in mails.",
    "VOCAPP_MAIL_URL": "`smtp://user:password@host:port?starttls=1`, `smtps://…` or `mailbox:///folder`.",
    "VOCAPP_MAIL_FROM": "The address mails are sent from, in a domain you may send for.",
    "VOCAPP_METRICS_TOKEN": "At least 16 characters; who sends it as bearer token may read `/metrics`.",
    "VOCAPP_ENCRYPTION_KEYS": "Keys of 32 bytes, newest first, comma separated; they seal stored secrets.",
    **MAIL_DOCUMENTED,
    **DELIVERY_DOCUMENTED,
    **INBOUND_DOCUMENTED,
    **CONNECTIONS_DOCUMENTED,
}


@dataclass(frozen=True)
class Settings:
    """Everything an installation may decide from outside.

    `encryption_keys` are newest first; without one, nothing can be sealed.
    """

    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    mail_url: str = field(default="", repr=False)
    mail_from: str = "voice@vocapp.example"
    broker_url: str | None = field(default=None, repr=False)
    encryption_keys: tuple[bytes, ...] = field(default=(), repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    mail: MailSettings = field(default_factory=MailSettings)
    salesforce: SalesforceSettings | None = None
    hubspot: HubspotSettings | None = None
    crm_folder: Path | None = None
    oidc: OidcSettings | None = None
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    inbound: InboundSettings = field(default_factory=InboundSettings)

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS, so that cookies may insist on it."""
        return self.base_url.startswith("https://")

    def with_base_url(self, base_url: str) -> "Settings":
        """Return the same settings under another address (for `vocapp up --port`)."""
        return replace(self, base_url=base_url)


def read_environment() -> dict[str, str]:
    """Return the `VOCAPP_` settings of the environment, over those of the `.env` file."""
    from_file = {name: value or "" for name, value in dotenv_values(PROJECT_ROOT / ".env").items()}
    named = {**from_file, **os.environ}
    return {name: value for name, value in named.items() if name.startswith(PREFIX)}


def read_notify_socket() -> str | None:
    """Return where systemd wants to hear from this process, or None when it does not."""
    return os.environ.get("NOTIFY_SOCKET")


def load_settings(values: Mapping[str, str] | None = None) -> Settings:
    """Return checked settings.

    `values` defaults to the environment. Raises `SettingsError` naming the first setting that is unknown or
    cannot work.
    """
    given = dict(read_environment() if values is None else values)
    for name in given:
        if name not in DOCUMENTED:
            raise SettingsError(
                f"{name} is not a setting of vocapp; remove it or see the README for the names."
            )
    chosen = {name: value.strip() for name, value in given.items() if value.strip()}
    base_url = _checked_base_url(chosen.get("VOCAPP_BASE_URL", "http://127.0.0.1:8000"))
    mail_from = _checked_mail_from(chosen.get("VOCAPP_MAIL_FROM", "voice@vocapp.example"))
    return Settings(
        database_url=_checked_database_url(chosen.get("VOCAPP_DATABASE_URL")),
        secret_key=_checked_secret_key(chosen.get("VOCAPP_SECRET_KEY")),
        base_url=base_url,
        mail_url=_checked_mail_url(chosen.get("VOCAPP_MAIL_URL")),
        mail_from=mail_from,
        broker_url=_checked_broker_url(chosen.get("VOCAPP_BROKER_URL")),
        encryption_keys=_checked_encryption_keys(chosen.get("VOCAPP_ENCRYPTION_KEYS")),
        metrics_token=_checked_metrics_token(chosen.get("VOCAPP_METRICS_TOKEN")),
        mail=read_mail(chosen, mail_from=mail_from),
        salesforce=read_salesforce(chosen),
        hubspot=read_hubspot(chosen),
        crm_folder=read_crm_folder(chosen),
        oidc=read_oidc(chosen),
        delivery=read_delivery(chosen),
        inbound=read_inbound(chosen),
    )


def _checked_database_url(value: str | None) -> str:
    if value is None:
        VAR_DIRECTORY.mkdir(exist_ok=True)
        return f"sqlite:///{VAR_DIRECTORY / 'vocapp.db'}"
    try:
        url = make_url(value)
    except ArgumentError:
        raise SettingsError(
            "VOCAPP_DATABASE_URL is not a database address; use sqlite:///path or postgresql://…"
        ) from None
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if backend == "sqlite" and url.database:
        return value
    raise SettingsError("VOCAPP_DATABASE_URL must start with sqlite:/// (a file) or postgresql://.")


def _checked_secret_key(value: str | None) -> str:
    if value is not None:
        if len(value) < 32:
            raise SettingsError("VOCAPP_SECRET_KEY is too short; give it at least 32 random characters.")
        return value
    return kept_key(VAR_DIRECTORY / "secret_key", lambda: secrets.token_urlsafe(48))


def _checked_metrics_token(value: str | None) -> str | None:
    if value is not None and (len(value) < 16 or not value.isascii() or not value.isprintable()):
        raise SettingsError("VOCAPP_METRICS_TOKEN must be at least 16 plain characters.")
    return value


def _checked_encryption_keys(value: str | None) -> tuple[bytes, ...]:
    if value is not None:
        return read_encryption_keys(value, name="VOCAPP_ENCRYPTION_KEYS")
    kept = kept_key(VAR_DIRECTORY / "encryption_key", lambda: secrets.token_urlsafe(KEY_BYTES))
    return read_encryption_keys(kept, name="The file var/encryption_key")


def _checked_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("VOCAPP_BASE_URL must be a web address such as https://voice.example.com.")
    return value.rstrip("/")


def _checked_mail_url(value: str | None) -> str:
    if value is None:
        return f"mailbox://{VAR_DIRECTORY / 'mailbox'}"
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps", "mailbox"} or not (parts.hostname or parts.scheme == "mailbox"):
        raise SettingsError(
            "VOCAPP_MAIL_URL must look like smtp://user:password@host:587?starttls=1 or smtps://…."
        )
    return value


def _checked_mail_from(value: str) -> str:
    address = parseaddr(value)[1]
    if address != value or "@" not in address or any(character.isspace() for character in address):
        raise SettingsError("VOCAPP_MAIL_FROM must be one plain e-mail address, such as voice@example.com.")
    return value


def _checked_broker_url(value: str | None) -> str | None:
    if value is not None and urlsplit(value).scheme not in {"amqp", "amqps", "redis", "rediss"}:
        raise SettingsError("VOCAPP_BROKER_URL must start with amqp:// (RabbitMQ) or redis:// (Redis).")
    return value
