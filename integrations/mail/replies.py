"""What a mail server said, and what that means for the message and the address."""

import re
from dataclasses import dataclass
from enum import StrEnum

from integrations.errors import Rejected, Retryable

# The only statuses that say something lasting about the address itself (trust E8).
_DEAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.4.4"})
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_UNPRINTABLE = re.compile(r"[^ -~]+")


class Phase(StrEnum):
    """How far the conversation with the server had come."""

    CONNECT = "connect"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


@dataclass(frozen=True)
class Reply:
    """One reply: three-digit code, enhanced status (RFC 3463) if given, text on one ASCII line."""

    code: int
    status: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


@dataclass(frozen=True)
class Accepted:
    """The receiver has taken the message over and said so."""

    code: int
    text: str


class MailDeferred(Retryable):
    """The server is not taking this message now; `reply` is None when it could not be talked to at all."""

    def __init__(self, reason: str, *, phase: Phase, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.phase = phase
        self.reply = reply

    @property
    def is_server_overloaded(self) -> bool:
        """Whether the reply speaks about the whole server (421, 4.7.x), not about this message."""
        if self.reply is None:
            return False
        return self.reply.code == 421 or (self.reply.status or "").startswith("4.7.")


class MailRefused(Rejected):
    """The server will never take this message; `reply` is what it said."""

    def __init__(self, reason: str, *, phase: Phase, reply: Reply) -> None:
        super().__init__(reason, code=reply.status or str(reply.code))
        self.phase = phase
        self.reply = reply

    @property
    def is_address_dead(self) -> bool:
        """Whether the mailbox or host is unknown or moved, so that nothing should go there again."""
        return self.phase in (Phase.RECIPIENT, Phase.CONTENT) and self.reply.status in _DEAD_ADDRESS


def read_reply(code: int, text: bytes) -> Reply:
    """Return the reply with its text on one line of printable ASCII, at most 500 characters."""
    line = _UNPRINTABLE.sub(" ", text.decode("ascii", "replace")).strip()[:500]
    found = _ENHANCED.match(line)
    status = found.group(1) if found and found.group(1)[0] == str(code)[0] else None
    return Reply(code, status, line)
