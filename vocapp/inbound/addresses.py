"""Which addresses mail is taken in for, and to which one a mail came, as pure judgements."""

import re

# The end of the head. Only there is it said whom a mail was delivered to; a body may quote anything.
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]]{1,128}@[A-Za-z0-9.-]{1,253}")
MOST_HEAD_BYTES = 200_000
# Who delivered the mail knows best; what its sender wrote comes last.
DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")


def accepts_recipient(address: str, *, bounce_domain: str | None, mail_from: str) -> bool:
    """Whether mail for an address is ours: any in the domain mail comes back to, or the one we write from."""
    local, _at, domain = address.strip().lower().rpartition("@")
    if not local or not domain:
        return False
    is_way_back = bounce_domain is not None and domain == bounce_domain.lower()
    return is_way_back or address.strip().lower() == mail_from.lower()


def envelope_in_head(raw: bytes, *, bounce_domain: str | None, mail_from: str) -> tuple[str, str]:
    """Return sender and recipient of a mail that came without an envelope; "" for what its head does not say.

    The recipient is the first of ours that whoever delivered the mail, or at last its sender, names.
    """
    lines = _head_lines(raw)
    returned = next((value for name, value in lines if name == "return-path"), "")
    sender = next(iter(_ADDRESS.findall(returned)), "")
    for wanted in DELIVERED_TO:
        for name, value in lines:
            found = _ADDRESS.findall(value) if name == wanted else ()
            for address in found:
                if accepts_recipient(address, bounce_domain=bounce_domain, mail_from=mail_from):
                    return sender, address
    return sender, ""


def _head_lines(raw: bytes) -> list[tuple[str, str]]:
    head = _HEAD_END.split(raw[:MOST_HEAD_BYTES], maxsplit=1)[0]
    lines = _FOLD.sub(b" ", head).decode("utf-8", "replace").splitlines()
    named = (line.partition(":") for line in lines)
    return [(name.strip().lower(), value[:2000]) for name, colon, value in named if colon]
