"""A mail server for crash tests: takes mails, keeps a relay's log, and has moods."""

import itertools
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from enum import StrEnum, auto
from pathlib import Path

from tests.vocapp.crash.clock import JumpingClock
from vocapp.core.clock import utcnow


class Mood(StrEnum):
    """What the server does with one mail."""

    TAKE = auto()
    REFUSE_FOR_NOW = auto()
    REFUSE_FOR_GOOD = auto()
    BUSY_IN_THE_MIDDLE = auto()
    HANG_UP_AT_ONCE = auto()
    LOSE_AND_HANG_UP = auto()
    TAKE_AND_HANG_UP = auto()
    TAKE_AND_SAY_NOTHING = auto()


@dataclass(frozen=True)
class Arrival:
    """A mail the server took, and is answerable for from then on."""

    recipient: str
    message_id: str
    at: float


class Sink:
    """Runs on a port of loopback while entered; `arrivals` are the mails it took, in order."""

    def __init__(
        self,
        *,
        log: Path | None = None,
        clock: JumpingClock | None = None,
        mood: Callable[[int, str], Mood] = lambda _number, _recipient: Mood.TAKE,
        pause: float = 0.0,
    ) -> None:
        self.arrivals: list[Arrival] = []
        self.moods: list[Mood] = []
        self._log, self._clock, self._mood, self._pause = log, clock, mood, pause
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._is_closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Sink":
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closing.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            self._accepting.join()
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _accept(self) -> None:
        while True:
            conversation, _ = self._listener.accept()
            if self._is_closing.is_set():
                conversation.close()
                return
            thread = threading.Thread(target=self._converse, args=(conversation,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _converse(self, conversation: socket.socket) -> None:
        with conversation, conversation.makefile("rb") as lines:
            conversation.settimeout(30)
            try:
                self._talk(conversation, lines)
            except OSError:
                return  # A worker died, or the test is over.

    def _talk(self, conversation: socket.socket, lines: "socket.SocketIO") -> None:
        def say(line: str) -> None:
            conversation.sendall(line.encode() + b"\r\n")

        say("220 sink.example ready")
        recipient, mood = "", Mood.TAKE
        for line in lines:
            verb = line.split()[0].decode().upper()
            if verb == "QUIT":
                say("221 2.0.0 bye")
                return
            if verb == "RCPT":
                recipient = line.decode().partition("<")[2].rpartition(">")[0]
                mood = self._mood(next(self._numbers), recipient)
                with self._lock:
                    self.moods.append(mood)
                if mood is Mood.HANG_UP_AT_ONCE:
                    return
                say(
                    {
                        Mood.REFUSE_FOR_NOW: "450 4.2.1 later",
                        Mood.REFUSE_FOR_GOOD: "550 5.1.1 no such person",
                    }.get(mood, "250 2.1.5 ok")
                )
            elif verb == "DATA":
                say("354 go on")
                if not self._take(lines, recipient, mood, say):
                    return
            else:
                say("250-sink.example\r\n250 SIZE 1000000" if verb == "EHLO" else "250 2.0.0 ok")

    def _take(self, lines: "socket.SocketIO", recipient: str, mood: Mood, say: Callable[[str], None]) -> bool:
        """Read one mail and do with it as the mood says; return whether the conversation goes on."""
        content = b""
        for line in lines:
            if line == b".\r\n":
                break
            content += line
            if mood is Mood.BUSY_IN_THE_MIDDLE and len(content) > 500:
                say("421 4.3.2 too busy")
                return False
        else:
            return False  # The worker died before the end of the mail: there is no mail.
        if mood is Mood.LOSE_AND_HANG_UP:
            return False
        time.sleep(self._pause)
        self._keep(recipient, content)
        if mood is Mood.TAKE_AND_HANG_UP:
            return False
        if mood is Mood.TAKE_AND_SAY_NOTHING:
            self._is_closing.wait(20)
            return False
        say("250 2.0.0 taken")
        return True

    def _keep(self, recipient: str, content: bytes) -> None:
        message_id = BytesHeaderParser().parsebytes(content)["Message-ID"].strip()
        with self._lock:
            self.arrivals.append(Arrival(recipient, message_id, time.monotonic()))
            if self._log is not None:
                queue_id = f"{len(self.arrivals):010X}"
                start = f"{self._now()} relay postfix"
                with self._log.open("a") as log:
                    log.write(
                        f"{start}/cleanup[7]: {queue_id}: message-id={message_id}\n"
                        f"{start}/smtp[8]: {queue_id}: to=<{recipient}>, relay=mx.example[192.0.2.1]:25, "
                        "delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 taken)\n"
                    )

    def say_something(self) -> None:
        """Write a line about nothing, as relays do in time; a log that ended would prove no absence."""
        if self._log is not None:
            with self._lock, self._log.open("a") as log:
                log.write(f"{self._now()} relay postfix/anvil[9]: statistics: max cache size 1\n")

    def _now(self) -> str:
        return (self._clock.now() if self._clock else utcnow()).isoformat()
