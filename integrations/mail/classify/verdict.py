"""What a mail that came in is, and what it says about the person it concerns."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class MailKind(StrEnum):
    """The five things a mail can be."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    HUMAN = "human"
    UNREADABLE = "unreadable"


class Freshness(StrEnum):
    """What a mail says about somebody's details.

    alive: the mailbox is read; absent_long: on long leave; left: its owner left; address_changed: they have
    the address in `replacement` now; unmonitored: nobody reads it. From people: role_changed: they ask us to
    turn to somebody else; colleague_left: somebody else, not they, left; opt_out: they want no more mail.
    """

    ALIVE = "alive"
    ABSENT_LONG = "absent_long"
    LEFT = "left"
    ADDRESS_CHANGED = "address_changed"
    UNMONITORED = "unmonitored"
    ROLE_CHANGED = "role_changed"
    COLLEAGUE_LEFT = "colleague_left"
    OPT_OUT = "opt_out"


class Reason(StrEnum):
    """The finest thing known about a mail, grouped by the kind it belongs to."""

    # bounce
    USER_UNKNOWN = "user_unknown"
    HOST_UNKNOWN = "host_unknown"
    MOVED = "moved"
    MAILBOX_FULL = "mailbox_full"
    POLICY = "policy"
    DELAYED = "delayed"
    DELIVERED_NOTICE = "delivered_notice"
    TOO_LARGE = "too_large"
    TEMPORARY = "temporary"
    REFUSED = "refused"
    # complaint
    SPAM_REPORT = "spam_report"
    OPT_OUT_REPORT = "opt_out_report"
    NOT_SPAM_REPORT = "not_spam_report"
    # automatic
    OUT_OF_OFFICE = "out_of_office"
    LONG_LEAVE = "long_leave"
    LEFT = "left"
    ADDRESS_CHANGED = "address_changed"
    UNMONITORED = "unmonitored"
    TICKET_ROBOT = "ticket_robot"
    READ_RECEIPT = "read_receipt"
    OTHER_AUTOMATIC = "other_automatic"
    # human
    REPLY = "reply"
    SCORE = "score"
    OPT_OUT_REQUEST = "opt_out_request"
    REFERRED = "referred"
    COLLEAGUE_LEFT = "colleague_left"
    # unreadable
    TOO_BIG = "too_big"
    TOO_SLOW = "too_slow"
    BROKEN = "broken"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One mail judged.

    `reason` is a value of Reason; `recipient` the address of ours the mail is about; `suppress` whether
    nothing should go there again; `return_date` the first day somebody is back; `replacement` another
    address to write to, a proposal; `freshness` a value of Freshness; `status` an enhanced status code.
    `return_paths` are all addresses that may be our return path, `message_ids` all Message-IDs (with angle
    brackets) that may be our mail's, most telling first. `words` is what the sender wrote, without quoted
    mail; `score` a bare 0 to 10 in a human reply. `detail` is what a server said, in one line.
    """

    kind: MailKind
    reason: str
    recipient: str | None = None
    suppress: bool = False
    return_date: date | None = None
    replacement: str | None = None
    freshness: str | None = None
    status: str | None = None
    return_paths: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    message_id: str | None = None
    sender: str | None = None
    subject: str = ""
    words: str = ""
    score: int | None = None
    detail: str = ""
