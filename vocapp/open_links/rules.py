"""Links that belong to nobody: what kinds there are, what they may ask and where, as pure judgements."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from surveys.definition import SurveyDefinition
from surveys.merging import merge_fields_in
from surveys.questions import Question, QuestionKind
from vocapp.responses.rules import MAY_CONTACT


class OpenLinkKind(StrEnum):
    """Where an open link is used: handed out at an event, or built into somebody's page."""

    EVENT = "event"
    EMBED = "embed"


MOST_ORIGINS = 10
# What nobody can fill for a visitor without a name.
NAMED_FIELDS = frozenset({"first_name"})
_PERSONAL_KINDS = frozenset({QuestionKind.CONTACT, QuestionKind.REFERRAL})

_HOST = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,10}"
_SECURE = re.compile(rf"https://{_HOST}(:[0-9]{{1,5}})?")
_HERE = re.compile(r"http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")
LONGEST_ORIGIN = 260
HIGHEST_PORT = 65535


def origin_of(written: str) -> str | None:
    """Return a page's origin as browsers name it, or None for what is none.

    That is scheme, host and port without anything behind them: https only, http for this machine. There is
    no wildcard: a page is allowed by its name or not at all.
    """
    origin = written.strip().lower().removesuffix("/")
    if len(origin) > LONGEST_ORIGIN or not (_SECURE.fullmatch(origin) or _HERE.fullmatch(origin)):
        return None
    scheme, _, rest = origin.partition("://")
    host, _, port = rest.partition(":")
    if port and not 0 < int(port) <= HIGHEST_PORT:
        return None
    is_usual = port in {"", "443" if scheme == "https" else "80"}
    return f"{scheme}://{host}" if is_usual else f"{scheme}://{host}:{int(port)}"


def is_open(closes_at: datetime | None, closed_at: datetime | None, *, now: datetime) -> bool:
    """Whether a link takes answers."""
    return closed_at is None and (closes_at is None or now < closes_at)


def without_names(definition: SurveyDefinition) -> SurveyDefinition:
    """Return a survey without the questions that only make sense for somebody we know.

    Whether and how to contact them, and whom else to ask: an answer without a name cannot be followed up.
    """
    pages = tuple(
        replace(page, questions=tuple(one for one in page.questions if not _is_personal(one)))
        for page in definition.pages
    )
    return replace(definition, pages=pages)


def speaks_by_name(definition: SurveyDefinition) -> bool:
    """Whether the words of a survey call people by their name."""
    fields = frozenset().union(*(merge_fields_in(words) for words in _words_of(definition)))
    return bool(fields & NAMED_FIELDS)


def _is_personal(question: Question) -> bool:
    is_consent = question.kind is QuestionKind.YES_NO and question.key == MAY_CONTACT
    return is_consent or question.kind in _PERSONAL_KINDS


def _words_of(definition: SurveyDefinition) -> Iterator[str]:
    for question in definition.questions:
        for text in question.texts.values():
            yield from (text.prompt, text.low, text.high, text.help)
        for option in question.options:
            yield from option.texts.values()
