"""Is our mail recognisably ours? Judgements on the settings of a sender and on what its domains publish."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from integrations.mail.dkim import record_name
from integrations.mail.identity import MOST_SPF_LOOKUPS, Published, is_aligned

# How long a good check stands in for the DNS while that does not answer.
TRUSTED_FOR = timedelta(days=7)
DMARC_POLICIES = ("none", "quarantine", "reject")
# What one string of a text record may hold (RFC 1035).
_LONGEST_STRING = 255


class Severity(StrEnum):
    """What a finding means for a launch: `stops` it, `warns`, only `tells` something, or all is `good`."""

    STOPS = "stops"
    WARNS = "warns"
    TELLS = "tells"
    GOOD = "good"


class Check(StrEnum):
    """What was looked at."""

    SIGNATURE = "signature"
    POLICY = "policy"
    RETURN_PATH = "return_path"
    SENDERS = "senders"
    LINKS = "links"
    ENCRYPTION = "encryption"
    NAMES = "names"
    DNS = "dns"


@dataclass(frozen=True)
class DnsRecord:
    """One record to publish; `value` is its text as the forms of DNS providers want it."""

    name: str
    kind: str
    value: str

    @property
    def line(self) -> str:
        """The record as a line of a zone file, long texts in several strings."""
        if self.kind != "TXT":
            return f"{self.name}. IN {self.kind} {self.value}."
        starts = range(0, len(self.value), _LONGEST_STRING)
        strings = '" "'.join(self.value[start : start + _LONGEST_STRING] for start in starts)
        return f'{self.name}. IN TXT "{strings}"'


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One judgement: what is so, and unless it is good, what to do and which record to publish."""

    check: Check
    severity: Severity
    what: str
    fix: str = ""
    record: DnsRecord | None = None

    def __str__(self) -> str:
        record = f" Publish: {self.record.line}" if self.record else ""
        return f"{self.what} {self.fix}".strip() + record


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who our mail says it is from, and the ways it takes, as the settings have it.

    `public_key` is our own DKIM key in base64, None when the mail server signs. `link_host` is where the
    links in mails lead. `has_own_return` says that mail comes back to a domain set for that.
    """

    from_domain: str
    return_domain: str
    has_own_return: bool
    dkim_domain: str | None
    selector: str | None
    public_key: str | None
    relay_host: str
    is_relay_local: bool
    is_relay_encrypted: bool
    link_host: str
    is_link_local: bool
    is_link_encrypted: bool

    @property
    def fingerprint(self) -> str:
        """A name for exactly these settings, 64 hexadecimal digits."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def records_to_publish(sender: Sender) -> list[DnsRecord]:
    """Return every record the sender's domains need, in the order to set them."""
    records = [_spf_record(sender)]
    if sender.public_key:
        records.append(_dkim_record(sender))
    records.append(_dmarc_record(sender))
    if sender.has_own_return:
        records.append(_mx_record(sender))
    return records


def judge_settings(sender: Sender) -> list[Finding]:
    """Return what can be said without asking anybody; nothing about what is as it should be."""
    found: list[Finding] = []
    if sender.dkim_domain is None:
        found.append(_unsigned(sender))
    elif not is_aligned(sender.dkim_domain, sender.from_domain):
        found.append(_misaligned(sender, sender.dkim_domain))
    if not sender.has_own_return:
        found.append(
            Finding(
                check=Check.RETURN_PATH,
                severity=Severity.WARNS,
                what="Mail that nobody can deliver comes back to the sender's address, not to vocapp.",
                fix=f"Set VOCAPP_BOUNCE_DOMAIN to a domain such as bounce.{sender.from_domain} whose mail "
                "reaches vocapp.",
            )
        )
    if sender.is_link_local and not sender.is_relay_local:
        found.append(
            Finding(
                check=Check.LINKS,
                severity=Severity.STOPS,
                what=f"The links in mails lead to {sender.link_host}, which only this machine can open.",
                fix="Set VOCAPP_BASE_URL to the https address people reach vocapp at.",
            )
        )
    elif not sender.is_link_encrypted:
        found.append(
            Finding(
                check=Check.LINKS,
                severity=Severity.WARNS,
                what="The links in mails are not https, so mail programs offer no opt-out by one click.",
                fix="Set VOCAPP_BASE_URL to an https address.",
            )
        )
    if not sender.is_relay_encrypted and not sender.is_relay_local:
        found.append(
            Finding(
                check=Check.ENCRYPTION,
                severity=Severity.WARNS,
                what=f"Mail goes to {sender.relay_host} unencrypted.",
                fix="Add ?starttls=1 to VOCAPP_MAIL_URL, or begin it with smtps://.",
            )
        )
    return found


def judge_published(sender: Sender, published: Published) -> list[Finding]:
    """Return one finding for each thing the DNS was asked about, the good ones too."""
    found: list[Finding] = []
    if sender.dkim_domain and sender.selector:
        found.append(_judge_key(sender, published, sender.dkim_domain, sender.selector))
    found += [judge(sender, published) for judge in (_judge_policy, _judge_return, _judge_spf)]
    nameless = [address for address, names in published.relay_names if not names]
    if nameless:
        found.append(
            Finding(
                check=Check.NAMES,
                severity=Severity.TELLS,
                what=f"{sender.relay_host} has an address without a name: {', '.join(nameless)}. Receivers "
                "distrust such senders, unless mail leaves through other addresses.",
                fix="Ask whoever runs the mail server for a PTR record.",
            )
        )
    return found


def judge_silence(reason: str, *, last_good_at: datetime | None, now: datetime) -> Finding:
    """Return what it means that the DNS did not answer, given when a check last found nothing in the way."""
    if last_good_at is not None and now - last_good_at <= TRUSTED_FOR:
        return Finding(
            check=Check.DNS,
            severity=Severity.WARNS,
            what=f"{reason} The last check, on {last_good_at:%Y-%m-%d}, found nothing in the way.",
            fix="Check again when the DNS answers.",
        )
    return Finding(
        check=Check.DNS,
        severity=Severity.STOPS,
        what=f"{reason} So nobody can say whether receivers will take our mail.",
        fix="Try again when the DNS answers, or set VOCAPP_DNS_SERVER to a name server that does.",
    )


def unchecked() -> Finding:
    """Return what it means that the settings forbid asking the DNS."""
    return Finding(
        check=Check.DNS,
        severity=Severity.WARNS,
        what="What our domains publish is not checked, because VOCAPP_DNS_SERVER is none.",
        fix="Remove VOCAPP_DNS_SERVER to have it checked.",
    )


def stopping(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no wave may be launched with."""
    return [finding for finding in findings if finding.severity is Severity.STOPS]


def _unsigned(sender: Sender) -> Finding:
    return Finding(
        check=Check.SIGNATURE,
        severity=Severity.STOPS,
        what="Our mail is not signed (DKIM), and large mail providers refuse it.",
        fix="Make a key with “vocapp mail dkim-key --out FILE”; then set VOCAPP_DKIM_PRIVATE_KEY_FILE to "
        f"that file, VOCAPP_DKIM_DOMAIN to {sender.from_domain} and VOCAPP_DKIM_SELECTOR to a name such as "
        "voice1. If your mail server signs, set the last two only.",
    )


def _misaligned(sender: Sender, dkim_domain: str) -> Finding:
    return Finding(
        check=Check.SIGNATURE,
        severity=Severity.STOPS,
        what=f"Mail from {sender.from_domain} is signed by {dkim_domain}, which does not align with it.",
        fix=f"Set VOCAPP_DKIM_DOMAIN to {sender.from_domain}, or VOCAPP_MAIL_FROM to an address at "
        f"{dkim_domain}.",
    )


def _judge_key(sender: Sender, published: Published, domain: str, selector: str) -> Finding:
    name, keys = record_name(domain, selector), published.dkim.keys
    what, fix = "", "Publish our key there." if sender.public_key else "Publish the key of your mail server."
    if not keys:
        what = f"No key of our signature (DKIM) is published under {name}."
    elif len(keys) > 1:
        what = f"{len(keys)} keys are published under {name}, and receivers may take the wrong one."
        fix = "Keep one of them."
    elif not keys[0]:
        what = f"The key under {name} was withdrawn."
    elif sender.public_key and keys[0] != sender.public_key:
        what = f"Another key than ours is published under {name}, so every signature is taken for forged."
        fix = "Publish our key instead, or set VOCAPP_DKIM_PRIVATE_KEY_FILE to the file that belongs to it."
    if what:
        record = _dkim_record(sender) if sender.public_key else None
        return Finding(check=Check.SIGNATURE, severity=Severity.STOPS, what=what, fix=fix, record=record)
    signs = "We sign" if sender.public_key else "The mail server signs"
    good = f"{signs} as {domain}, and the key is published under {name}."
    return Finding(check=Check.SIGNATURE, severity=Severity.GOOD, what=good)


def _judge_policy(sender: Sender, published: Published) -> Finding:
    dmarc, wanted = published.dmarc, _dmarc_record(sender)
    if dmarc.domain is None:
        what = f"{sender.from_domain} publishes no DMARC record, and large mail providers refuse its mail."
        return _stopped_policy(what, "Publish one; this one asks receivers for nothing else.", wanted)
    place = f"_dmarc.{dmarc.domain}"
    if len(dmarc.records) > 1:
        what = f"{len(dmarc.records)} DMARC records stand under {place}, so receivers heed none of them."
        return _stopped_policy(what, "Keep one of them.", None)
    if dmarc.policy not in DMARC_POLICIES:
        what = f"The DMARC record under {place} has no policy, so receivers do not heed it."
        return _stopped_policy(what, "Give it p=none, p=quarantine or p=reject.", None)
    if dmarc.is_dkim_strict and sender.dkim_domain not in {None, sender.from_domain}:
        what = (
            f"The DMARC record under {place} wants signatures by exactly {sender.from_domain} (adkim=s), but "
            f"we sign as {sender.dkim_domain}."
        )
        fix = f"Set VOCAPP_DKIM_DOMAIN to {sender.from_domain}, or take adkim=s out of the record."
        return _stopped_policy(what, fix, None)
    if not is_aligned(sender.return_domain, sender.from_domain, is_strict=dmarc.is_spf_strict):
        return Finding(
            check=Check.POLICY,
            severity=Severity.WARNS,
            what=f"Mail comes back to {sender.return_domain}, which does not align with "
            f"{sender.from_domain}; whether it is ours rests on the signature alone.",
            fix=f"Set VOCAPP_BOUNCE_DOMAIN to a domain below {sender.from_domain}"
            + (", and take aspf=s out of the DMARC record." if dmarc.is_spf_strict else "."),
        )
    good = f"{dmarc.domain} publishes a DMARC record (p={dmarc.policy}), and our mail aligns with it."
    return Finding(check=Check.POLICY, severity=Severity.GOOD, what=good)


def _stopped_policy(what: str, fix: str, record: DnsRecord | None) -> Finding:
    return Finding(check=Check.POLICY, severity=Severity.STOPS, what=what, fix=fix, record=record)


def _judge_return(sender: Sender, published: Published) -> Finding:
    if published.return_hosts:
        hosts = ", ".join(published.return_hosts[:3])
        good = f"Mail to {sender.return_domain} reaches {hosts}."
        return Finding(check=Check.RETURN_PATH, severity=Severity.GOOD, what=good)
    return Finding(
        check=Check.RETURN_PATH,
        severity=Severity.STOPS,
        what=f"No mail can reach {sender.return_domain}, where ours comes back to; many receivers refuse "
        "such mail.",
        fix="Publish the machine that takes mail for it.",
        record=_mx_record(sender),
    )


def _judge_spf(sender: Sender, published: Published) -> Finding:
    spf, domain = published.spf, sender.return_domain
    what, fix, record = "", "", None
    if not spf.records:
        what = f"{domain} does not say which machines may send for it (SPF)."
        fix, record = "Publish it; if your mail provider names an include, use that.", _spf_record(sender)
    elif len(spf.records) > 1:
        what = f"{domain} publishes {len(spf.records)} SPF records, so receivers heed none of them."
        fix = "Make one of them."
    elif spf.everybody == "+":
        what, fix = f"The SPF record of {domain} lets everybody send for it (+all).", "End it with ~all."
    elif spf.lookups > MOST_SPF_LOOKUPS:
        what = (
            f"The SPF record of {domain} needs more than {MOST_SPF_LOOKUPS} look-ups, so receivers take it "
            "for broken."
        )
        fix = "Take out includes that are no longer needed."
    elif spf.is_permitted is False:
        what = f"The SPF record of {domain} does not name the addresses of {sender.relay_host}."
        fix = (
            f"Add a:{sender.relay_host}, or what your mail provider asks for, unless mail leaves through "
            "other addresses."
        )
    if what:
        return Finding(check=Check.SENDERS, severity=Severity.WARNS, what=what, fix=fix, record=record)
    good = f"{domain} says which machines may send for it (SPF; look-ups needed: {spf.lookups})."
    return Finding(check=Check.SENDERS, severity=Severity.GOOD, what=good)


def _spf_record(sender: Sender) -> DnsRecord:
    host = sender.link_host if sender.is_relay_local else sender.relay_host
    return DnsRecord(sender.return_domain, "TXT", f"v=spf1 a:{host} ~all")


def _dkim_record(sender: Sender) -> DnsRecord:
    name = record_name(sender.dkim_domain or "", sender.selector or "")
    return DnsRecord(name, "TXT", f"v=DKIM1; k=rsa; p={sender.public_key}")


def _dmarc_record(sender: Sender) -> DnsRecord:
    return DnsRecord(f"_dmarc.{sender.from_domain}", "TXT", "v=DMARC1; p=none")


def _mx_record(sender: Sender) -> DnsRecord:
    return DnsRecord(sender.return_domain, "MX", f"10 {sender.link_host}")
