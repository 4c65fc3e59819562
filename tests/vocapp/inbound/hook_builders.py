"""Reports as mail providers send them, about invented people, signed with keys of the tests' own."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from flask import Flask

from integrations.mail.providers.marks import as_tag
from integrations.mail.providers.sns import AmazonCertificates
from tests.builders import NOW
from vocapp.core.clock import utcnow
from vocapp.core.delivery_settings import DeliverySettings
from vocapp.core.gateways import EXTENSION_KEY

PASSWORD = "a-password-of-ours-alone"
SIGNING_KEY = "key-0123456789abcdef0123456789abcdef"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:vocapp-mail"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)
CONFIRM_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=abc"
KEYS = {"postmark": PASSWORD, "brevo": PASSWORD, "mailgun": SIGNING_KEY, "ses": TOPIC}


@dataclass(frozen=True)
class Sent:
    """One request as a provider sends it."""

    body: bytes
    headers: Mapping[str, str]

    def with_body(self, body: bytes) -> "Sent":
        return replace(self, body=body)


@cache
def elliptic_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def amazon_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def key_of(provider: str) -> str:
    if provider != "sendgrid":
        return KEYS[provider]
    public = elliptic_key().public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@cache
def certificate(*, days: int = 30) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = utcnow()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(amazon_key().public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )
    return made.sign(amazon_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class FakeAmazon(AmazonCertificates):
    """Gives the tests' certificate at the addresses the real one would ask, and counts how often."""

    def __init__(self, pem: bytes) -> None:
        super().__init__()
        self.pem = pem
        self.asked: list[str] = []

    def _fetch(self, url: str) -> bytes:
        self.asked.append(url)
        self._known[url] = self.pem
        return self.pem


def listen_to(app: Flask, provider: str, *, pem: bytes | None = None) -> FakeAmazon:
    """Let the app believe a provider; put back by the fixture that calls it."""
    before = app.extensions[EXTENSION_KEY]
    amazon = FakeAmazon(pem or certificate())
    delivery = DeliverySettings(mail_events=provider, mail_events_key=key_of(provider))
    settings = replace(before.settings, delivery=delivery)
    app.extensions[EXTENSION_KEY] = replace(before, settings=settings, certificates=amazon)
    return amazon


def signed(provider: str, document: Any, **details: Any) -> Sent:
    """Return a document as its provider sends it."""
    if provider in ("postmark", "brevo"):
        password = details.get("password", PASSWORD)
        word = base64.b64encode(f"vocapp:{password}".encode()).decode()
        return Sent(json.dumps(document).encode(), {"Authorization": f"Basic {word}"})
    if provider == "sendgrid":
        body = json.dumps(document).encode()
        timestamp = str(int(details.get("at", utcnow()).timestamp()))
        signature = elliptic_key().sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return Sent(
            body,
            {
                "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
                "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
            },
        )
    if provider == "mailgun":
        return _from_mailgun(document, **details)
    return from_sns(json.dumps(document), **details)


def _from_mailgun(document: Any, *, token: str = "a" * 50, at: Any = None) -> Sent:
    timestamp = str(int((at or utcnow()).timestamp()))
    mac = hmac.HMAC(SIGNING_KEY.encode(), hashes.SHA256())
    mac.update((timestamp + token).encode())
    proof = {"timestamp": timestamp, "token": token, "signature": mac.finalize().hex()}
    return Sent(json.dumps({"signature": proof, "event-data": document}).encode(), {})


def from_sns(said: str, *, version: str = "1", **changes: str) -> Sent:
    """Return a message of Amazon SNS; `changes` replace fields before it is signed."""
    message = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": said,
        "Timestamp": "2026-11-02T10:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        **changes,
    }
    order = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if message["Type"] != "Notification":
        order = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{message[name]}\n" for name in order if name in message)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = amazon_key().sign(text.encode(), padding.PKCS1v15(), algorithm)
    message["Signature"] = base64.b64encode(signature).decode()
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": message["Type"]}
    return Sent(json.dumps(message).encode(), headers)


def a_confirmation(**changes: str) -> Sent:
    return from_sns(
        "You have chosen to subscribe to the topic.",
        **{"Type": "SubscriptionConfirmation", "Token": "abc", "SubscribeURL": CONFIRM_URL, **changes},
    )


def news(provider: str, what: str, *, mark: str = "", to: str, number: str = "1", words: str = "") -> Any:
    """Return one event as a provider words it: delivered, deferred, bounced, complained or opted_out."""
    at = int(NOW.timestamp())
    return {"postmark": _postmark, "sendgrid": _sendgrid, "mailgun": _mailgun, "ses": _ses, "brevo": _brevo}[
        provider
    ](what, mark, to, number, words, at)


def _postmark(what: str, mark: str, to: str, number: str, words: str, at: int) -> Any:
    shared = {
        "MessageID": f"00000000-0000-0000-0000-{number:0>12}",
        "ServerID": 23,
        "MessageStream": "outbound",
        "Metadata": {"vocapp": mark} if mark else {},
        "Tag": "",
    }
    moment = "2026-11-02T10:00:00.1234567Z"
    if what == "delivered":
        return {
            **shared,
            "RecordType": "Delivery",
            "Recipient": to,
            "DeliveredAt": moment,
            "Details": "250 ok",
        }
    if what == "opted_out":
        return {
            **shared,
            "RecordType": "SubscriptionChange",
            "Recipient": to,
            "ChangedAt": moment,
            "Origin": "Recipient",
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
        }
    kind = {"bounced": "HardBounce", "deferred": "Transient", "complained": "SpamComplaint"}[what]
    return {
        **shared,
        "RecordType": "SpamComplaint" if what == "complained" else "Bounce",
        "ID": 4323372036854775807 - int(number),
        "Type": kind,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Description": "The server was unable to deliver your message.",
        "Details": words,
        "Email": to,
        "From": "voice@vendor.example",
        "BouncedAt": moment,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "How are we doing?",
    }


def _sendgrid(what: str, mark: str, to: str, number: str, words: str, at: int) -> Any:
    event = {"bounced": "bounce", "complained": "spamreport", "opted_out": "unsubscribe"}.get(what, what)
    return {
        "email": to,
        "timestamp": at,
        "smtp-id": "<unknown@vendor.example>",
        "event": event,
        "sg_event_id": f"event-{what}-{number}",
        "sg_message_id": f"message-{number}.filter0001",
        "reason": words,
        "status": "5.0.0" if what == "bounced" else "",
        "type": "bounce",
        **({"vocapp": mark} if mark else {}),
    }


def _mailgun(what: str, mark: str, to: str, number: str, words: str, at: int) -> Any:
    failed = {"event": "failed", "severity": "permanent" if what == "bounced" else "temporary"}
    event = {"opted_out": {"event": "unsubscribed"}}.get(what, {"event": what})
    return {
        **(failed if what in ("bounced", "deferred") else event),
        "id": f"G9Bn5sl1TC6nu79C8C0{number}",
        "timestamp": at + 0.375624,
        "recipient": to,
        "recipient-domain": "customer.example",
        "message": {"headers": {"message-id": "unknown@vendor.example", "subject": "How are we doing?"}},
        "user-variables": {"vocapp": mark} if mark else {},
        "delivery-status": {"code": 550, "message": words, "description": "", "attempt-no": 1},
        "reason": "bounce",
    }


def _ses(what: str, mark: str, to: str, number: str, words: str, at: int) -> Any:
    mail = {
        "timestamp": "2026-11-02T10:00:00.000Z",
        "messageId": f"EXAMPLE7c191be45-{number}",
        "destination": [to],
        "headersTruncated": False,
        "headers": [{"name": "Message-ID", "value": "<unknown@vendor.example>"}],
        "tags": {"ses:configuration-set": ["vocapp"], **({"vocapp": [as_tag(mark)]} if mark else {})},
    }
    moment = {"timestamp": "2026-11-02T10:00:00.000Z"}
    failed = {"emailAddress": to, "action": "failed", "status": "", "diagnosticCode": f"smtp; {words}"}
    return {
        "mail": mail,
        **{
            "delivered": {
                "eventType": "Delivery",
                "delivery": {**moment, "recipients": [to], "smtpResponse": "250 ok"},
            },
            "deferred": {
                "eventType": "DeliveryDelay",
                "deliveryDelay": {**moment, "delayedRecipients": [failed]},
            },
            "bounced": {
                "notificationType": "Bounce",
                "bounce": {**moment, "bounceType": "Permanent", "bouncedRecipients": [failed]},
            },
            "complained": {
                "eventType": "Complaint",
                "complaint": {**moment, "complainedRecipients": [{"emailAddress": to}]},
            },
            "opted_out": {
                "eventType": "Subscription",
                "subscription": {**moment, "newTopicPreferences": {"unsubscribeAll": True}},
            },
        }[what],
    }


def _brevo(what: str, mark: str, to: str, number: str, words: str, at: int) -> Any:
    event = {"bounced": "hard_bounce", "complained": "spam", "opted_out": "unsubscribed"}.get(what, what)
    return {
        "event": event,
        "email": to,
        "id": 42,
        "date": "2026-11-02 10:00:00",
        "ts_event": at,
        "message-id": f"<{number}@vendor.example>",
        "reason": words,
        **({"X-Mailin-custom": f"vocapp:{mark}"} if mark else {}),
    }
