"""Judging a mail in a process of its own, so that none can hang, crash or bloat the receiver."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

from integrations.errors import Retryable
from integrations.mail.classify.verdict import MailKind, Reason, Verdict

LARGEST_MAIL = 10_000_000
_SECONDS = 5.0
_ROOT = Path(__file__).resolve().parents[3]


def classify_safely(raw: bytes, *, received_on: date, seconds: float = _SECONDS) -> Verdict:
    """Return what `classify` says within limits of time, memory and size, else unreadable.

    The time includes beginning the process, so a busy machine can make any mail too slow. Raises `Retryable`
    when no process can be begun.
    """
    if len(raw) > LARGEST_MAIL:
        return Verdict(kind=MailKind.UNREADABLE, reason=Reason.TOO_BIG)
    command = [sys.executable, "-m", "integrations.mail.classify.child", received_on.isoformat()]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, input=raw, capture_output=True, cwd=_ROOT, env={}, timeout=seconds, check=True
        )
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return Verdict(kind=MailKind.UNREADABLE, reason=Reason.TOO_SLOW)
    except OSError as trouble:
        raise Retryable(f"This machine cannot begin a process now ({type(trouble).__name__}).") from None
    except (subprocess.CalledProcessError, ValueError) as failure:
        return Verdict(kind=MailKind.UNREADABLE, reason=Reason.BROKEN, detail=type(failure).__name__)
    back = found["return_date"]
    lists = {name: tuple(found[name]) for name in ("return_paths", "message_ids")}
    told = {"kind": MailKind(found["kind"]), "return_date": date.fromisoformat(back) if back else None}
    return Verdict(**{**found, **lists, **told})
