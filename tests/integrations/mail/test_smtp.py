"""Sending over SMTP, against a real server and against one that says what the test wants."""

import threading
from pathlib import Path

import pytest

from integrations.errors import Rejected, Retryable, Uncertain
from integrations.mail.message import build, unsubscribe_headers
from integrations.mail.replies import MailDeferred, MailRefused
from integrations.mail.smtp import SmtpTransport, Timeouts
from tests.integrations.mail.builders import (
    HANG_UP,
    STAY_SILENT,
    ScriptedSink,
    a_mail,
    free_port,
    make_certificate,
    sign_in,
    smtp_server,
)

SENDER = "bounce+7.ab@bounce.vendor.example"
RECIPIENT = "ken@customer.example"
RAW = build(a_mail())
QUICK = Timeouts(connect=2, reply=0.3, final=0.3)


def send(port: int, raw: bytes = RAW) -> None:
    with SmtpTransport(f"smtp://127.0.0.1:{port}", timeouts=QUICK) as transport:
        transport.send(SENDER, RECIPIENT, raw)


def test_the_receiver_gets_the_bytes_that_were_built() -> None:
    url = "https://voc.vendor.example/u/" + "aB3_" * 200
    raw = build(a_mail(text=".leading dot\n..two\n", headers=unsubscribe_headers(url)))
    with smtp_server() as (inbox, port), SmtpTransport(f"smtp://127.0.0.1:{port}") as transport:
        transport.send(SENDER, RECIPIENT, raw)
    assert inbox.envelopes[0].original_content == raw


def test_the_reply_to_the_final_dot_is_given_back() -> None:
    with smtp_server() as (_, port), SmtpTransport(f"smtp://127.0.0.1:{port}") as transport:
        accepted = transport.send(SENDER, RECIPIENT, RAW)
    assert (accepted.code, accepted.text) == (250, "2.0.0 taken")


def test_the_envelope_is_the_one_given() -> None:
    with smtp_server() as (inbox, port), SmtpTransport(f"smtp://127.0.0.1:{port}") as transport:
        transport.send("", RECIPIENT, RAW)
        transport.send(SENDER, RECIPIENT, RAW)
    assert [(e.mail_from, e.rcpt_tos) for e in inbox.envelopes] == [
        ("<>", [RECIPIENT]),
        (SENDER, [RECIPIENT]),
    ]


def test_one_connection_carries_many_mails() -> None:
    with smtp_server() as (inbox, port), SmtpTransport(f"smtp://127.0.0.1:{port}") as transport:
        for _ in range(20):
            transport.send(SENDER, RECIPIENT, RAW)
    assert len({session.peer for session in inbox.sessions}) == 1


def test_threads_share_a_transport_without_mixing_mails() -> None:
    with smtp_server() as (inbox, port), SmtpTransport(f"smtp://127.0.0.1:{port}") as transport:
        threads = [
            threading.Thread(
                target=transport.send, args=(SENDER, f"person{n}@customer.example", b"%d\r\n" % n)
            )
            for n in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    received = sorted((int(e.content), e.rcpt_tos[0]) for e in inbox.envelopes)
    assert received == [(n, f"person{n}@customer.example") for n in range(30)]
    assert len({session.peer for session in inbox.sessions}) <= 2


def test_credentials_travel_after_starttls(tmp_path: Path) -> None:
    ca, context = make_certificate(tmp_path)
    options = {"tls_context": context, "require_starttls": True, "auth_required": True}
    with smtp_server(authenticator=sign_in("ana", "s3cret"), **options) as (inbox, port):
        url = f"smtp://ana:s3cret@127.0.0.1:{port}?starttls=1&ca={ca}"
        with SmtpTransport(url) as transport:
            transport.send(SENDER, RECIPIENT, RAW)
    assert inbox.sessions[0].authenticated
    assert inbox.sessions[0].ssl is not None


def test_tls_from_the_start_works(tmp_path: Path) -> None:
    ca, context = make_certificate(tmp_path)
    with (
        smtp_server(ssl_context=context) as (inbox, port),
        SmtpTransport(f"smtps://127.0.0.1:{port}?ca={ca}") as transport,
    ):
        transport.send(SENDER, RECIPIENT, RAW)
    assert len(inbox.envelopes) == 1


@pytest.mark.parametrize("form", ["smtps://127.0.0.1:{}", "smtp://127.0.0.1:{}?starttls=1"])
def test_a_certificate_nobody_vouches_for_is_not_accepted(tmp_path: Path, form: str) -> None:
    _, context = make_certificate(tmp_path)
    options = {"ssl_context": context} if form.startswith("smtps") else {"tls_context": context}
    with (
        smtp_server(**options) as (inbox, port),
        SmtpTransport(form.format(port)) as transport,
        pytest.raises(MailDeferred, match="no valid certificate"),
    ):
        transport.send(SENDER, RECIPIENT, RAW)
    assert not inbox.envelopes


def test_a_certificate_for_another_host_is_not_accepted(tmp_path: Path) -> None:
    ca, context = make_certificate(tmp_path, name="127.0.0.2")
    with (
        smtp_server(tls_context=context) as (_, port),
        SmtpTransport(f"smtp://127.0.0.1:{port}?starttls=1&ca={ca}") as transport,
        pytest.raises(MailDeferred, match="no valid certificate"),
    ):
        transport.send(SENDER, RECIPIENT, RAW)


def test_verification_can_be_off_on_loopback(tmp_path: Path) -> None:
    _, context = make_certificate(tmp_path)
    with (
        smtp_server(tls_context=context) as (inbox, port),
        SmtpTransport(f"smtp://127.0.0.1:{port}?starttls=1&verify=0") as transport,
    ):
        transport.send(SENDER, RECIPIENT, RAW)
    assert inbox.sessions[0].ssl is not None


def test_mail_is_never_sent_in_the_clear_when_starttls_was_asked_for() -> None:
    with (
        smtp_server() as (inbox, port),
        SmtpTransport(f"smtp://127.0.0.1:{port}?starttls=1") as transport,
        pytest.raises(MailDeferred, match="offers no encryption"),
    ):
        transport.send(SENDER, RECIPIENT, RAW)
    assert not inbox.envelopes


def test_a_wrong_password_stops_no_message_for_good(tmp_path: Path) -> None:
    ca, context = make_certificate(tmp_path)
    with (
        smtp_server(authenticator=sign_in("ana", "s3cret"), tls_context=context) as (_, port),
        SmtpTransport(f"smtp://ana:wr0ng@127.0.0.1:{port}?starttls=1&ca={ca}") as transport,
        pytest.raises(Retryable, match="refused our sign-in") as caught,
    ):
        transport.send(SENDER, RECIPIENT, RAW)
    assert "wr0ng" not in repr(caught.value) + str(caught.value)


def test_a_server_without_sign_in_is_named() -> None:
    with (
        ScriptedSink() as sink,
        SmtpTransport(f"smtp://ana:s3cret@127.0.0.1:{sink.port}") as transport,
        pytest.raises(Retryable, match="no way to sign in"),
    ):
        transport.send(SENDER, RECIPIENT, RAW)


def test_a_closed_port_is_tried_again_later() -> None:
    with pytest.raises(Retryable, match="cannot be reached"):
        send(free_port())


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "content"])
def test_a_4xx_in_any_phase_is_tried_again_later(phase: str) -> None:
    script: dict[str, str | list[str]] = {phase: "451 4.3.0 not now"}
    # A server that knows no EHLO is asked for HELO.
    with ScriptedSink(**script, HELO="451 4.3.0 not now") as sink, pytest.raises(MailDeferred) as caught:
        send(sink.port)
    assert caught.value.reply is not None
    assert caught.value.reply.status == "4.3.0"


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "content"])
def test_a_5xx_to_the_message_is_final(phase: str) -> None:
    script: dict[str, str | list[str]] = {phase: "554 5.7.1 no thanks"}
    with ScriptedSink(**script) as sink, pytest.raises(MailRefused) as caught:
        send(sink.port)
    assert (caught.value.code, caught.value.is_address_dead) == ("5.7.1", False)


def test_a_5xx_greeting_is_about_us_and_tried_again_later() -> None:
    with ScriptedSink(greeting="554 5.7.1 go away") as sink, pytest.raises(MailDeferred, match="go away"):
        send(sink.port)


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.4.4"])
def test_an_unknown_or_moved_address_is_dead(status: str) -> None:
    with ScriptedSink(RCPT=f"550 {status} no such user") as sink, pytest.raises(MailRefused) as caught:
        send(sink.port)
    assert caught.value.is_address_dead


@pytest.mark.parametrize(
    "reply",
    [
        "550 no such user",
        "550 5.1.11 x",
        "552 5.2.2 full",
        "550 5.7.515 policy",
        "550 5.1.1.1 x",
        "553 5.1.3 x",
        "550 4.1.1 mixed up",
    ],
)
def test_no_other_refusal_says_that_an_address_is_dead(reply: str) -> None:
    with ScriptedSink(RCPT=reply) as sink, pytest.raises(MailRefused) as caught:
        send(sink.port)
    assert not caught.value.is_address_dead


def test_a_refused_sender_says_nothing_about_the_recipient() -> None:
    with ScriptedSink(MAIL="550 5.1.2 bad sender host") as sink, pytest.raises(MailRefused) as caught:
        send(sink.port)
    assert not caught.value.is_address_dead


@pytest.mark.parametrize(
    ("reply", "is_overloaded"),
    [("421 4.3.2 busy", True), ("450 4.7.1 slow down", True), ("450 4.2.1 mailbox busy", False)],
)
def test_a_reply_about_the_whole_server_is_told_apart(reply: str, is_overloaded: bool) -> None:
    with ScriptedSink(RCPT=reply) as sink, pytest.raises(MailDeferred) as caught:
        send(sink.port)
    assert caught.value.is_server_overloaded is is_overloaded


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("trouble", [HANG_UP, STAY_SILENT])
def test_a_connection_lost_before_the_content_is_tried_again_later(phase: str, trouble: str) -> None:
    script: dict[str, str | list[str]] = {phase: trouble}
    with (
        ScriptedSink(**script) as sink,
        pytest.raises(Retryable),
        SmtpTransport(f"smtp://127.0.0.1:{sink.port}", timeouts=Timeouts(0.3, 0.3, 0.3)) as transport,
    ):
        transport.send(SENDER, RECIPIENT, RAW)


@pytest.mark.parametrize("trouble", [HANG_UP, STAY_SILENT, "what?", "354 go on"])
def test_no_clear_reply_after_the_final_dot_is_uncertain(trouble: str) -> None:
    with ScriptedSink(content=trouble) as sink, pytest.raises(Uncertain):
        send(sink.port)
    assert len(sink.contents) == 1


def test_any_2xx_after_the_final_dot_means_taken() -> None:
    with ScriptedSink(content="252 2.0.0 probably") as sink:
        send(sink.port)
    assert len(sink.contents) == 1


def test_a_reply_of_many_lines_and_odd_bytes_becomes_one_line() -> None:
    with (
        ScriptedSink(RCPT="550-5.1.1 \x1b[31mno\r\n550 5.1.1 such\tuser") as sink,
        pytest.raises(Rejected) as caught,
    ):
        send(sink.port)
    assert caught.value.reason.isprintable()


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "content"])
def test_after_a_refusal_in_any_phase_the_conversation_starts_afresh(phase: str) -> None:
    script: dict[str, str | list[str]] = {phase: "550 5.7.1 no"}
    with (
        ScriptedSink(**script) as sink,
        SmtpTransport(f"smtp://127.0.0.1:{sink.port}") as transport,
        pytest.raises(MailRefused),
    ):
        transport.send(SENDER, RECIPIENT, RAW)
    assert sink.commands[-2:] == ["rset", "quit"]


def test_after_a_refusal_the_connection_carries_the_next_mail() -> None:
    with (
        ScriptedSink(RCPT=["550 5.1.1 unknown", "250 ok"]) as sink,
        SmtpTransport(f"smtp://127.0.0.1:{sink.port}") as transport,
    ):
        with pytest.raises(MailRefused):
            transport.send(SENDER, "gone@customer.example", RAW)
        transport.send(SENDER, RECIPIENT, RAW)
    assert (sink.connections, len(sink.contents)) == (1, 1)


@pytest.mark.parametrize("trouble", [HANG_UP, "421 4.4.2 too many messages"])
def test_a_server_that_ends_an_idle_connection_is_called_again(trouble: str) -> None:
    with (
        ScriptedSink(MAIL=["250 ok", trouble, "250 ok"]) as sink,
        SmtpTransport(f"smtp://127.0.0.1:{sink.port}") as transport,
    ):
        transport.send(SENDER, RECIPIENT, RAW)
        transport.send(SENDER, RECIPIENT, RAW)
    assert (sink.connections, len(sink.contents)) == (2, 2)


def test_a_connection_lost_in_the_content_is_not_sent_again_on_another() -> None:
    with (
        ScriptedSink(content=["250 ok", HANG_UP, "250 ok"]) as sink,
        SmtpTransport(f"smtp://127.0.0.1:{sink.port}") as transport,
    ):
        transport.send(SENDER, RECIPIENT, RAW)
        with pytest.raises(Uncertain):
            transport.send(SENDER, RECIPIENT, RAW)
    assert len(sink.contents) == 2


def test_the_size_is_announced_to_a_server_that_asks() -> None:
    with ScriptedSink() as sink:
        send(sink.port)
    assert f"MAIL FROM:<{SENDER}> SIZE={len(RAW)}" in sink.commands


def test_content_with_bare_line_feeds_cannot_end_early() -> None:
    with ScriptedSink() as sink:
        send(sink.port, b"Subject: x\r\n\r\na\n.\r\nMAIL FROM:<evil@x.example>\r\n")
    assert sink.contents == [b"Subject: x\r\n\r\na\n..\r\nMAIL FROM:<evil@x.example>\r\n"]


@pytest.mark.parametrize(
    "recipient", ["a@b.example>\r\nRCPT TO:<c@d.example", "a b@c.example", "kén@x.example"]
)
def test_a_recipient_that_would_change_the_conversation_is_rejected_unsent(recipient: str) -> None:
    with (
        ScriptedSink() as sink,
        SmtpTransport(f"smtp://127.0.0.1:{sink.port}") as transport,
        pytest.raises(Rejected),
    ):
        transport.send(SENDER, recipient, RAW)
    assert sink.connections == 0


def test_the_password_is_not_in_the_text_form() -> None:
    assert "s3cret" not in repr(SmtpTransport("smtps://ana:s3cret@mail.example"))
