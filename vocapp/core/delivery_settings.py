"""The settings that say who can tell what became of a mail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integrations.mail.providers.catalog import PROVIDERS, check_key
from vocapp.core.errors import SettingsError

DELIVERY_DOCUMENTED = {
    "VOCAPP_RELAY_LOG": "The log file of the Postfix relay mails go through; it settles mails in doubt.",
    "VOCAPP_MAIL_EVENTS": "The mail provider that reports every mail to us: `postmark`, `ses`, `sendgrid`, "
    "`mailgun` or `brevo`.",
    "VOCAPP_MAIL_EVENTS_KEY": "What proves its reports: a password (Postmark, Brevo), its key (Mailgun, "
    "SendGrid) or the SNS topic (SES).",
}


@dataclass(frozen=True)
class DeliverySettings:
    """Where it can be looked up what became of a mail: in a relay's log, or in what a provider reports.

    `mail_events_key` proves that a report is the provider's.
    """

    relay_log: Path | None = None
    mail_events: str | None = None
    mail_events_key: str = field(default="", repr=False)


def read_delivery(chosen: Mapping[str, str]) -> DeliverySettings:
    """Return where mails can be looked up; raises `SettingsError` for what cannot work."""
    relay_log = chosen.get("VOCAPP_RELAY_LOG")
    path = Path(relay_log).expanduser() if relay_log else None
    # The file itself may not be there yet: a relay makes it with its first line.
    if path is not None and (not path.is_absolute() or path.is_dir() or not path.parent.is_dir()):
        raise SettingsError("VOCAPP_RELAY_LOG must be the full path of a log file on this machine.")
    provider = chosen.get("VOCAPP_MAIL_EVENTS")
    if provider is not None and provider not in PROVIDERS:
        raise SettingsError(f"VOCAPP_MAIL_EVENTS must be one of {', '.join(PROVIDERS)}.")
    key = chosen.get("VOCAPP_MAIL_EVENTS_KEY", "")
    if bool(provider) != bool(key):
        missing = "VOCAPP_MAIL_EVENTS_KEY" if provider else "VOCAPP_MAIL_EVENTS"
        raise SettingsError(
            f"{missing} is missing; VOCAPP_MAIL_EVENTS and VOCAPP_MAIL_EVENTS_KEY go together."
        )
    if provider is not None:
        try:
            check_key(provider, key)
        except ValueError as fault:
            raise SettingsError(f"VOCAPP_MAIL_EVENTS_KEY {fault}.") from None
    return DeliverySettings(relay_log=path, mail_events=provider, mail_events_key=key)
