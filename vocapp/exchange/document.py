"""The file that is exchanged: how it is written, signed and read; every refusal says what to do."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vocapp.core.errors import DomainError
from vocapp.exchange.reading import MOST_BYTES, Content, FileRefused, parse, read_content
from vocapp.exchange.rules import Cell, fingerprint_in_groups

FORMAT = "vocapp-benchmark-exchange"
VERSION = 1
# So that no signature made for something else fits a file of figures.
_SIGNED_FOR = f"{FORMAT} {VERSION}\n".encode()
_FINGERPRINT_DIGITS = 32
_FIELDS = {"format", "version", "content", "key", "signature"}


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A file whose signature fits what it says; `digest` names its content."""

    content: Content
    fingerprint: str
    digest: str


def new_private_key() -> str:
    """Return a new signing key as base64: 32 bytes nobody may see."""
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def public_key_of(private_key: str) -> str:
    """Return the public half of a signing key as base64."""
    return base64.b64encode(_signing_key(private_key).public_key().public_bytes_raw()).decode()


def fingerprint_of(public_key: str) -> str:
    """Return 32 hexadecimal digits that name a public key (base64): short enough to be read out."""
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:_FINGERPRINT_DIGITS]


def read_fingerprint(typed: str) -> str:
    """Return a fingerprint as it is stored, from what somebody typed; raises `DomainError`."""
    found = "".join(typed.split()).replace(":", "").replace("-", "").lower()
    if len(found) != _FINGERPRINT_DIGITS or set(found) - set("0123456789abcdef"):
        raise DomainError(
            f"A fingerprint has {_FINGERPRINT_DIGITS} digits 0-9 and a-f; type all your partner names."
        )
    return found


def write_file(content: Content, private_key: str) -> bytes:
    """Return the signed file of a content."""
    said = content_as_json(content)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "content": said,
        "key": public_key_of(private_key),
        "signature": base64.b64encode(_signing_key(private_key).sign(signed_bytes(said))).decode(),
    }
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def write_fitting(content: Content, private_key: str) -> tuple[Content, bytes]:
    """Return a content with as many of its cohorts, from the first, as a file holds, and the signed file.

    Leaving some out tells nothing.
    """
    while len(file := write_file(content, private_key)) > MOST_BYTES:
        content = replace(content, cells=content.cells[: len(content.cells) * 9 // 10])
    return content, file


def content_as_json(content: Content) -> dict[str, Any]:
    """Return a content as JSON holds it: texts, whole numbers and yes or no."""
    return {
        "source": content.source,
        "made_on": content.made_on.isoformat(),
        "from": content.from_on.isoformat(),
        "to": content.to_on.isoformat(),
        "method_version": content.method_version,
        "parameters": dict(content.parameters),
        "demo": content.is_demo,
        "cells": [_cell_as_json(cell) for cell in content.cells],
    }


def _cell_as_json(cell: Cell) -> dict[str, Any]:
    names = {trait.value: getattr(cell.cohort, trait.value) for trait in cell.cohort.cut}
    told = cell.summary
    return {
        "measure": cell.measure.value,
        "cohort": names,
        "accounts": told.accounts,
        "respondents": told.respondents,
        "mean": told.mean,
        "quantiles": {str(level): points for level, points in told.quantiles.items()},
    }


def signed_bytes(content: Any) -> bytes:
    """Return the bytes a signature is about: canonical JSON, however the file is laid out.

    Keys in order, no spaces, everything beyond ASCII escaped, whole numbers only.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return _SIGNED_FOR + canonical.encode("ascii")


def read_file(content: bytes, *, today: date, admit: Callable[[str], None]) -> SignedFile:
    """Return what a file says, once its signature fits and `admit` lets its key in.

    `admit` is asked with the fingerprint before anything else of the file is believed, and raises
    `DomainError` for a key that is not trusted. Raises `FileRefused` for everything else.
    """
    document = parse(content)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileRefused(
            "This is no file of exchanged benchmarks; choose the one that your partner exported."
        )
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise FileRefused(
            f"The file has another version of the format than {VERSION}; update both installations, or ask "
            f"for a file of version {VERSION}."
        )
    if set(document) != _FIELDS:
        raise FileRefused("The file has parts too many or too few; ask for it again, unchanged.")
    key, signature = _raw(document["key"], 32), _raw(document["signature"], 64)
    if key is None or signature is None:
        raise FileRefused("Key or signature of the file cannot be read; ask for it again, unchanged.")
    try:
        signed = signed_bytes(document["content"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError, RecursionError):
        raise FileRefused(
            "The signature does not fit: the file was altered or damaged on its way; ask for it again."
        ) from None
    fingerprint = fingerprint_of(document["key"])
    admit(fingerprint)
    said = read_content(document["content"], today=today)
    return SignedFile(said, fingerprint, hashlib.sha256(signed).hexdigest())


def unknown_key(fingerprint: str) -> DomainError:
    """Return the refusal of a file whose key nobody trusted yet."""
    shown = fingerprint_in_groups(fingerprint)
    return DomainError(
        f"The file is signed with a key you do not trust yet, {shown}; compare that with what your partner "
        "tells you another way, such as by phone, trust it, and import the file again."
    )


def _signing_key(private_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key))


def _raw(text: Any, size: int) -> bytes | None:
    if not isinstance(text, str) or len(text) > 100:
        return None
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == size else None
