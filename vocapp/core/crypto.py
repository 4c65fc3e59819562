"""Sealing secrets at rest: who reads a dump of the database finds none."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, Text, TypeDecorator

from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways

FORMAT = "sealed1"
NONCE_BYTES = 12


class CannotUnseal(DomainError):
    """A stored secret cannot be read; the message says why and what to do, and never what is in it."""


class KeyMissing(CannotUnseal):
    """The key a secret was sealed with is not here."""


@dataclass(frozen=True)
class Keyring:
    """The keys of an installation, newest first: the first one seals, every one opens."""

    keys: Sequence[bytes] = field(repr=False)

    @property
    def newest_id(self) -> str:
        """The public name of the key that seals; raises `DomainError` when there is none."""
        return _key_id(self._newest)

    @property
    def newest_prefix(self) -> str:
        """What every text sealed with the newest key begins with."""
        return f"{FORMAT}.{self.newest_id}."

    @property
    def _newest(self) -> bytes:
        if not self.keys:
            raise DomainError("There is no key to seal secrets with; set VOCAPP_ENCRYPTION_KEYS.")
        return self.keys[0]

    def seal(self, text: str, *, purpose: str) -> str:
        """Return a text sealed with AES-256-GCM under the newest key, for one purpose.

        The result is ASCII: format, key id, then nonce, ciphertext and tag as base64url. The same text sealed
        twice differs. `purpose` says what the secret is for; it is authenticated and not stored.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        bound = _bound_to(self.newest_id, purpose)
        body = nonce + AESGCM(self._newest).encrypt(nonce, text.encode(), bound)
        return self.newest_prefix + base64.urlsafe_b64encode(body).decode()

    def unseal(self, sealed: str, *, purpose: str) -> str:
        """Return the text that was sealed for this purpose.

        Raises `KeyMissing` when its key is not here, `CannotUnseal` when it was changed, is damaged, or was
        sealed for another purpose.
        """
        mark, key_id, body = _parts_of(sealed)
        keys = {_key_id(key): key for key in self.keys}
        if mark == FORMAT and key_id not in keys:
            raise KeyMissing(
                f"A stored secret needs the key {key_id}, which is missing; put it back into "
                "VOCAPP_ENCRYPTION_KEYS behind the newest key (one that nobody set is in var/encryption_key)."
            )
        try:
            raw = base64.b64decode(body, altchars=b"-_", validate=True)
            opened = AESGCM(keys[key_id]).decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound_to(key_id, purpose)
            )
        except (KeyError, ValueError, binascii.Error, InvalidTag):
            raise CannotUnseal(
                "A stored secret is damaged or was moved from another place; enter it again."
            ) from None
        return opened.decode()

    def is_sealed_with_newest(self, sealed: str) -> bool:
        """Whether a sealed text needs no other key than the newest; says nothing about its being whole."""
        return sealed.startswith(self.newest_prefix)


def _parts_of(sealed: str) -> tuple[str, str, str]:
    mark, _, rest = sealed.partition(".")
    key_id, _, body = rest.partition(".")
    return mark, key_id, body


def _key_id(key: bytes) -> str:
    """Return 16 hexadecimal digits that name a key and say nothing about it."""
    return hashlib.sha256(b"vocapp key id:" + key).hexdigest()[:16]


def _bound_to(key_id: str, purpose: str) -> bytes:
    return f"{FORMAT}:{key_id}:{purpose}".encode()


_chosen_keyring: ContextVar[Keyring | None] = ContextVar("chosen_keyring", default=None)


@contextmanager
def using_keyring(keyring: Keyring) -> Iterator[None]:
    """Seal and open with these keys inside the block, with or without an app."""
    mark = _chosen_keyring.set(keyring)
    try:
        yield
    finally:
        _chosen_keyring.reset(mark)


def current_keyring() -> Keyring:
    """Return the keys chosen by `using_keyring`, else those of the current app's settings."""
    return _chosen_keyring.get() or Keyring(gateways().settings.encryption_keys)


def seal(text: str, *, purpose: str) -> str:
    """Seal with the current keys; see `Keyring.seal`."""
    return current_keyring().seal(text, purpose=purpose)


def unseal(sealed: str, *, purpose: str) -> str:
    """Open with the current keys; see `Keyring.unseal`."""
    return current_keyring().unseal(sealed, purpose=purpose)


def is_sealed_with_newest(sealed: str) -> bool:
    """Whether a sealed text needs no other than the newest of the current keys."""
    return current_keyring().is_sealed_with_newest(sealed)


class SealedText(TypeDecorator[str]):
    """A column whose text is sealed in the database and plain in the program.

    `purpose` has to differ between columns and must never change. Rows can be found by nothing but whether
    there is a secret at all: the same text is sealed differently each time. `vocapp secrets rotate` finds
    every column of this type by itself.
    """

    impl = Text
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy calls it so
        """Seal."""
        return None if value is None else seal(value, purpose=self.purpose)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy calls it so
        """Open; raises `CannotUnseal`."""
        return None if value is None else unseal(value, purpose=self.purpose)
