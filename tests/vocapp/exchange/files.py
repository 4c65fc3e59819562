"""Partners with keys of their own, and files they sign."""

import base64
import json
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from surveys.parameters import DEFAULT_METHOD
from vocapp.exchange.document import (
    content_as_json,
    fingerprint_of,
    new_private_key,
    public_key_of,
    signed_bytes,
    write_file,
)
from vocapp.exchange.reading import Content
from vocapp.exchange.rules import Cell, Cohort, Exchanged, Summary, in_thousandths, summary

TODAY = date(2026, 3, 11)
THEIRS = new_private_key()
FINGERPRINT = fingerprint_of(public_key_of(THEIRS))


def a_summary(accounts: int = 180, *, lowest: float = 20.0, highest: float = 90.0) -> Summary:
    step = (highest - lowest) / max(accounts - 1, 1)
    return summary([lowest + step * number for number in range(accounts)], respondents=3 * accounts)


def a_content(*cells: Cell, **values: Any) -> Content:
    defaults: dict[str, Any] = {
        "source": "Harrier",
        "made_on": TODAY,
        "from_on": date(2025, 3, 11),
        "to_on": TODAY,
        "method_version": 1,
        "parameters": in_thousandths(DEFAULT_METHOD),
        "is_demo": False,
        "cells": cells or (Cell(Exchanged.STRENGTH, Cohort(), a_summary()),),
    }
    return Content(**{**defaults, **values})


def a_file(*cells: Cell, key: str = THEIRS, **values: Any) -> bytes:
    return write_file(a_content(*cells, **values), key)


@cache
def _signer(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(key))


def signed_anyway(change: Callable[[dict[str, Any]], object], key: str = THEIRS) -> bytes:
    """A file whose content somebody with a good key made wrong on purpose."""
    content = content_as_json(a_content())
    change(content)
    signature = _signer(key).sign(signed_bytes(content))
    document = {
        "format": "vocapp-benchmark-exchange",
        "version": 1,
        "content": content,
        "key": public_key_of(key),
        "signature": base64.b64encode(signature).decode(),
    }
    return json.dumps(document).encode()


def altered(file: bytes, **fields: Any) -> bytes:
    """A file changed after it was signed."""
    return json.dumps({**json.loads(file), **fields}).encode()
