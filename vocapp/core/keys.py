"""Keys: made once and kept in a file, or read from a setting."""

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path

from vocapp.core.errors import SettingsError

KEY_BYTES = 32
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{43}=?")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{64}")


def kept_key(path: Path, draw: Callable[[], str]) -> str:
    """Return the key kept in a file, drawn on first use; two processes starting at once agree on one."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(draw())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # Another process was first: its key counts.
        finally:
            draft.unlink()
    return path.read_text().strip()


def read_encryption_keys(value: str, *, name: str) -> tuple[bytes, ...]:
    """Return keys of 32 bytes, in their order, from a comma-separated text.

    Each stands as base64url (43 characters) or as 64 hexadecimal digits. `name` is what a `SettingsError`
    calls the place they come from; a key itself never stands in a message.
    """
    keys: list[bytes] = []
    for number, text in enumerate((part.strip() for part in value.split(",")), start=1):
        if _HEXADECIMAL.fullmatch(text):
            key = bytes.fromhex(text)
        elif _BASE64URL.fullmatch(text):
            key = base64.urlsafe_b64decode(text.rstrip("=") + "=")
        else:
            raise SettingsError(
                f"{name}: key {number} is not 32 bytes as base64url (43 characters) or as 64 hexadecimal "
                "digits; make one with “openssl rand -hex 32”."
            )
        if key in keys:
            raise SettingsError(f"{name}: key {number} stands there twice; keep it once, newest first.")
        keys.append(key)
    return tuple(keys)
