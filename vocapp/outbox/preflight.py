"""Before a launch: will receivers take our mail for ours? `sender_rules` judge what the DNS says."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from integrations.errors import Retryable
from integrations.mail.identity import Published, read_published
from integrations.mail.server import is_loopback, parse_mail_url
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.gateways import MAILBOX_SCHEME, gateways
from vocapp.outbox.models import SenderCheck
from vocapp.outbox.sender_rules import (
    Check,
    Finding,
    Sender,
    Severity,
    judge_published,
    judge_settings,
    judge_silence,
    records_to_publish,
    stopping,
    unchecked,
)


def current_sender() -> Sender | None:
    """Return who our mail says it is from; None with the built-in mailbox, whose mail reaches nobody."""
    settings = gateways().settings
    if not settings.mail_url or settings.mail_url.startswith(MAILBOX_SCHEME):
        return None
    relay = parse_mail_url(settings.mail_url)
    links = urlsplit(settings.base_url)
    from_domain = settings.mail_from.rpartition("@")[2].lower()
    signer, dkim = gateways().signer, settings.mail.dkim
    return Sender(
        from_domain=from_domain,
        return_domain=settings.mail.bounce_domain or from_domain,
        has_own_return=settings.mail.bounce_domain is not None,
        dkim_domain=dkim.domain if dkim else None,
        selector=dkim.selector if dkim else None,
        public_key=signer.public_key if signer else None,
        relay_host=relay.host,
        is_relay_local=is_loopback(relay.host),
        is_relay_encrypted=relay.is_tls or relay.is_starttls,
        link_host=links.hostname or "",
        is_link_local=is_loopback(links.hostname or ""),
        is_link_encrypted=links.scheme == "https",
    )


def identity_findings(now: datetime, *, is_anew: bool = False) -> list[Finding]:
    """Return what is to be said about our sender, as settings and DNS are now; nothing with the mailbox.

    Writes nothing. `is_anew` asks again what was answered a moment ago. Takes a few seconds at most when the
    DNS does not answer.
    """
    sender = current_sender()
    if sender is None:
        return []
    if is_anew:
        gateways().dns.forget()
    return judge_settings(sender) + _asked(sender, now=now)


def check_sender(now: datetime, *, is_anew: bool = False) -> list[Finding]:
    """Return `identity_findings`, and remember when nothing stood in the way."""
    sender, findings = current_sender(), identity_findings(now, is_anew=is_anew)
    is_answered = not any(finding.check is Check.DNS for finding in findings)
    if sender is not None and is_answered and not stopping(findings):
        kept = insert_new(SenderCheck).values(sender=sender.fingerprint, checked_at=now)
        db.session.execute(kept.on_conflict_do_update(index_elements=["sender"], set_={"checked_at": now}))
    return findings


def refuse_unfit_sender(now: datetime) -> None:
    """Raise `DomainError` naming what to mend first when receivers would not take our mail for ours."""
    # What is in the way may have been mended since it was asked for.
    stops = stopping(check_sender(now)) and stopping(check_sender(now, is_anew=True))
    if not stops:
        return
    others = len(stops) - 1
    more = f" ({others} more under Settings, Sender identity.)" if others else ""
    raise DomainError(f"{stops[0]}{more}")


def concerns_about_sender(now: datetime) -> list[Finding]:
    """Return what is in the way of a launch or worth mending before it."""
    return [one for one in identity_findings(now) if one.severity in {Severity.STOPS, Severity.WARNS}]


def sender_standing(now: datetime) -> dict[str, Any]:
    """Return what the page about our sender shows, asked anew; `sender` is None with the mailbox."""
    sender, findings = current_sender(), identity_findings(now, is_anew=True)
    return {
        "sender": sender,
        "mail_from": gateways().settings.mail_from,
        "findings": sorted(findings, key=lambda finding: list(Severity).index(finding.severity)),
        "stops": stopping(findings),
        "warnings": [finding for finding in findings if finding.severity is Severity.WARNS],
        "records": records_to_publish(sender) if sender else [],
    }


def _asked(sender: Sender, *, now: datetime) -> list[Finding]:
    if not gateways().settings.mail.has_dns:
        return [unchecked()]
    try:
        published = _published(sender)
    except Retryable as silence:
        good = select(SenderCheck.checked_at).where(SenderCheck.sender == sender.fingerprint)
        return [judge_silence(silence.reason, last_good_at=db.session.scalar(good), now=now)]
    return judge_published(sender, published)


def _published(sender: Sender) -> Published:
    dkim = (sender.dkim_domain, sender.selector) if sender.dkim_domain and sender.selector else None
    return read_published(
        gateways().dns,
        from_domain=sender.from_domain,
        return_domain=sender.return_domain,
        dkim=dkim,
        # A relay on this machine sends by an address the DNS has no name for from here.
        relay_host=None if sender.is_relay_local else sender.relay_host,
    )
