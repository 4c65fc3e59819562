"""Complaints: feedback reports (RFC 5965)."""

from email import message_from_string, policy
from email.message import Message

from integrations.mail.classify.incoming import Incoming, addresses_in, part_text
from integrations.mail.classify.verdict import MailKind, Reason, Verdict

_REASONS = {"opt-out": Reason.OPT_OUT_REPORT, "not-spam": Reason.NOT_SPAM_REPORT}


def judge_complaint(mail: Incoming) -> Verdict | None:
    """Return the verdict when a mail reports that somebody complained about one of ours, else None."""
    part = next((part for kind, part in mail.parts if kind == "message/feedback-report"), None)
    if part is None:
        return None
    fields = _fields(part)
    feedback = fields.get("feedback-type", "").strip().lower()
    if feedback in ("auth-failure", "dmarc"):
        return Verdict(kind=MailKind.AUTOMATIC, reason=Reason.OTHER_AUTOMATIC)
    original = mail.enclosed[0] if mail.enclosed else {}
    told = (fields.get("original-rcpt-to", ""), fields.get("removal-recipient", ""), original.get("to", ""))
    recipient = next((found[0] for text in told if (found := addresses_in(text))), None)
    reason = _REASONS.get(feedback, Reason.SPAM_REPORT)
    return Verdict(
        kind=MailKind.COMPLAINT, reason=reason, recipient=recipient, suppress=reason != Reason.NOT_SPAM_REPORT
    )


def _fields(part: Message) -> dict[str, str]:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, Message) or not inner.keys():
        text = str(inner.get_payload()) if isinstance(inner, Message) else part_text(part)
        inner = message_from_string(text.strip(), policy=policy.compat32)
    return {name.lower(): str(value) for name, value in inner.items()}
