"""Why a mail did not go out, in one word: what a reply of a mail server means, as a pure judgement."""

import re
from enum import StrEnum


class Cause(StrEnum):
    """What kept a message, as the operator's page counts it."""

    DEAD_ADDRESS = "dead_address"
    MAILBOX = "mailbox"
    POLICY = "policy"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    SIGN_IN = "sign_in"
    REFUSED = "refused"
    PUT_OFF = "put_off"
    IN_DOUBT = "in_doubt"
    TOO_LATE = "too_late"
    UNWRITABLE = "unwritable"
    DROPPED = "dropped"


# Words of filters that answer without a status, or with one that says something else.
_SPAM = re.compile(
    r"\b(?:spam|spamhaus|blacklist(?:ed)?|blocklist(?:ed)?|block list|reputation|unsolicited|bulk mail|dmarc|"
    r"spf|dkim|banned|rbl|dnsbl)\b",
    re.IGNORECASE,
)
_AUTHENTICATION = frozenset({"5.7.8", "5.7.9", "5.7.0"})


def judge_reply(
    code: int | None,
    status: str | None,
    text: str,
    *,
    is_address_dead: bool = False,
    is_connecting: bool = False,
) -> Cause:
    """Return the cause behind a refusal: reply code (None: no reply at all), enhanced status, words.

    What speaks of spam or of our standing is `POLICY` whatever its code; a mailbox that is full or closed for
    now is the mailbox's own trouble.
    """
    status = status or ""
    if code is None:
        return Cause.UNREACHABLE
    if is_connecting and (code in {530, 534, 535, 538} or status in _AUTHENTICATION):
        return Cause.SIGN_IN
    if is_address_dead:
        return Cause.DEAD_ADDRESS
    if status[1:].startswith(".7.") or _SPAM.search(text):
        return Cause.POLICY
    if code == 421 or status[1:].startswith((".3.", ".4.")):
        return Cause.BUSY
    if status[1:].startswith(".2.") or code in {450, 452, 552}:
        return Cause.MAILBOX
    return Cause.PUT_OFF if 400 <= code < 500 else Cause.REFUSED
