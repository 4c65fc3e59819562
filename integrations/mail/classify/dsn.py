"""Bounces: delivery reports (RFC 3464), and the letters of mail systems that know no reports."""

import re
from email.message import Message

from flufl.bounce import all_failures

from integrations.mail.classify.incoming import PROVOKED, Incoming, addresses_in, all_text
from integrations.mail.classify.verdict import MailKind, Reason, Verdict

# The only statuses that say something lasting about the address itself (trust E8).
DEAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.4.4"})
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_DAEMON = re.compile(
    r"mailer-daemon|mail.?delivery|postmaster|delivery subsystem|system administrator", re.IGNORECASE
)
_FAILED = re.compile(
    r"undeliver|not (be )?delivered|delivery (has )?(failed|failure|status)|failure (notice|delivery)|"
    r"returned mail|"
    r"mail delivery|could ?n.t (be )?deliver|unable to deliver|unzustellbar|nicht zugestellt|non remis|"
    r"no se ha podido entregar|mancato recapito|não (foi )?entregue|配信不能|配信できません|не доставлен|"
    r"delayed mail",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delayed|still being retried|warning only|not yet been delivered|will continue to try", re.I
)
_FULL = re.compile(
    r"quota|mailbox (is )?full|full mailbox|insufficient (storage|disk)|over ?quota", re.IGNORECASE
)
_POLICY = re.compile(
    r"spam|blocked|blacklist|policy|reputation|listed|access denied|dmarc|virus|rate limit", re.IGNORECASE
)
_WORTH = ("failed", "delayed", "expanded", "relayed", "delivered")


def judge_bounce(mail: Incoming, message: Message) -> Verdict | None:
    """Return the verdict when a mail says what became of one of ours, else None."""
    blocks = [block for kind, part in mail.parts if "delivery-status" in kind for block in _blocks(part)]
    reports = [block for block in blocks if block.get("action") or block.get("final-recipient")]
    found = None if reports else _found_address(message)
    if not reports and not _is_letter(mail) and (found is None or _is_answer(mail)):
        return None
    text = all_text(mail)
    report = min(reports, key=lambda block: _rank(block.get("action", "")), default={})
    action = (report.get("action") or "").split("(")[0].strip().lower()
    if not reports:
        action = "delayed" if _DELAYED.search(text[:3000] + mail.header("subject")) else "failed"
    recipient = _recipient(report) or next(iter(addresses_in(mail.header("x-failed-recipients"))), None)
    recipient = recipient or found or _found_address(message)
    said = report.get("diagnostic-code", "") if reports else text[:3000]
    status = _status(report.get("status", ""), said)
    reason = _reason(action, status, said)
    is_dead = action == "failed" and status in DEAD_ADDRESS and reason in _DEAD_REASONS
    return Verdict(
        kind=MailKind.BOUNCE,
        reason=reason,
        recipient=recipient,
        status=status,
        suppress=is_dead,
        detail=" ".join(said.split())[:500],
    )


_DEAD_REASONS = (Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.MOVED)


def status_of_failure(given: str, said: str) -> str:
    """Return the enhanced status a failure is known by: that of the server's words, else the one given.

    "" for none, and for one that calls the address dead where the words speak of something else.
    """
    status = _status(given, said)
    is_doubtful = status in DEAD_ADDRESS and _reason("failed", status, said) not in _DEAD_REASONS
    return "" if status is None or is_doubtful else status


def _blocks(part: Message) -> list[dict[str, str]]:
    payload = part.get_payload()
    inner = payload if isinstance(payload, list) else []
    return [
        {k.lower(): " ".join(str(v).split())[:5000] for k, v in m.items()}
        for m in inner
        if isinstance(m, Message)
    ]


def _rank(action: str) -> int:
    word = action.split("(")[0].strip().lower()
    return _WORTH.index(word) if word in _WORTH else len(_WORTH)


def _is_letter(mail: Incoming) -> bool:
    if mail.header("x-failed-recipients"):
        return True
    is_daemon = bool(_DAEMON.search(mail.header("from"))) or mail.header("return-path").strip() == "<>"
    return is_daemon and bool(_FAILED.search(mail.header("subject") + "\n" + all_text(mail)[:2000]))


def _is_answer(mail: Incoming) -> bool:
    """Whether this looks like a person answering or passing on a mail, which may quote a bounce."""
    subject = mail.header("subject").strip().lower()
    is_passed_on = subject.startswith(("re:", "aw:", "fw:", "fwd:", "wg:", "tr:", "rv:", "sv:"))
    return is_passed_on or bool(mail.header("in-reply-to"))


def _recipient(report: dict[str, str]) -> str | None:
    for name in ("original-recipient", "final-recipient"):
        found = addresses_in(report.get(name, ""))
        if found:
            return found[0]
    return None


def _found_address(message: Message) -> str | None:
    # Only for the address: what flufl.bounce calls permanent is soft in most cases (trust E11).
    try:
        temporary, permanent = all_failures(message)
        found = sorted(permanent) or sorted(temporary)
    except PROVOKED:
        return None
    return found[0].decode("ascii", "replace") if found else None


def _status(given: str, said: str) -> str | None:
    stated = next(iter(_STATUS.findall(given)), None)
    spoken = next(iter(_STATUS.findall(said)), None)
    # The remote server's own words are closer to the truth than the report made of them.
    return spoken or stated


def _reason(action: str, status: str | None, said: str) -> Reason:
    status = status or ""
    if action in ("delivered", "relayed", "expanded"):
        return Reason.DELIVERED_NOTICE
    if action == "delayed":
        return Reason.DELAYED
    if status.endswith(".2.2") or _FULL.search(said):
        return Reason.MAILBOX_FULL
    if status[1:].startswith(".7.") or (status not in DEAD_ADDRESS and _POLICY.search(said)):
        return Reason.POLICY
    if status in ("5.1.1", "5.1.10"):
        return Reason.USER_UNKNOWN
    if status in ("5.1.2", "5.4.4"):
        return Reason.HOST_UNKNOWN
    if status == "5.1.6":
        return Reason.MOVED
    if status in ("5.3.4", "5.2.3"):
        return Reason.TOO_LARGE
    return Reason.TEMPORARY if status.startswith("4") else Reason.REFUSED
