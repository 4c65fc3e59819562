"""Which mails can be judged again, and what is shown of their headers, as pure judgements."""

import re

from vocapp.inbound.rules import MOST_BYTES, InboundState

# More than any honest mail's headers; the rest is in the file.
MOST_SHOWN = 20_000
_END_OF_HEAD = re.compile(rb"\r\n\r\n|\n\n|\r\r")
# Nothing that draws, turns or hides text; a line break and a tab may stay.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def is_cut(state: str, size: int | None) -> bool:
    """Whether only the beginning of a mail was kept; `size` is that of what is kept, in bytes."""
    return state == InboundState.QUARANTINED and size is not None and size >= MOST_BYTES


def may_judge_again(state: str, size: int | None) -> bool:
    """Whether a mail can be judged once more: judged before, and still here as it came."""
    return size is not None and state != InboundState.RECEIVED and not is_cut(state, size)


def head_of(start: bytes) -> str:
    """Return the headers of a mail, of which `start` is the beginning, as text without hidden marks.

    At most `MOST_SHOWN` characters; whatever is no UTF-8 is shown as the mark for that.
    """
    head = _END_OF_HEAD.split(start, maxsplit=1)[0]
    lines = re.sub(r"\r\n?", "\n", head.decode("utf-8", "replace"))
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", lines)[:MOST_SHOWN]
