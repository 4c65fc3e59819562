"""Addresses of ours that mail comes back to, each good for one message and made by nobody else (VERP).

`bounce+<message>.<seal>@VOCAPP_BOUNCE_DOMAIN`; a mail provider gets `<message>.<seal>` along. The seal keeps
forged bounces from stopping mail to anybody, and hides the number of the message. Case does not matter,
because some mail servers change it.
"""

import hmac
import re
from base64 import b32decode, b32encode
from enum import StrEnum

from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.outbox.models import Message

NUMBER_BYTES = 8
SEAL_BYTES = 16
_LOCAL_PART = re.compile(r"(?P<purpose>[a-z]+)\+(?P<number>[a-z2-7]{13})\.(?P<seal>[a-z2-7]{26})")


class Purpose(StrEnum):
    """What an address of ours is for."""

    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"


# What a mark for a mail provider is sealed as; it is no address.
_REPORT = "report"
_BEGINNINGS = tuple(f"{purpose}+" for purpose in Purpose)


def return_path_of(message: Message) -> str:
    """Return where a message goes back to when nobody can deliver it; without a bounce domain, the sender."""
    return _address(Purpose.BOUNCE, message.id) or gateways().settings.mail_from


def opt_out_address_of(message: Message) -> str | None:
    """Return where an empty mail takes the message's recipient off the list, None without a bounce domain."""
    return _address(Purpose.UNSUBSCRIBE, message.id)


def message_of_return_path(address: str) -> Message | None:
    """Return the message a bounce address was made for; None for any other, or one tampered with."""
    return _message_of(address, Purpose.BOUNCE)


def message_of_opt_out_address(address: str) -> Message | None:
    """Return the message an opt-out address was made for; None for any other, or one tampered with."""
    return _message_of(address, Purpose.UNSUBSCRIBE)


def is_forged_address(address: str) -> bool:
    """Whether an address pretends to be one of ours, of either purpose, and was not made by us."""
    local, domain = _parts(address)
    is_like_ours = domain == gateways().settings.mail.bounce_domain and local.startswith(_BEGINNINGS)
    return is_like_ours and all(_number_in(address, purpose) is None for purpose in Purpose)


def report_mark_of(message: Message) -> str:
    """Return what a mail provider is to report a message under: 40 letters, digits and a dot."""
    return _local_part(_REPORT, message.id).removeprefix(f"{_REPORT}+")


def message_of_report_mark(mark: str) -> Message | None:
    """Return the message a mark was made for; None for any other, or one tampered with."""
    number = _number_behind(f"{_REPORT}+{mark.strip().lower()}", _REPORT)
    return None if number is None else db.session.get(Message, number)


def _address(purpose: Purpose, number: int) -> str | None:
    domain = gateways().settings.mail.bounce_domain
    return f"{_local_part(purpose, number)}@{domain}" if domain else None


def _message_of(address: str, purpose: Purpose) -> Message | None:
    number = _number_in(address, purpose)
    return None if number is None else db.session.get(Message, number)


def _number_in(address: str, purpose: Purpose) -> int | None:
    """Return the number of a message that an address of ours was made for, None for any other address."""
    local, domain = _parts(address)
    return _number_behind(local, purpose) if domain == gateways().settings.mail.bounce_domain else None


def _number_behind(local: str, purpose: str) -> int | None:
    found = _LOCAL_PART.fullmatch(local)
    if found is None or found["purpose"] != purpose:
        return None
    seal = b32decode(found["seal"].upper() + "======")
    number = int.from_bytes(_masked(b32decode(found["number"].upper() + "==="), seal))
    # Compared as text, because the last characters have bits that decoding drops.
    return number if hmac.compare_digest(local, _local_part(purpose, number)) else None


def _parts(address: str) -> tuple[str, str]:
    local, _, domain = address.strip().removeprefix("<").removesuffix(">").lower().rpartition("@")
    return local, domain


def _local_part(purpose: str, number: int) -> str:
    plain = number.to_bytes(NUMBER_BYTES)
    seal = _mac(f"{purpose} seal", plain)[:SEAL_BYTES]
    return f"{purpose}+{_text(_masked(plain, seal))}.{_text(seal)}"


def _masked(number: bytes, seal: bytes) -> bytes:
    """Hide or show a number, by a mask that only its seal and our key give."""
    return bytes(one ^ other for one, other in zip(number, _mac("number", seal), strict=False))


def _mac(purpose: str, content: bytes) -> bytes:
    key = gateways().settings.secret_key.encode()
    return hmac.digest(key, f"return path {purpose}:".encode() + content, "sha256")


def _text(octets: bytes) -> str:
    return b32encode(octets).decode().rstrip("=").lower()
