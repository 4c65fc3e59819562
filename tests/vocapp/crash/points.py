"""Where a worker can be made to die: named points of sending a mail, by wrapping functions in its process."""

import os
import signal
import smtplib
import sys
from collections.abc import Callable
from typing import Any

from integrations.mail.smtp import SmtpTransport

FINAL_DOT = b"\r\n.\r\n"


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def replace_everywhere(name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace a function of the product, found by its name, wherever modules refer to it."""
    modules = [module for path, module in list(sys.modules.items()) if path.startswith("vocapp.")]
    found = {
        id(value): value
        for module in modules
        if callable(value := vars(module).get(name)) and value.__module__.startswith("vocapp.")
    }
    if len(found) != 1:
        raise LookupError(f"{name} should be one function of vocapp, not {len(found)}")
    (original,) = found.values()
    replacement = make(original)
    for module in modules:
        if vars(module).get(name) is original:
            setattr(module, name, replacement)


class Countdown:
    """Dies when it is reached for the n-th time."""

    def __init__(self, passes: int) -> None:
        self._left = passes

    def reach(self) -> None:
        """Count one pass."""
        self._left -= 1
        if self._left == 0:
            die()


def _before(name: str) -> Callable[[Countdown], None]:
    def arm(countdown: Countdown) -> None:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def reached(*arguments: Any, **options: Any) -> Any:
                countdown.reach()
                return original(*arguments, **options)

            return reached

        replace_everywhere(name, make)

    return arm


def _after(name: str) -> Callable[[Countdown], None]:
    def arm(countdown: Countdown) -> None:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def passed(*arguments: Any, **options: Any) -> Any:
                result = original(*arguments, **options)
                countdown.reach()
                return result

            return passed

        replace_everywhere(name, make)

    return arm


def _before_smtp(countdown: Countdown) -> None:
    send = SmtpTransport.send

    def reached(*arguments: Any, **options: Any) -> Any:
        countdown.reach()
        return send(*arguments, **options)

    SmtpTransport.send = reached


def _after_smtp(countdown: Countdown) -> None:
    send = SmtpTransport.send

    def passed(*arguments: Any, **options: Any) -> Any:
        accepted = send(*arguments, **options)
        countdown.reach()
        return accepted

    SmtpTransport.send = passed


def _after_recipient(countdown: Countdown) -> None:
    say = smtplib.SMTP.docmd

    def said(self: smtplib.SMTP, verb: str, words: str = "") -> Any:
        reply = say(self, verb, words)
        if verb == "RCPT":
            countdown.reach()
        return reply

    smtplib.SMTP.docmd = said


def _around_final_dot(*, is_sent: bool) -> Callable[[Countdown], None]:
    def arm(countdown: Countdown) -> None:
        send = smtplib.SMTP.send

        def sent(self: smtplib.SMTP, content: Any) -> None:
            is_mail = isinstance(content, bytes) and content.endswith(FINAL_DOT)
            if is_mail and not is_sent:
                send(self, content[:-3])
                countdown.reach()
                send(self, content[-3:])
            else:
                send(self, content)
            if is_mail and is_sent:
                countdown.reach()

        smtplib.SMTP.send = sent

    return arm


POINTS: dict[str, Callable[[Countdown], None]] = {
    "after claim, before its commit": _after("claim_due_messages"),
    "after claim, before mark": _before("start_sending"),
    "after mark, before its commit": _after("start_sending"),
    "after mark, before SMTP": _before_smtp,
    "after RCPT": _after_recipient,
    "before the final dot": _around_final_dot(is_sent=False),
    "after the final dot, before 250 is read": _around_final_dot(is_sent=True),
    "after 250, before the outcome": _after_smtp,
    "after the outcome, before its commit": _after("record_outcome"),
    "after the outcome, before what follows": _before("record_acceptances"),
    "after what follows, before its commit": _after("record_acceptances"),
    "in the sweep": _after("mark_lost_messages"),
    "after the job, before it is marked done": _before("finish_job"),
}

# Passed once in a while and not with every mail.
RARE_POINTS = frozenset({"in the sweep", "after the job, before it is marked done"})
