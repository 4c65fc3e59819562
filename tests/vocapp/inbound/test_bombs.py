"""Mails made to choke whoever reads them are put aside, within the limits of time and memory."""

import subprocess
import sys

import pytest
from flask import Flask

from integrations.mail.classify.safely import classify_safely
from tests.builders import NOW
from tests.vocapp.inbound.builders import came_in
from vocapp.core.settings import PROJECT_ROOT
from vocapp.inbound.rules import InboundState

HEAD = b"From: ana@customer.example\r\nSubject: Hello\r\n"
BODY = b"\r\nHello\r\n"
NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
    for level in range(10_000)
)
BOMBS = {
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + BODY,
    "one long header": HEAD + b"X-Long: " + b"a" * 5_000_000 + b"\r\n" + BODY,
    "a long list": HEAD + b"To: " + b"a@b.example,\r\n " * 300_000 + b"\r\n" + BODY,
    "encoded words": b"From: a@b.example\r\nSubject: " + b"=?utf-8?q?a?= " * 400_000 + b"\r\n" + BODY,
    "nested parts": HEAD + b"MIME-Version: 1.0\r\n" + NESTED + b"Content-Type: text/plain\r\n" + BODY,
    "nested mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 10_000 + BODY,
}


# In a process of its own: what children took is the most that any of them ever took, and one that was begun
# by a large process counts what that one had.
MEASURED = """
import resource, sys
from datetime import date
from integrations.mail.classify.safely import classify_safely
verdict = classify_safely(sys.stdin.buffer.read(), received_on=date.fromisoformat(sys.argv[1]))
taken = resource.getrusage(resource.RUSAGE_CHILDREN)
print(verdict.kind, taken.ru_utime + taken.ru_stime, taken.ru_maxrss)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_unreadable_within_the_limits(name: str) -> None:
    command = [sys.executable, "-c", MEASURED, NOW.date().isoformat()]
    said = subprocess.run(command, input=BOMBS[name], capture_output=True, cwd=PROJECT_ROOT, check=True)
    kind, seconds, kilobytes = said.stdout.decode().split()
    assert kind == "unreadable"
    # Of the processor, which a busy machine does not change.
    assert float(seconds) < 5
    assert int(kilobytes) < 300_000


@pytest.mark.parametrize("name", ["many headers", "one long header", "nested mails"])
def test_a_bomb_is_put_aside_for_somebody_to_look_at(app: Flask, name: str) -> None:
    mail = came_in(BOMBS[name])
    assert mail.state == InboundState.QUARANTINED
    assert mail.note in ("It is too large to be read.", "It is no mail that can be read.")


def test_an_honest_mail_to_very_many_is_read() -> None:
    listed = b",\r\n ".join(b"person%d@customer.example" % number for number in range(5_000))
    raw = HEAD + b"To: " + listed + b"\r\n" + BODY
    assert classify_safely(raw, received_on=NOW.date(), seconds=20).kind == "human"
