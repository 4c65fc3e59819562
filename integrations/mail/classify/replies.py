"""Replies: what programs answer, and what people write."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from integrations.mail.classify.dates import return_day
from integrations.mail.classify.incoming import Incoming, addresses_in, text_of
from integrations.mail.classify.quotes import own_words, without_signature
from integrations.mail.classify.relative import relative_return_day
from integrations.mail.classify.verdict import Freshness, MailKind, Reason, Verdict
from integrations.mail.classify.wording.languages import all_phrases
from integrations.mail.classify.wording.phrases import is_said, normalised

_SENTENCE = re.compile(r"(?<=[^\d\s][.!?])\s+|[。！？\n]+")
_LONGEST_WORDS = 6_000
_LONGEST_VALUE = 1_000
# A mail breaks its lines within sentences; an empty line ends one.
_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")
_COMMENT = re.compile(r"\([^()]*\)")
_DEEPEST = 5
_FEW = 3
_NUMBER = re.compile(r"\d{3}")
# People tell of themselves; robots do not.
_SELF = re.compile(r"(?:i|ich|je|yo|io|eu|ik) ")
_SCORE = re.compile(
    r"^(?:(?:i(?:'d| would)? (?:say|give)(?: you| it)?|ich gebe|je donne|je mets|le doy|do)"
    r"(?: an?| eine?| une?| un)? )?"
    r"(10|\d)(?: ?(?:/|out of|von|sur|de|su) ?10)?(?: ?(?:[-–,.!:;(]|because|weil|car|porque|perché|"
    r"点|分|점)|$)"
)


@dataclass(frozen=True)
class _Said:
    sentences: tuple[str, ...]

    def has(self, field: str) -> bool:
        return any(is_said(all_phrases(field), one) for one in self.sentences)


def judge_reply(mail: Incoming, written_on: date) -> Verdict:
    """Return whether a program or a person answers, and what follows from what they say.

    Days are counted from `written_on`.
    """
    words = own_words(text_of(mail))
    plain = normalised(without_signature(words)[:_LONGEST_WORDS])
    said = _Said(tuple(one for part in _SENTENCE.split(plain) if (one := part.strip()) and not _is_if(one)))
    others = _others(mail, words)
    if _is_marked(mail) or _begins_automatically(mail) or _is_robot(said, plain, others):
        return _automatic(said, plain, words, others, written_on)
    return _human(said, plain, words, others)


def _is_if(sentence: str) -> bool:
    return any(_if_pattern(phrase).match(sentence) for phrase in all_phrases("conditional"))


@cache
def _if_pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(phrase)


def _is_marked(mail: Incoming) -> bool:
    if any(_is_automatic(value) for value in mail.values("auto-submitted")):
        return True
    if mail.header("precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return True
    names = (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-response-suppress",
        "x-mail-autoreply",
    )
    values = [value.strip().lower() for value in mail.values(*names)]
    return any(value not in ("no", "none", "false", "") for value in values)


def _is_automatic(auto_submitted: str) -> bool:
    """Whether a value of Auto-Submitted (RFC 3834) is any but "no", without its comments and parameters."""
    value = auto_submitted[:_LONGEST_VALUE].lower()
    for _depth in range(_DEEPEST):
        value = _COMMENT.sub(" ", value)
    keyword = value.partition("(")[0].partition(";")[0].strip()
    return keyword not in ("", "no", "none", "false")


def _begins_automatically(mail: Incoming) -> bool:
    subject = normalised(mail.header("subject")).strip()
    return any(re.match(rf"(?:{phrase})\s*(?:[:\-–]|$)", subject) for phrase in all_phrases("subject"))


def _is_robot(said: _Said, plain: str, others: list[str]) -> bool:
    """Whether words alone give a program away: it says nothing that such programs do not say."""
    if any("?" in one or _SELF.match(one) or not _is_usual(one) for one in said.sentences):
        return False
    is_numbered = bool(_NUMBER.search(plain))
    return (
        (said.has("ticket") and is_numbered)
        or said.has("unmonitored")
        or (said.has("moved") and bool(others))
    )


def _is_usual(sentence: str) -> bool:
    fields = ("ticket", "unmonitored", "moved", "courtesy", "gone")
    return len(sentence.split()) <= _FEW or any(is_said(all_phrases(field), sentence) for field in fields)


def _others(mail: Incoming, words: str) -> list[str]:
    own = {
        address.lower() for value in mail.values("from", "to", "reply-to") for address in addresses_in(value)
    }
    return [address for address in addresses_in(words) if address.lower() not in own]


def _automatic(said: _Said, plain: str, words: str, others: list[str], written_on: date) -> Verdict:
    other = others[0] if others else None
    back = return_day(plain, written_on) or relative_return_day(_LINE_END.sub(" ", plain), written_on)
    is_gone = said.has("left") or (said.has("gone") and not said.has("absent") and not said.has("takes_over"))
    reason, freshness = Reason.OTHER_AUTOMATIC, None
    if is_gone and not said.has("leave"):
        reason, freshness, back = Reason.LEFT, Freshness.LEFT, None
    elif said.has("leave"):
        reason, freshness = Reason.LONG_LEAVE, Freshness.ABSENT_LONG
    elif said.has("moved"):
        reason, freshness, back = Reason.ADDRESS_CHANGED, Freshness.ADDRESS_CHANGED, None
    elif said.has("ticket"):
        reason, other, back = Reason.TICKET_ROBOT, None, None
    elif said.has("unmonitored"):
        reason, freshness, back = Reason.UNMONITORED, Freshness.UNMONITORED, None
    else:
        reason, freshness = Reason.OUT_OF_OFFICE, Freshness.ALIVE
    return Verdict(
        kind=MailKind.AUTOMATIC,
        reason=reason,
        freshness=freshness,
        return_date=back,
        replacement=other,
        words=words,
    )


def _human(said: _Said, plain: str, words: str, others: list[str]) -> Verdict:
    reason, freshness, other = Reason.REPLY, None, None
    found = _SCORE.match(plain)
    score = int(found[1]) if found else None
    if said.has("opt_out"):
        reason, freshness = Reason.OPT_OUT_REQUEST, Freshness.OPT_OUT
    elif said.has("left"):
        reason, freshness, other = Reason.LEFT, Freshness.LEFT, others[0] if others else None
    elif said.has("gone"):
        reason, freshness, other = (
            Reason.COLLEAGUE_LEFT,
            Freshness.COLLEAGUE_LEFT,
            others[0] if others else None,
        )
    elif said.has("referred"):
        reason, freshness, other = Reason.REFERRED, Freshness.ROLE_CHANGED, others[0] if others else None
    elif score is not None:
        reason = Reason.SCORE
    return Verdict(
        kind=MailKind.HUMAN, reason=reason, freshness=freshness, replacement=other, words=words, score=score
    )
