"""What single mails are judged to be: traps, bounces, complaints, hostile bytes."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.mail.classify.incoming import message_ids_in
from integrations.mail.classify.judging import classify
from integrations.mail.classify.safely import classify_safely
from integrations.mail.classify.verdict import MailKind

TODAY = date(2026, 8, 10)


def reply(body: str, subject: str = "Re: One question", **headers: str):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    raw = f"From: a@customer.example\r\nTo: b@vendor.example\r\nSubject: {subject}\r\n{lines}"
    raw += f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}"
    return classify(raw.encode(), received_on=TODAY)


def bounce(status: str, action: str = "failed", diagnostic: str = "smtp; 550 no"):
    raw = (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt failed.\n--b\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; ada@customer.example\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: {diagnostic}\n\n--b\nContent-Type: text/rfc822-headers\n\n"
        "Message-ID: <our-1@vendor.example>\n\n--b--\n"
    )
    return classify(raw.encode(), received_on=TODAY)


@pytest.mark.parametrize(
    "body",
    [
        "I left my notes at home, 8 out of 10 from me.",
        "I raised ticket 48213 last week and it has been received badly. Fix it.",
        "I am out of the office until Monday, will answer then.",
        "Sorry, your message was received late. All fine!",
        "Please update your records, our CFO changed. Score: 7",
        "Thanks, the ticket was created and resolved fast - 9",
        "Wir waren im Urlaub, jetzt bin ich zurück.",
    ],
)
def test_what_people_write_stays_theirs(body):
    assert reply(body).kind is MailKind.HUMAN


@pytest.mark.parametrize(
    ("body", "score"), [("8/10", 8), ("８", 8), ("I'd say 8 out of 10", 8), ("9 of us", None), ("11", None)]
)
def test_only_a_bare_score_is_read(body, score):
    assert reply(body).score == score


@pytest.mark.parametrize(
    ("body", "back"),
    [
        ("I am away from 10 August to 24 August.", date(2026, 8, 24)),
        ("Ich bin vom 10.08. bis 24.08.2026 im Urlaub.", date(2026, 8, 24)),
        ("I am back on January 7.", date(2027, 1, 7)),
        ("I am out until 2026-09-01.", date(2026, 9, 1)),
        ("私は8月24日まで不在です", date(2026, 8, 24)),
        ("I am away.", None),
    ],
)
def test_the_day_of_return_is_the_last_one_named(body, back):
    verdict = reply(body, Auto_Submitted="auto-replied")
    assert (verdict.return_date, verdict.freshness) == (back, "alive")


def test_a_colleague_who_left_does_not_make_the_absent_leave():
    said = "I am out of office until 24/08. Sam Osei is no longer with the company."
    assert reply(said, Auto_Submitted="auto-replied").freshness == "alive"


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.4.4"])
def test_dead_addresses_are_suppressed(status):
    verdict = bounce(status)
    assert (verdict.kind, verdict.suppress, verdict.status) == (MailKind.BOUNCE, True, status)
    assert (verdict.recipient, verdict.message_ids) == ("ada@customer.example", ("<our-1@vendor.example>",))


@pytest.mark.parametrize(
    ("status", "action", "diagnostic", "reason"),
    [
        ("5.2.2", "failed", "smtp; 552 5.2.2 over quota", "mailbox_full"),
        ("5.1.1", "failed", "smtp; 550 5.7.1 blocked", "policy"),
        ("5.1.1", "delayed", "smtp; 450", "delayed"),
        ("2.0.0", "delivered", "smtp; 250", "delivered_notice"),
        ("4.4.7", "failed", "smtp; expired", "temporary"),
        ("5.0.0", "failed", "smtp; 550 no", "refused"),
    ],
)
def test_soft_policy_and_good_news_suppress_nobody(status, action, diagnostic, reason):
    verdict = bounce(status, action, diagnostic)
    assert (verdict.kind, verdict.reason, verdict.suppress) == (MailKind.BOUNCE, reason, False)


@pytest.mark.parametrize(("kind", "is_suppressed"), [("abuse", True), ("opt-out", True), ("not-spam", False)])
def test_complaints_name_the_recipient_and_the_mail(kind, is_suppressed):
    raw = (
        "From: fbl@isp.example\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\n"
        f"A report.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\n"
        "Original-Rcpt-To: <ada@customer.example>\n\n--b\nContent-Type: message/rfc822\n\n"
        "Message-ID: <our-1@vendor.example>\nTo: ada@customer.example\n\nHello\n--b--\n"
    )
    verdict = classify(raw.encode(), received_on=TODAY)
    assert (verdict.kind, verdict.suppress) == (MailKind.COMPLAINT, is_suppressed)
    assert (verdict.recipient, verdict.message_ids) == ("ada@customer.example", ("<our-1@vendor.example>",))


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_judged(raw):
    assert classify(raw, received_on=TODAY).kind in MailKind


@given(st.text(max_size=500))
@settings(max_examples=100, deadline=None)
def test_any_text_is_judged(text):
    assert reply(text).kind in MailKind


def test_only_what_can_be_a_message_id_is_taken_for_one():
    odd = ("<a\x00b@x.example>", "<a\udcffb@x.example>", "<a@x.ex\x7fample>", "<ü@x.example>")
    assert message_ids_in([*odd, "<ok.1+2=3@x.example>, <ok.1+2=3@x.example>"]) == ["<ok.1+2=3@x.example>"]


def test_ten_megabytes_are_judged_within_the_limits_and_more_is_refused():
    head = b"From: a@customer.example\nSubject: Re: x\nContent-Type: text/plain\n\nThanks, done.\n"
    full = head + b"a" * (10_000_000 - len(head))
    assert classify_safely(full, received_on=TODAY).kind is MailKind.HUMAN
    assert classify_safely(full + b"a", received_on=TODAY).reason == "too_big"


def test_the_separate_process_says_the_same():
    raw = b"From: a@customer.example\nSubject: Re: x\nAuto-Submitted: auto-replied\n\nAway until 24 August."
    assert classify_safely(raw, received_on=TODAY) == classify(raw, received_on=TODAY)


def test_a_process_that_takes_too_long_is_ended():
    assert classify_safely(b"From: a\n\nx", received_on=TODAY, seconds=0.001).reason == "too_slow"
