"""Messages of Amazon SNS: whether Amazon signed one, with which certificate, and for which topic."""

import base64
import binascii
import re
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from integrations.errors import Retryable
from integrations.mail.providers.reading import text_of
from integrations.mail.providers.report import NotGenuineError

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"

# What is signed of each kind of message, in this order; a subject only when there is one.
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_TOPIC = re.compile(r"arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{4,30}:[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_HOST = re.compile(r"sns\.[a-z0-9-]{4,30}\.amazonaws\.com(?:\.cn)?")
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem")
_TIMEOUTS = (3.05, 10.0)
_LARGEST_CERTIFICATE = 20_000
_MOST_CERTIFICATES = 16
_FORGED = "The message is not signed by Amazon SNS."


class Certificates(Protocol):
    """Where the certificate of an address is to be had."""

    def fetch(self, url: str) -> bytes:
        """Return the certificate as PEM; raises `NotGenuineError` for any other address, `Retryable`."""
        ...


class AmazonCertificates:
    """Certificates from Amazon SNS itself and from nowhere else; each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def fetch(self, url: str) -> bytes:
        """Return the certificate at an address of Amazon SNS."""
        # One certificate at ever new addresses would be fetched for each.
        if not is_amazon(url, _CERTIFICATE_PATH) or "?" in url or "#" in url:
            raise NotGenuineError("The message names a certificate that is not of Amazon SNS.")
        with self._lock:
            known = self._known.get(url)
        return known or self._fetch(url)

    def _fetch(self, url: str) -> bytes:
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.get(url, timeout=_TIMEOUTS, allow_redirects=False, stream=True)
                found = answer.raw.read(_LARGEST_CERTIFICATE + 1, decode_content=True)
            except (requests.RequestException, OSError) as problem:
                raise Retryable(f"Amazon SNS cannot be reached ({type(problem).__name__}).") from None
        if answer.status_code != requests.codes.ok or len(found) > _LARGEST_CERTIFICATE:
            raise Retryable("Amazon SNS does not give its certificate now.")
        with self._lock:
            if len(self._known) >= _MOST_CERTIFICATES:
                self._known.clear()
            self._known[url] = found
        return bytes(found)


def is_amazon(url: str, path: re.Pattern[str] = re.compile(r"/")) -> bool:
    """Whether an address is one of Amazon SNS, over TLS, with such a path and no way elsewhere."""
    try:
        parts = urlsplit(url)
        is_plain = parts.port in (None, 443) and parts.username is None and not parts.fragment
    except ValueError:
        return False
    is_there = bool(_HOST.fullmatch(parts.netloc.removesuffix(":443")) and path.fullmatch(parts.path))
    return url.isascii() and parts.scheme == "https" and is_plain and is_there


def is_topic(name: str) -> bool:
    """Whether a text names a topic (its ARN)."""
    return _TOPIC.fullmatch(name) is not None


def check(message: Any, *, topic: str, certificates: Certificates, now: datetime) -> None:
    """Return when a message is Amazon's and of our topic.

    Raises `NotGenuineError`, and `Retryable` when the certificate cannot be had now. Anybody can have Amazon
    sign messages of a topic of theirs, so the topic is looked at first.
    """
    fields = _SIGNED.get(text_of(message, "Type"))
    if fields is None or not isinstance(message, Mapping):
        raise NotGenuineError("The request holds no message of Amazon SNS.")
    if text_of(message, "TopicArn") != topic:
        raise NotGenuineError("The message is of another topic than the one in VOCAPP_MAIL_EVENTS_KEY.")
    version = text_of(message, "SignatureVersion")
    if version not in ("1", "2"):
        raise NotGenuineError(_FORGED)
    try:
        signature = base64.b64decode(text_of(message, "Signature"), validate=True)
        key = _key_of(certificates.fetch(text_of(message, "SigningCertURL")), now=now)
        # Which of the two it is, is set for the topic; SHA-1 is what Amazon begins with.
        key.verify(
            signature,
            _signed_text(message, fields).encode(),
            padding.PKCS1v15(),
            SHA256() if version == "2" else SHA1(),  # noqa: S303 - SNS signs version 1 so
        )
    except (ValueError, binascii.Error, InvalidSignature):
        raise NotGenuineError(_FORGED) from None


def _signed_text(message: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    found = ((name, message.get(name)) for name in fields)
    return "".join(f"{name}\n{value}\n" for name, value in found if value is not None)


def _key_of(pem: bytes, *, now: datetime) -> rsa.RSAPublicKey:
    certificate = x509.load_pem_x509_certificate(pem)
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("SNS signs with RSA")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise ValueError("the certificate is not valid now")
    return key
