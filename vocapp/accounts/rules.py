"""Accounts, contacts, addresses and identifiers, as pure judgements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

NO_REPLY_NAMES = frozenset(
    {"noreply", "donotreply", "mailerdaemon", "postmaster", "bounce", "bounces", "notifications", "abuse"}
)
ROLE_NAMES = frozenset(
    {
        "accounting", "accounts", "accountspayable", "admin", "administrator", "amministrazione", "ap",
        "billing", "buchhaltung", "buero", "comptabilite", "contabilidad", "contatti", "customersuccess",
        "facturacion", "general", "group", "bestellung", "invoicing", "payables", "rechnung", "ventas",
        "vertrieb", "soporte", "ufficio", "everyone", "all", "staff", "infos",
        "careers", "compliance", "contact", "customercare", "customerservice", "einkauf", "enquiries",
        "finance", "frontdesk", "hello", "help", "helpdesk", "hostmaster", "hr", "info", "inquiries",
        "invoice", "invoices", "it", "itsupport", "jobs", "kontakt", "legal", "mail", "marketing", "news",
        "newsletter", "office", "orders", "post", "press", "privacy", "procurement", "purchasing",
        "reception", "root", "sales", "security", "service", "spam", "support", "team", "webmaster",
    }
)  # fmt: skip


# What stands beside a function in its address: sales-emea@, support.de@, info2@.
_ROLE_QUALIFIERS = frozenset(
    {
        "amer", "americas", "anz", "apac", "asia", "at", "au", "benelux", "ca", "ch", "cn", "dach", "de",
        "desk", "dept", "emea", "en", "es", "eu", "europe", "fr", "global", "gmbh", "group", "hq", "in",
        "inbox", "inc", "int", "intl", "it", "jp", "latam", "ltd", "main", "mea", "na", "nl", "nordics",
        "north", "online", "request", "requests", "shared", "south", "team", "uk", "us", "usa", "web",
    }
)  # fmt: skip


class ContactStatus(StrEnum):
    """Whether a contact can be asked."""

    ACTIVE = "active"
    LEFT = "left"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"


class AccountStatus(StrEnum):
    """Whether an account is a customer; one that became part of another is none, and did not churn either."""

    ACTIVE = "active"
    CHURNED = "churned"
    MERGED = "merged"


class CoverageModel(StrEnum):
    """How closely an account is looked after."""

    STANDARD = "standard"
    HIGH_TOUCH = "high_touch"


class Degree(StrEnum):
    """Low to high: a contact's influence, an account's potential to grow."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class OverrideScope(StrEnum):
    """What another number than the tier profile's holds for; the narrowest wins: account, segment, region."""

    ACCOUNT = "account"
    SEGMENT = "segment"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class HouseRules:
    """How long knowledge stays good; all are configurable choices.

    In days: how long a confirmed contact counts as verified, a CSM's roster confirmation and an assessment as
    current, how often a champion may be asked, and how long their page stays open. `silent_waves`: after so
    many unanswered waves in a row a contact becomes doubtful.
    """

    verified_days: int = 90
    silent_waves: int = 4
    roster_days: int = 30
    champion_every_days: int = 90
    champion_open_days: int = 21
    assessment_days: int = 90


def is_verified(verified_on: date | None, *, on: date, days: int) -> bool:
    """Whether somebody confirmed this contact in the `days` (`HouseRules.verified_days`) before a date.

    Only the latest confirmation is kept, so one after `on` counts as well: the person was there before.
    """
    return verified_on is not None and verified_on >= on - timedelta(days=days)


def is_reachable(status: str, *, is_role_address: bool) -> bool:
    """Whether a contact can be mailed as a person."""
    return status == ContactStatus.ACTIVE and not is_role_address


def would_circle(person_id: int, boss_id: int, lines: Mapping[int, int | None]) -> bool:
    """Whether people would report to themselves, directly or around, if one reported to another.

    `lines` maps contact id → whom they report to so far.
    """
    seen: set[int] = set()
    above: int | None = boss_id
    while above is not None and above not in seen:
        if above == person_id:
            return True
        seen.add(above)
        above = lines.get(above)
    return False


def status_after_import(current: str, wanted: str, *, has_new_address: bool) -> str:
    """Return the status a contact has after a file names one.

    No file lifts an opt-out, and none revives an address that bounced; a new address may.
    """
    if current == ContactStatus.OPTED_OUT:
        return current
    if current == ContactStatus.BOUNCED and wanted == ContactStatus.ACTIVE and not has_new_address:
        return current
    return wanted


def is_role_address(email_key: str) -> bool:
    """Whether an address belongs to a function rather than a person: noreply@, info@, support+eu@.

    A function may stand with a region or a number (sales-emea@, info2@), but not with a name (anna.post@).
    """
    local = email_key.partition("@")[0].partition("+")[0]
    words = "".join(mark if mark.isalpha() else " " for mark in local).split()
    name = "".join(mark for mark in local if mark.isalnum())
    if name in ROLE_NAMES or name in NO_REPLY_NAMES or "noreply" in name or "donotreply" in name:
        return True
    roles = [word for word in words if word in ROLE_NAMES]
    return bool(roles) and all(word in ROLE_NAMES or word in _ROLE_QUALIFIERS for word in words)


CRM_CHECK_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def comparable_id(text: str) -> str:
    """Return an identifier in comparable form: an 18-character CRM id with a right checksum as its first 15.

    Case and leading zeros count: the CRM's 15-character ids differ by case alone.
    """
    text = text.strip()
    if len(text) == 18 and text.isascii() and text.isalnum() and crm_checksum(text[:15]) == text[15:].upper():
        return text[:15]
    return text


def crm_checksum(id15: str) -> str:
    """Return the three characters that turn a 15-character CRM id into its case-safe 18-character form."""
    blocks = (id15[start : start + 5] for start in (0, 5, 10))
    return "".join(
        CRM_CHECK_DIGITS[sum(1 << place for place, letter in enumerate(block) if "A" <= letter <= "Z")]
        for block in blocks
    )


def is_own_domain(email_key: str, domains: Iterable[str]) -> bool:
    """Whether an address lies in one of the company's own domains, or below one."""
    domain = email_key.rpartition("@")[2]
    return any(domain == own or domain.endswith(f".{own}") for own in (name.lower() for name in domains))
