"""Every provider there is: what proves its reports, and what they say."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from integrations.mail.providers import brevo, mailgun, postmark, sendgrid, ses, sns
from integrations.mail.providers.reading import document_of, text_of
from integrations.mail.providers.report import NotGenuineError, Report
from integrations.mail.providers.sns import Certificates

PROVIDERS = ("brevo", "mailgun", "postmark", "sendgrid", "ses")
# How old a signature may be: providers try for hours to get rid of a report.
LONGEST_SECONDS = 3 * 24 * 3600

_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
_PASSWORD = re.compile(r"[!-~]{16,200}")
_WRONG_PASSWORD = "The password is missing or is not that of VOCAPP_MAIL_EVENTS_KEY."  # noqa: S105 A sentence.
_FORGED = "The signature does not fit the report and VOCAPP_MAIL_EVENTS_KEY."


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a provider sent: its headers, whose names are looked up in any case, and the body as it came."""

    headers: Mapping[str, str]
    body: bytes


def check_key(provider: str, key: str) -> None:
    """Return when a key can prove a provider's reports; raises ValueError saying what it has to be."""
    if provider in ("postmark", "brevo") and not _PASSWORD.fullmatch(key):
        raise ValueError("must be a password of 16 to 200 plain characters, without spaces")
    if provider == "mailgun" and not _PASSWORD.fullmatch(key):
        raise ValueError("must be the HTTP webhook signing key of the Mailgun account")
    if provider == "sendgrid":
        _public_key(key)
    if provider == "ses" and not sns.is_topic(key):
        raise ValueError("must be the ARN of the SNS topic, such as arn:aws:sns:eu-west-1:123456789012:mail")


def read_report(
    provider: str, request: Request, *, key: str, certificates: Certificates, now: datetime
) -> Report:
    """Return what a provider's request says, once it has proved whose it is.

    Raises `NotGenuineError`, `UnreadableError`, and `Retryable` when it cannot be proved just now.
    """
    if provider in ("postmark", "brevo"):
        _check_password(request.headers.get("Authorization", ""), key)
        document = document_of(request.body)
        read = postmark.events_of if provider == "postmark" else brevo.events_of
        return Report(read(document))
    if provider == "sendgrid":
        _check_sendgrid(request, key, now=now)
        return Report(sendgrid.events_of(document_of(request.body)))
    if provider == "mailgun":
        document = document_of(request.body)
        _check_mailgun(document, key, now=now)
        return Report(mailgun.events_of(document))
    return _from_sns(document_of(request.body), key, certificates, now=now)


def _check_password(authorization: str, wanted: str) -> None:
    scheme, _, value = authorization.strip().partition(" ")
    given = value.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (ValueError, binascii.Error):
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    # Hashed first: only so do all passwords take the same time, whatever their length.
    digests = (hashlib.sha256(each.encode("utf-8", "replace")).digest() for each in (given, wanted))
    if not hmac.compare_digest(*digests):
        raise NotGenuineError(_WRONG_PASSWORD)


def _check_sendgrid(request: Request, key: str, *, now: datetime) -> None:
    timestamp = request.headers.get(_TIMESTAMP, "")
    _check_age(timestamp, now=now)
    try:
        signature = base64.b64decode(request.headers.get(_SIGNATURE, ""), validate=True)
        _public_key(key).verify(signature, timestamp.encode() + request.body, ec.ECDSA(SHA256()))
    except (ValueError, binascii.Error, InvalidSignature):
        raise NotGenuineError(_FORGED) from None


def _check_mailgun(document: Any, key: str, *, now: datetime) -> None:
    timestamp, token, signature = (
        text_of(document, "signature", name) for name in ("timestamp", "token", "signature")
    )
    wanted = hmac.digest(key.encode(), (timestamp + token).encode("utf-8", "replace"), "sha256").hex()
    if not token or not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
        raise NotGenuineError(_FORGED)
    _check_age(timestamp, now=now)


def _check_age(timestamp: str, *, now: datetime) -> None:
    is_number = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12
    if not is_number or abs(now.timestamp() - int(timestamp)) > LONGEST_SECONDS:
        raise NotGenuineError("The signature is too old, or from the future.")


def _from_sns(message: Any, topic: str, certificates: Certificates, *, now: datetime) -> Report:
    sns.check(message, topic=topic, certificates=certificates, now=now)
    kind = text_of(message, "Type")
    if kind == sns.CONFIRMATION:
        url = text_of(message, "SubscribeURL")
        if not sns.is_amazon(url):
            raise NotGenuineError("The message asks to open an address that is not of Amazon SNS.")
        return Report(confirm_url=url)
    said = message.get("Message") if kind == sns.NOTIFICATION else ""
    if not isinstance(said, str) or not said.lstrip().startswith("{"):
        return Report()  # Amazon's own words about the topic, such as that it works.
    return Report(_ses_events(said, text_of(message, "MessageId")))


def _ses_events(said: str, name: str) -> Sequence[Any]:
    return ses.events_of(document_of(said), name=name)


def _public_key(key: str) -> ec.EllipticCurvePublicKey:
    try:
        found = load_der_public_key(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise ValueError("must be the verification key that SendGrid shows for its signed event webhook")
    return found
