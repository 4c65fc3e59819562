"""Reports that come by Amazon SNS: only of our topic, only signed by Amazon; nothing is opened unasked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from integrations.errors import Retryable
from integrations.mail.providers.report import NotGenuineError
from integrations.mail.providers.sns import AmazonCertificates
from tests.vocapp.inbound.hook_builders import (
    CERTIFICATE_URL,
    CONFIRM_URL,
    FakeAmazon,
    Sent,
    a_confirmation,
    certificate,
    from_sns,
    listen_to,
    news,
)
from vocapp.core.db import db
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.inbound.way_models import MailWay

SAID = json.dumps(news("ses", "delivered", to="x@other.example"))
ELSEWHERE = [
    CERTIFICATE_URL.replace("https", "http"),
    CERTIFICATE_URL.replace("sns.eu-west-1.amazonaws.com", "sns.eu-west-1.amazonaws.com.evil.example"),
    CERTIFICATE_URL.replace("sns.eu-west-1.amazonaws.com", "evil.example"),
    CERTIFICATE_URL.replace("https://", "https://evil.example@"),
    CERTIFICATE_URL.replace("https://", "https://sns.eu-west-1.amazonaws.com:1@"),
    CERTIFICATE_URL.replace(".com/", ".com:8443/"),
    CERTIFICATE_URL.replace("sns.eu-west-1", "s3.eu-west-1"),
    CERTIFICATE_URL.replace("/Simple", "/bucket/Simple"),
    CERTIFICATE_URL.replace(".com/", ".com\\@evil.example/"),
    CERTIFICATE_URL.replace("//sns", "//[sns"),
    CERTIFICATE_URL + "?once=more",
    CERTIFICATE_URL + "#more",
    "file:///etc/passwd",
    "",
]


@pytest.fixture
def amazon(app: Flask) -> Iterator[FakeAmazon]:
    before = app.extensions[EXTENSION_KEY]
    yield listen_to(app, "ses")
    app.extensions[EXTENSION_KEY] = before


def post(client: FlaskClient, sent: Sent) -> TestResponse:
    return client.post("/hooks/mail/ses", data=sent.body, headers=dict(sent.headers))


def noted() -> MailWay | None:
    db.session.expire_all()
    return db.session.scalar(select(MailWay))


@pytest.mark.parametrize("version", ["1", "2"])
def test_either_signature_of_amazon_counts(client: FlaskClient, amazon: FakeAmazon, version: str) -> None:
    assert post(client, from_sns(SAID, version=version)).status_code == 200
    assert post(client, from_sns(SAID, version=version, Subject="A subject")).status_code == 200


def test_a_signature_of_another_kind_does_not(client: FlaskClient, amazon: FakeAmazon) -> None:
    assert post(client, from_sns(SAID, version="3")).status_code == 403


def test_the_certificate_is_asked_for_once(client: FlaskClient, amazon: FakeAmazon) -> None:
    for number in range(3):
        assert post(client, from_sns(SAID, MessageId=str(number))).status_code == 200
    assert amazon.asked == [CERTIFICATE_URL]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_certificate_is_asked_for_elsewhere(client: FlaskClient, amazon: FakeAmazon, url: str) -> None:
    response = post(client, from_sns(SAID, SigningCertURL=url))
    assert response.status_code == 403
    assert "not of Amazon SNS" in response.get_data(as_text=True)
    assert amazon.asked == []


def test_a_message_of_somebody_elses_topic_makes_us_ask_nobody(
    client: FlaskClient, amazon: FakeAmazon
) -> None:
    response = post(client, from_sns(SAID, TopicArn="arn:aws:sns:eu-west-1:999999999999:theirs"))
    assert response.status_code == 403
    assert "another topic" in response.get_data(as_text=True)
    assert amazon.asked == []


def test_an_expired_certificate_proves_nothing(app: Flask, client: FlaskClient, amazon: FakeAmazon) -> None:
    amazon.pem = certificate(days=-1)
    assert post(client, from_sns(SAID)).status_code == 403


@pytest.mark.parametrize("pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_broken_certificate_proves_nothing(client: FlaskClient, amazon: FakeAmazon, pem: bytes) -> None:
    amazon.pem = pem
    assert post(client, from_sns(SAID)).status_code == 403


def test_while_amazon_is_away_the_report_is_to_come_again(
    client: FlaskClient, amazon: FakeAmazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_url: str) -> bytes:
        raise Retryable("Amazon SNS cannot be reached (ConnectTimeout).")

    monkeypatch.setattr(amazon, "_fetch", away)
    assert post(client, from_sns(SAID)).status_code == 503


def test_whoever_often_makes_us_ask_amazon_in_vain_has_to_wait(
    app: Flask, client: FlaskClient, amazon: FakeAmazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_url: str) -> bytes:
        raise Retryable("Amazon SNS cannot be reached (ConnectTimeout).")

    monkeypatch.setattr(amazon, "_fetch", away)
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    where = {"REMOTE_ADDR": "192.0.2.77"}
    sent = from_sns(SAID)
    answers = [
        client.post("/hooks/mail/ses", data=sent.body, headers=dict(sent.headers), environ_overrides=where)
        for _ in range(61)
    ]
    assert [answer.status_code for answer in answers] == [503] * 60 + [429]


def test_that_a_way_still_works_is_read_and_not_written_again(
    client: FlaskClient, amazon: FakeAmazon
) -> None:
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("INSERT INTO mail_ways", "UPDATE mail_ways")):
            written.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for number in range(3):
            assert post(client, from_sns(SAID, MessageId=str(number))).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(written) == 1


def test_amazons_own_words_about_the_topic_are_taken(client: FlaskClient, amazon: FakeAmazon) -> None:
    assert post(client, from_sns("Successfully validated SNS topic for event publishing.")).status_code == 200


def test_a_topic_that_waits_to_be_confirmed_is_noted_and_not_opened(
    client: FlaskClient, amazon: FakeAmazon
) -> None:
    assert post(client, a_confirmation()).status_code == 200
    way = noted()
    assert way is not None
    assert (way.name, way.confirm_url, way.worked_at) == ("ses", CONFIRM_URL, None)
    assert amazon.asked == [CERTIFICATE_URL]


def test_once_the_topic_reports_nothing_is_left_to_confirm(client: FlaskClient, amazon: FakeAmazon) -> None:
    post(client, a_confirmation())
    post(client, from_sns(SAID))
    way = noted()
    assert way is not None
    assert way.confirm_url == ""
    assert way.worked_at is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?Action=ConfirmSubscription",
        "http://sns.eu-west-1.amazonaws.com/?Token=abc",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_amazons_is_never_shown(
    client: FlaskClient, amazon: FakeAmazon, url: str
) -> None:
    assert post(client, a_confirmation(SubscribeURL=url)).status_code == 403
    assert noted() is None


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = {
            "/good": (200, b"a certificate"),
            "/large": (200, b"x" * 30_000),
            "/elsewhere": (302, b""),
            "/missing": (404, b""),
        }[self.path]
        self.send_response(status)
        self.send_header("Location", "/good")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


def test_the_real_fetcher_follows_nothing_and_takes_no_more_than_a_certificate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("integrations.mail.providers.sns.is_amazon", lambda *_: True)
    certificates = AmazonCertificates()
    with server() as place:
        assert certificates.fetch(f"{place}/good") == b"a certificate"
        for path in ("/large", "/elsewhere", "/missing"):
            with pytest.raises(Retryable):
                certificates.fetch(place + path)
    assert certificates.fetch(f"{place}/good") == b"a certificate"
    with pytest.raises(Retryable, match="cannot be reached"):
        certificates.fetch(f"{place}/other")


def test_the_real_fetcher_asks_nobody_but_amazon() -> None:
    for url in ELSEWHERE:
        with pytest.raises(NotGenuineError):
            AmazonCertificates().fetch(url)
