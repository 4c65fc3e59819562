"""Signing mail in the name of a domain (DKIM, RFC 6376), and the record that lets others check it."""

import re
import time
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dkim.canonicalization import Relaxed

SHORTEST_KEY = 2048

# Each of these once more than it stands in the mail: a second one added on the way breaks the signature.
_SEALED = ("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type")
_ALSO_SIGNED = ("content-transfer-encoding",)
_SEALED_IF_THERE = ("list-unsubscribe", "list-unsubscribe-post", "auto-submitted")
_FOLD = re.compile(rb"\r\n(?=[ \t])")


@dataclass(frozen=True)
class Signer:
    """Signs as `domain` with the RSA key whose public half is published under `selector`."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def record_name(self) -> str:
        """Where the public half is published."""
        return record_name(self.domain, self.selector)

    @property
    def record(self) -> str:
        """The text record to publish there."""
        return f"v=DKIM1; k=rsa; p={self.public_key}"

    @property
    def public_key(self) -> str:
        """The public half as it stands in the record's `p`: base64 on one line."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return b64encode(public).decode()

    def sign(self, raw: bytes, *, at: float | None = None) -> bytes:
        """Return a finished mail, its lines ending in CRLF, with a signature in front (relaxed/relaxed).

        `at` is the time of signing in seconds since 1970; now when left out.
        """
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = [line.partition(b":") for line in _FOLD.sub(b"", head).split(b"\r\n")]
        headers = [(name.strip().lower(), value) for name, _, value in lines]
        signed = _to_sign([name.decode("ascii", "replace") for name, _ in headers])
        digest = b64encode(sha256(Relaxed.canonicalize_body(body)).digest()).decode()
        value = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
            f" d={self.domain}; s={self.selector};\r\n"
            f" t={int(time.time() if at is None else at)};\r\n"
            f" h={_folded(':'.join(signed))};\r\n"
            f" bh={digest};\r\n b="
        ).encode("ascii")
        chosen = _selected(headers, signed)
        text = b"".join(
            name + b":" + content for name, content in Relaxed.canonicalize_headers(chosen)
        ) + b"".join(
            name + b":" + content.rstrip()
            for name, content in Relaxed.canonicalize_headers([(b"dkim-signature", b" " + value)])
        )
        seal = b64encode(self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
        pieces = [seal[start : start + 70] for start in range(0, len(seal), 70)]
        return b"DKIM-Signature: " + value + "\r\n ".join(pieces).encode("ascii") + b"\r\n" + raw


def record_name(domain: str, selector: str) -> str:
    """Return the name a public key is published under."""
    return f"{selector}._domainkey.{domain}"


def read_private_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Return the RSA key of a PEM text without a passphrase.

    Raises ValueError with the end of a sentence that begins with the file's name.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is not a private key in PEM form without a passphrase") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("is not an RSA key")
    if key.key_size < SHORTEST_KEY:
        raise ValueError(f"is an RSA key of {key.key_size} bits; {SHORTEST_KEY} are the least")
    return key


def new_private_key() -> bytes:
    """Return a new RSA key of 2048 bits in PEM form."""
    # Longer ones do not fit into one text record at many DNS providers.
    return rsa.generate_private_key(65537, SHORTEST_KEY).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _to_sign(present: list[str]) -> list[str]:
    """Return the names to sign, in order; a sealed one comes once more than it stands in the mail."""
    signed: list[str] = []
    for name in _SEALED:
        signed += [name] * (present.count(name) + 1)
    for name in _SEALED_IF_THERE:
        signed += [name] * (present.count(name) + 1 if name in present else 0)
    for name in _ALSO_SIGNED:
        signed += [name] * present.count(name)
    return signed


def _selected(headers: list[tuple[bytes, bytes]], signed: list[str]) -> list[tuple[bytes, bytes]]:
    """Return the headers that names stand for, of several of a name the last first (RFC 6376 §5.4.2)."""
    left = {name: [header for header in headers if header[0] == name.encode()] for name in signed}
    return [left[name].pop() for name in signed if left[name]]


def _folded(names: str) -> str:
    """Break a list of names joined by colons into lines of at most 68 characters."""
    lines = [""]
    for piece in re.findall(r"[^:]+:?", names):
        if len(lines[-1]) + len(piece) > 68:
            lines.append("")
        lines[-1] += piece
    return "\r\n  ".join(lines)
