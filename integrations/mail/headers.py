"""Header values on the wire: cleaned text, encoded words, addresses."""

import re
from base64 import b64encode

from integrations.errors import Rejected

# Directional and invisible characters that let a name pose as something else. The joiners U+200C and U+200D
# stay: Persian, Indic scripts and emoji need them.
_INVISIBLE_RANGES = [
    (0x00AD, 0x00AD),
    (0x061C, 0x061C),
    (0x180E, 0x180E),
    (0x200B, 0x200B),
    (0x200E, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
]
_INVISIBLE = {code: None for first, last in _INVISIBLE_RANGES for code in range(first, last + 1)}
_BREAKS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")
_CLEANING = {**_INVISIBLE, **_BREAKS, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}

_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_MESSAGE_ID = re.compile(r"[!-;=?A-~]{1,480}@[!-;=?A-~]{1,480}")
# "=?utf-8?b?" and "?=" take 12 of the 75 characters RFC 2047 allows; 45 bytes make 60 characters of base64.
_WORD_BYTES = 45
_LONGEST_PLAIN_LINE = 900


def clean_text(text: str) -> str:
    """Return `text` on one line, without control, bidirectional or invisible characters."""
    return " ".join(text.translate(_CLEANING).split())


def unstructured(text: str) -> str:
    """Return a Subject-like value: ASCII as it is, all else as RFC 2047 words of up to 75 characters."""
    text = clean_text(text)
    if text.isascii() and "=?" not in text and len(text) <= _LONGEST_PLAIN_LINE:
        return text
    return _encoded_words(text)


def mailbox(name: str, address: str) -> str:
    """Return `name <address>` for From, To and Reply-To.

    Raises Rejected when the address cannot stand in a header.
    """
    address = wire_address(address)
    name = clean_text(name)
    if not name:
        return address
    if not name.isascii() or "=?" in name or len(name) > _LONGEST_PLAIN_LINE // 2:
        return f"{_encoded_words(name)} <{address}>"
    if _PHRASE.fullmatch(name):
        return f"{name} <{address}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def wire_address(address: str) -> str:
    """Return the address in ASCII, an international domain in its xn-- form.

    Raises Rejected for anything but one plain `local@domain`.
    """
    local, at, domain = address.rpartition("@")
    if at and not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            at = ""
    if not at or len(local) > 64 or len(domain) > 253:
        raise Rejected(f"{clean_text(address)[:100]!r} is not an e-mail address.", code="address")
    if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise Rejected(
            f"{clean_text(address)[:100]!r} is not an address that mail can carry.", code="address"
        )
    return f"{local}@{domain}"


def wire_message_id(message_id: str) -> str:
    """Return the Message-ID in angle brackets. Raises ValueError when it is not `<left@right>` in ASCII."""
    bare = message_id.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(bare):
        raise ValueError(f"{message_id!r} is not a Message-ID.")
    return f"<{bare}>"


def _encoded_words(text: str) -> str:
    words: list[str] = []
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(_encoded_word(chunk))
            chunk = b""
        chunk += encoded
    words.append(_encoded_word(chunk))
    return "\r\n ".join(words)


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?="
