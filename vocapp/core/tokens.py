"""Secret links: tokens that only their holder and this installation can make."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode


def new_nonce() -> str:
    """Return 128 random bits as 32 hexadecimal digits, safe to keep in the database."""
    return secrets.token_hex(16)


def derive_token(secret_key: str, purpose: str, nonce: str) -> str:
    """Return the 256-bit token of a nonce, as 43 URL-safe characters.

    The token is an HMAC-SHA256 of purpose and nonce under the installation's secret key, so a reminder can
    carry the same link without the token ever standing in the database: whoever reads a dump of it has
    nonces and hashes, and can answer for nobody.
    """
    mac = hmac.new(secret_key.encode(), f"{purpose}:{nonce}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token as 64 hexadecimal digits: what the database keeps and looks up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hash_address(secret_key: str, address: str) -> str:
    """Return the keyed hash of an e-mail address (lower case), which may outlive the person's erasure."""
    # One call into C: imports and waves hash many thousand addresses at once.
    return hmac.digest(secret_key.encode(), f"address:{address.lower()}".encode(), "sha256").hex()
