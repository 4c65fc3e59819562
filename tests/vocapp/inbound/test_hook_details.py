"""What goes out so that a report finds its mail, what is set, and what happens when taking one up fails."""

import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from integrations.mail.providers import mailgun, postmark, sendgrid, ses
from integrations.mail.providers.marks import mark_headers
from integrations.mail.providers.report import Heard
from tests.builders import NOW, a_company, a_user
from tests.vocapp.inbound.hook_builders import KEYS, TOPIC, key_of, listen_to, news, signed
from tests.vocapp.inbound.test_hooks import events, post, take_up, waiting
from tests.vocapp.outbox.builders import a_message
from vocapp.core.db import db, transaction
from vocapp.core.delivery_settings import read_delivery
from vocapp.core.errors import SettingsError
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.core.jobs import Job
from vocapp.identity.mail import second_factor_lost_letter
from vocapp.inbound.hooks import HeardEvent
from vocapp.outbox.models import Message
from vocapp.outbox.rendering import finish_mail
from vocapp.outbox.return_path import message_of_report_mark, report_mark_of
from vocapp.outbox.rules import MailEventKind
from vocapp.workflows import mail_heard as taking_up

MARKED = {
    "postmark": ("X-PM-Metadata-vocapp", "{mark}"),
    "ses": ("X-SES-MESSAGE-TAGS", "vocapp={tag}"),
    "sendgrid": ("X-SMTPAPI", '{{"unique_args": {{"vocapp": "{mark}"}}}}'),
    "mailgun": ("X-Mailgun-Variables", '{{"vocapp": "{mark}"}}'),
    "brevo": ("X-Mailin-custom", "vocapp:{mark}"),
}


@pytest.fixture
def provider(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    before = app.extensions[EXTENSION_KEY]
    listen_to(app, request.param)
    yield request.param
    app.extensions[EXTENSION_KEY] = before


def written(message: Message) -> str:
    letter = second_factor_lost_letter(message)
    assert letter is not None
    return finish_mail(message, letter, now=NOW).decode()


@pytest.mark.parametrize("provider", list(MARKED), indirect=True)
def test_each_provider_gets_the_mark_the_way_it_reads_one(app: Flask, provider: str) -> None:
    a_company()
    message = a_message(a_user().id)
    mail = message_from_bytes(written(message).encode())
    name, value = MARKED[provider]
    mark = report_mark_of(message)
    assert mail[name] == value.format(mark=mark, tag=mark.replace(".", "-"))
    assert mail["Message-ID"] == message.message_id
    assert (mail["X-PM-KeepID"] == "true") is (provider == "postmark")


def test_amazon_takes_a_tag_of_letters_digits_and_hyphens_only(app: Flask) -> None:
    tag = mark_headers("ses", report_mark_of(a_message()))["X-SES-MESSAGE-TAGS"].partition("=")[2]
    assert re.fullmatch("[A-Za-z0-9_-]{1,256}", tag)


def test_without_a_provider_no_mail_is_marked(app: Flask) -> None:
    a_company()
    text = written(a_message(a_user().id))
    assert not [name for name, _value in MARKED.values() if f"\n{name}:" in text]


def test_a_mark_leads_to_its_mail_and_to_no_other(app: Flask) -> None:
    message, other = a_message(), a_message()
    mark = report_mark_of(message)
    assert len(mark) <= 80
    assert message_of_report_mark(mark.upper()) is message
    assert report_mark_of(other) != mark
    for place in range(len(mark)):
        changed = mark[:place] + ("a" if mark[place] != "a" else "b") + mark[place + 1 :]
        assert message_of_report_mark(changed) is None
    assert message_of_report_mark("") is None


@pytest.mark.parametrize("provider", ["mailgun"], indirect=True)
def test_of_one_signature_only_the_first_event_counts(client: FlaskClient, provider: str) -> None:
    first = news(provider, "delivered", to="x@other.example")
    forged = news(provider, "complained", to="x@other.example")
    for document in (first, forged):
        assert post(client, provider, signed(provider, document, token="t" * 50)).status_code == 200
    assert len(waiting()) == 1
    take_up()
    assert post(client, provider, signed(provider, forged, token="t" * 50)).status_code == 200
    take_up()
    assert [event.kind for event in events()] == ["delivered"]


@pytest.mark.parametrize("provider", ["sendgrid"], indirect=True)
def test_an_event_that_fails_is_tried_again_by_itself(
    client: FlaskClient, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [news(provider, "delivered", to="x@other.example", number=str(n)) for n in range(3)]
    post(client, provider, signed(provider, documents))
    (job,) = waiting()
    real, broken = taking_up.hear_of_mail, job.payload["events"][1]["event_key"]

    def hear(said, *, now):
        if said.event_key == broken:
            raise OperationalError("INSERT", {}, Exception("deadlock"))
        return real(said, now=now)

    monkeypatch.setattr(taking_up, "hear_of_mail", hear)
    take_up()
    assert len(events()) == 2
    (left,) = waiting()
    assert [each["event_key"] for each in left.payload["events"]] == [broken]
    with pytest.raises(OperationalError):
        taking_up.mail_heard(left.payload)
    monkeypatch.undo()
    take_up()
    assert len(events()) == 3


@pytest.mark.parametrize("provider", ["sendgrid"], indirect=True)
@pytest.mark.parametrize(
    ("change", "failure"),
    [({"kind": "sung"}, ValueError), ({"kind": None}, ValueError), ({"is_sung": True}, TypeError)],
)
def test_an_event_that_cannot_be_read_delays_no_other(
    client: FlaskClient, provider: str, change: dict[str, Any], failure: type[Exception]
) -> None:
    documents = [news(provider, "delivered", to="x@other.example", number=str(n)) for n in range(3)]
    post(client, provider, signed(provider, documents))
    (job,) = waiting()
    first, second, third = job.payload["events"]
    with transaction():
        job.payload = {"events": [first, {**second, **change}, third, {}]}
    take_up()
    assert {found.event_key for found in events()} == {first["event_key"], third["event_key"]}
    unread, empty = waiting()
    with pytest.raises(failure):
        taking_up.mail_heard(unread.payload)
    with pytest.raises(LookupError):
        taking_up.mail_heard(empty.payload)


@pytest.mark.parametrize("provider", ["sendgrid"], indirect=True)
def test_a_large_report_waits_as_several_jobs(client: FlaskClient, provider: str) -> None:
    documents = [news(provider, "delivered", to="x@other.example", number=str(n)) for n in range(250)]
    assert post(client, provider, signed(provider, documents)).status_code == 200
    jobs = db.session.scalars(select(Job).where(Job.kind == "mail_heard").order_by(Job.id))
    assert [len(job.payload["events"]) for job in jobs] == [100, 100, 50]


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        ({"event": "open"}, None),
        ({"event": "processed"}, Heard.ACCEPTED),
        ({"event": "dropped", "reason": "Bounced Address"}, Heard.DROPPED),
        ({"event": "bounce", "type": "blocked", "reason": "550 5.1.1 user unknown"}, Heard.BOUNCED),
    ],
)
def test_what_sendgrid_says(change: dict[str, str], heard: Heard | None) -> None:
    found = sendgrid.events_of([{**news("sendgrid", "delivered", to="x@other.example"), **change}])
    assert [(each.kind, each.status) for each in found] == ([(heard, "")] if heard else [])


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        ({"event": "opened"}, None),
        ({"event": "accepted"}, Heard.ACCEPTED),
        ({"event": "rejected"}, Heard.DROPPED),
        ({"event": "failed", "severity": "permanent", "reason": "suppress-bounce"}, Heard.DROPPED),
        ({"event": "failed", "severity": "permanent", "reason": "generic"}, Heard.BOUNCED),
        ({"event": "failed", "severity": "temporary"}, Heard.DEFERRED),
    ],
)
def test_what_mailgun_says(change: dict[str, str], heard: Heard | None) -> None:
    document = {**news("mailgun", "delivered", to="x@other.example"), **change}
    found = mailgun.events_of({"signature": {"token": "t"}, "event-data": document})
    assert [each.kind for each in found] == ([heard] if heard else [])


@pytest.mark.parametrize(
    ("bounce_type", "sub_type", "words", "heard"),
    [
        ("Transient", "General", None, Heard.DEFERRED),
        ("Transient", "General", "smtp; 550 5.1.1 unknown", Heard.BOUNCED),
        ("Transient", "MailboxFull", "smtp; 452 4.2.2 full", Heard.BOUNCED),
        ("Transient", "MailboxFull", None, Heard.BOUNCED),
        ("Permanent", "General", None, Heard.BOUNCED),
        ("Undetermined", "Undetermined", None, Heard.BOUNCED),
        ("Permanent", "Suppressed", None, Heard.DROPPED),
    ],
)
def test_an_automatic_reply_that_amazon_reports_is_no_bounce(
    bounce_type: str, sub_type: str, words: str | None, heard: Heard
) -> None:
    document = news("ses", "bounced", to="x@other.example")
    document["bounce"] |= {"bounceType": bounce_type, "bounceSubType": sub_type}
    (failed,) = document["bounce"]["bouncedRecipients"]
    del failed["diagnosticCode"]
    if words is not None:
        failed["diagnosticCode"] = words
    (event,) = ses.events_of(document, name="m")
    assert event.kind == heard


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        ({"RecordType": "Open"}, None),
        ({"Type": "AutoResponder"}, None),
        ({"Type": "SoftBounce"}, Heard.BOUNCED),
        ({"Type": "ManuallyDeactivated"}, Heard.DROPPED),
        ({"Type": "Unsubscribe"}, Heard.OPTED_OUT),
    ],
)
def test_what_postmark_says(change: dict[str, str], heard: Heard | None) -> None:
    found = postmark.events_of({**news("postmark", "bounced", to="x@other.example"), **change})
    assert [each.kind for each in found] == ([heard] if heard else [])


@pytest.mark.parametrize(
    ("change", "heard"),
    [({"Origin": "Admin"}, []), ({"SuppressSending": False}, []), ({"SuppressionReason": "HardBounce"}, [])],
)
def test_only_its_reader_leaves_postmarks_list(change: dict[str, object], heard: list[Heard]) -> None:
    document = {**news("postmark", "opted_out", to="x@other.example"), **change}
    assert [each.kind for each in postmark.events_of(document)] == heard


@pytest.mark.parametrize("sub_type", ["Suppressed", "OnAccountSuppressionList"])
def test_what_amazon_keeps_back_by_itself_speaks_against_nobody(sub_type: str) -> None:
    document = news("ses", "bounced", to="Ken Ito <ken@other.example>", words="550 5.1.1 unknown")
    document["bounce"]["bounceSubType"] = sub_type
    (event,) = ses.events_of(document, name="m")
    assert (event.kind, event.status, event.recipient) == (Heard.DROPPED, "", "ken@other.example")


def test_not_spam_is_no_complaint() -> None:
    document = news("ses", "complained", to="ken@other.example")
    document["complaint"]["complaintFeedbackType"] = "not-spam"
    assert ses.events_of(document, name="m") == []


def test_a_mail_without_a_mark_is_found_by_its_message_id(app: Flask, client: FlaskClient) -> None:
    before = app.extensions[EXTENSION_KEY]
    listen_to(app, "ses")
    try:
        message = a_message()
        document = news("ses", "delivered", to=message.to_address)
        document["mail"]["headers"][0]["value"] = message.message_id
        assert post(client, "ses", signed("ses", document)).status_code == 200
        take_up()
        assert [event.message_id for event in events()] == [message.id]
    finally:
        app.extensions[EXTENSION_KEY] = before


@pytest.mark.parametrize("provider", ["postmark", "sendgrid", "mailgun", "ses", "brevo"])
def test_a_provider_and_its_key_are_set_together(provider: str) -> None:
    both = {"VOCAPP_MAIL_EVENTS": provider, "VOCAPP_MAIL_EVENTS_KEY": key_of(provider)}
    assert read_delivery(both).mail_events_key == key_of(provider)
    assert key_of(provider) not in repr(read_delivery(both))
    for name in both:
        with pytest.raises(SettingsError, match="go together"):
            read_delivery({name: both[name]})


@pytest.mark.parametrize(
    ("provider", "key"),
    [
        ("postmark", "short"),
        ("brevo", "with spaces in the middle"),
        ("mailgun", "short"),
        ("sendgrid", "bm90IGEga2V5"),
        ("sendgrid", "not base64!"),
        ("ses", "vocapp-mail"),
        ("ses", TOPIC + "/x"),
        ("ses", KEYS["postmark"]),
    ],
)
def test_a_key_that_proves_nothing_is_refused_without_being_repeated(provider: str, key: str) -> None:
    with pytest.raises(SettingsError, match="VOCAPP_MAIL_EVENTS_KEY must be") as refused:
        read_delivery({"VOCAPP_MAIL_EVENTS": provider, "VOCAPP_MAIL_EVENTS_KEY": key})
    assert key not in str(refused.value)


def test_a_report_survives_as_a_job(app: Flask) -> None:
    event = HeardEvent(
        provider="ses",
        kind=MailEventKind.BOUNCED,
        event_key="ses:1",
        occurred_at=NOW,
        mark="",
        message_id="",
        recipient_hash="",
        status="5.1.1",
        detail="gone",
        is_opt_out=False,
    )
    assert HeardEvent.read(json.loads(json.dumps(event.write()))) == event
