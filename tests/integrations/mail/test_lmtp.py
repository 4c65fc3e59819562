"""Mail in over LMTP: kept before it is answered for, and each recipient has an answer of their own."""

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.integrations.mail.lmtp_client import LIMITS, Client, Kept, lmtp_server

ONE, TWO, THREE = (f"bounce+{name}@bounce.vendor.example" for name in ("one", "two", "three"))
RAW = b"From: ann@customer.example\r\nSubject: Hello\r\n\r\nBack on Monday.\r\n"


def codes(replies) -> list[str]:
    return [reply[:3] for reply in replies]


def test_each_recipient_hears_what_became_of_their_own_copy() -> None:
    kept = Kept(TWO)
    with lmtp_server(kept) as server, server.client() as client:
        assert codes(client.deliver(RAW, ONE, TWO, THREE)) == ["250", "451", "250"]
    assert kept.mails == [(RAW + b"\r\n", "ann@customer.example", one) for one in (ONE, THREE)]


def test_nobody_is_answered_for_before_their_mail_is_kept() -> None:
    kept = Kept()
    kept.may_go_on.clear()
    with lmtp_server(kept) as server, server.client() as client:
        client.open(ONE)
        assert client.say("DATA").startswith("354")
        client.send(RAW + b".\r\n")
        assert kept.begun.wait(10)
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(10)
        kept.may_go_on.set()
        assert client.socket.recv(100).startswith(b"250 ")


def test_mail_for_others_is_refused_at_once_and_for_good() -> None:
    kept = Kept()
    with lmtp_server(kept) as server, server.client() as client:
        assert codes(client.open("ceo@vendor.example", "nobody", "")) == ["550", "550", "550"]
        assert client.say("DATA").startswith("503")
        assert client.say(f"RCPT TO:<{ONE}>").startswith("250")
        assert codes(client.content(RAW, taken=1)) == ["250"]
    assert [recipient for _raw, _sender, recipient in kept.mails] == [ONE]


def test_what_is_too_large_is_refused_for_each_recipient_and_the_conversation_goes_on() -> None:
    kept = Kept()
    with lmtp_server(kept) as server, server.client() as client:
        assert codes(client.deliver(b"x" * (LIMITS.mail_bytes + 1), ONE, TWO)) == ["552", "552"]
        assert codes(client.deliver(RAW, ONE)) == ["250"]
    assert len(kept.mails) == 1


def test_a_mail_that_says_it_is_too_large_is_refused_before_it_is_sent() -> None:
    with lmtp_server(Kept()) as server, server.client() as client:
        client.say("LHLO relay.vendor.example")
        assert client.say(f"MAIL FROM:<> SIZE={LIMITS.mail_bytes + 1}").startswith("552")


def test_of_a_large_mail_as_much_is_handed_on_as_shows_that_there_was_more() -> None:
    kept = Kept()
    with lmtp_server(kept) as server, server.client() as client:
        assert codes(client.deliver(b"x" * (LIMITS.kept_bytes + 100), ONE)) == ["250"]
    assert kept.mails[0][0] == b"x" * (LIMITS.kept_bytes + 1)


@given(
    raws=st.lists(
        st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"..", b"x" * 1500, b"\x00\xff", b"a"]))
        .map(b"".join)
        .filter(lambda raw: len(raw) < LIMITS.kept_bytes - 2),
        min_size=1,
        max_size=5,
    )
)
@example(raws=[b".", b".\r\n.", b"\r\n.\r\n", b"a\n.\nb", b"x" * 1001 + b"\r\n." + b"y" * 900])
def test_any_bytes_arrive_as_they_were_sent(raws: list[bytes]) -> None:
    kept = Kept()
    with lmtp_server(kept) as server, server.client() as client:
        for raw in raws:
            assert codes(client.deliver(raw, ONE)) == ["250"]
    assert [raw for raw, _sender, _recipient in kept.mails] == [raw + b"\r\n" for raw in raws]


@pytest.mark.parametrize(
    ("sender", "heard"),
    [
        ("", ""),
        ("MAILER-DAEMON", "MAILER-DAEMON"),
        ('"a b"@customer.example', '"a b"@customer.example'),
        ("jörg@müller.example", "jörg@müller.example"),
        ("@relay.example:ann@customer.example", "@relay.example:ann@customer.example"),
        ("half\udcffbyte@customer.example", "half\N{REPLACEMENT CHARACTER}byte@customer.example"),
    ],
)
def test_whatever_calls_itself_a_sender_is_taken(sender: str, heard: str) -> None:
    kept = Kept()
    with lmtp_server(kept) as server, server.client() as client:
        assert codes(client.deliver(RAW, ONE, sender=sender)) == ["250"]
    assert kept.mails[0][1] == heard


def test_a_mail_that_breaks_off_is_not_kept() -> None:
    kept = Kept()
    with lmtp_server(kept) as server:
        with server.client() as client:
            client.open(ONE)
            client.say("DATA")
            client.send(RAW)
        with server.client() as client:
            assert codes(client.deliver(RAW, TWO)) == ["250"]
    assert [recipient for _raw, _sender, recipient in kept.mails] == [TWO]


def test_commands_may_be_sent_in_one_go() -> None:
    kept = Kept()
    with lmtp_server(kept) as server, server.client() as client:
        said = [b"LHLO relay", b"MAIL FROM:<>", b"RCPT TO:<%b>" % ONE.encode(), b"DATA"]
        client.send(b"\r\n".join(said) + b"\r\n")
        assert codes([client.reply() for _ in said]) == ["250", "250", "250", "354"]
        client.send(RAW + b".\r\nQUIT\r\n")
        assert codes([client.reply(), client.reply()]) == ["250", "221"]
    assert kept.mails == [(RAW, "", ONE)]


def test_no_more_recipients_than_may_be_are_taken_at_once() -> None:
    with lmtp_server(Kept()) as server, server.client() as client:
        assert codes(client.open(ONE, TWO, THREE, ONE)) == ["250", "250", "250", "452"]


def test_one_client_too_many_is_told_to_come_back_and_may() -> None:
    with lmtp_server(Kept(), replace(LIMITS, connections=1)) as server:
        with server.client() as first:
            assert first.greeting.startswith("220")
            with server.client() as second:
                assert second.greeting.startswith("421")
            first.say("QUIT")
            assert first.reply() == ""
        with server.client() as third:
            assert third.greeting.startswith("220")


def test_a_silent_client_is_hung_up_on() -> None:
    with lmtp_server(Kept(), replace(LIMITS, seconds=0.2)) as server, server.client() as client:
        assert client.reply() == ""


def test_a_client_that_speaks_no_lmtp_is_told_so() -> None:
    with lmtp_server(Kept()) as server, server.client() as client:
        assert client.say("EHLO relay").startswith("500")
        assert client.say("GET / HTTP/1.1").startswith("500")


def test_stopping_waits_for_the_mail_that_is_being_kept() -> None:
    kept = Kept()
    kept.may_go_on.clear()
    with lmtp_server(kept) as server, server.client() as client, server.client() as idle:
        client.open(ONE)
        client.say("DATA")
        client.send(RAW + b".\r\n")
        assert kept.begun.wait(10)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        kept.may_go_on.set()
        assert client.reply().startswith("250")
        stopping.join(10)
        assert idle.reply() == ""
    assert [recipient for _raw, _sender, recipient in kept.mails] == [ONE]


def test_a_socket_is_for_its_user_and_group_and_gone_afterwards(tmp_path: Path) -> None:
    path, kept = tmp_path / "lmtp.sock", Kept()
    with lmtp_server(kept, path=path) as server:
        assert path.stat().st_mode & 0o777 == 0o660
        with server.client() as client:
            assert codes(client.deliver(RAW, ONE)) == ["250"]
    assert not path.exists()


def test_a_socket_somebody_listens_at_is_left_to_them(tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with (
        lmtp_server(Kept(), path=path),
        pytest.raises(OSError, match="listens"),
        lmtp_server(Kept(), path=path),
    ):
        pass


def test_a_socket_that_a_killed_server_left_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with lmtp_server(Kept(), path=path), Client(path) as client:
        assert client.greeting.startswith("220")
