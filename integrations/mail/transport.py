"""What every way of sending mail has in common, and the choice between them."""

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from integrations.mail.mailbox import Mailbox
from integrations.mail.replies import Accepted
from integrations.mail.smtp import SmtpTransport


class Transport(Protocol):
    """Takes finished messages. Use it as a context manager, or call `close`."""

    def send(self, envelope_from: str, recipient: str, raw: bytes) -> Accepted:
        """Hand over one message for one recipient.

        Raises Retryable (not delivered, may work later), Rejected (never will) or Uncertain (nobody knows).
        """
        ...

    def close(self) -> None:
        """Let go of connections; sending afterwards is allowed."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_transport(mail_url: str | None, mailbox_dir: Path) -> Transport:
    """Return the server a mail URL names, or the built-in mailbox in `mailbox_dir` when there is no URL.

    Raises ValueError with one plain sentence for a URL that cannot be used.
    """
    if not mail_url:
        return Mailbox(mailbox_dir)
    return SmtpTransport(mail_url)
