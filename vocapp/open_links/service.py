"""Making open links, ending them, and keeping what visitors answer: one answer per visit, never a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from surveys.answers import Answers
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.machines import Decision, Doubt
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.identity.models import User
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.open_links.queries import PURPOSE, asked_by
from vocapp.open_links.rules import OpenLinkKind, is_open, speaks_by_name, without_names
from vocapp.questionnaires.queries import definition_of
from vocapp.questionnaires.service import publish_from_library
from vocapp.responses.rules import ResponseState, comment_in

_VISIT = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class OpenForm:
    """One page of a visitor's form as it arrived; a stale one is of a page the visitor is not on."""

    answers: Answers
    language: str
    at: datetime
    opened_at: datetime | None = None
    doubt: Doubt | None = None
    is_stale: bool = False


def create_open_link(
    kind: OpenLinkKind,
    *,
    name: str,
    survey_key: str,
    allowed_origins: Sequence[str],
    closes_at: datetime | None,
    by: User,
    now: datetime,
) -> OpenLink:
    """Make a link anybody may answer through, asking the newest version of a survey.

    Raises `DomainError` for a survey that needs to know whom it asks, and for a closing time that is over.
    """
    version = publish_from_library(survey_key)
    definition = definition_of(version)
    if version.survey.is_confidential:
        raise DomainError("A confidential survey is asked by invitation only; choose another one.")
    if speaks_by_name(without_names(definition)):
        raise DomainError("This survey calls people by their name; choose one without {{first_name}}.")
    if closes_at is not None and closes_at <= now:
        raise DomainError("Choose a closing day that is not over yet.")
    nonce = new_nonce()
    link = OpenLink(
        kind=kind,
        name=name,
        survey_version=version,
        nonce=nonce,
        token_hash=hash_token(derive_token(gateways().settings.secret_key, PURPOSE, nonce)),
        allowed_origins=list(allowed_origins) if kind is OpenLinkKind.EMBED else [],
        closes_at=closes_at,
        created_at=now,
        created_by_id=by.id,
    )
    db.session.add(link)
    db.session.flush()
    _record("open_link.created", link, by)
    return link


def close_open_link(link: OpenLink, *, now: datetime, by: User) -> None:
    """Take no more answers through a link; closing it twice changes nothing."""
    if is_open(link.closes_at, link.closed_at, now=now):
        link.closed_at = now
        _record("open_link.closed", link, by)


def reopen_open_link(link: OpenLink, *, now: datetime, by: User) -> None:
    """Take answers through a closed link again, without an end until it is closed anew."""
    if not is_open(link.closes_at, link.closed_at, now=now):
        link.closed_at = None
        if link.closes_at is not None and link.closes_at <= now:
            link.closes_at = None
        _record("open_link.reopened", link, by)


def is_visit(word: str | None) -> bool:
    """Whether a form's word can be one of ours, which make its pages one answer."""
    return word is not None and _VISIT.fullmatch(word) is not None


def hold_visit(link: OpenLink, visit: str, *, language: str, now: datetime) -> OpenResponse:
    """Return what a visit has answered so far, nothing yet at first, held until the end of the transaction.

    Forms of one visit that are sent at once are read one by one.
    """
    row = {
        "open_link_id": link.id,
        "visit_hash": hash_token(visit),
        "comment": "",
        "answers": {},
        "language": language,
        "state": ResponseState.PARTIAL,
        "last_page": "",
        "answered_at": now,
    }
    db.session.execute(insert_new(OpenResponse).values(**row).on_conflict_do_nothing())
    held = (
        select(OpenResponse)
        .where(OpenResponse.open_link_id == link.id, OpenResponse.visit_hash == row["visit_hash"])
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(held).one()


def keep_open_answer(answer: OpenResponse, form: OpenForm) -> None:
    """Keep one page of a visit; the same page again changes nothing.

    Of a page with errors the right part is kept once the rating is known. A doubtful form is kept apart and
    replaces nothing that counts. A visit that said nothing leaves nothing behind.
    """
    said = form.answers
    has_counted = bool(answer.answers) and answer.quarantine_reason is None
    if not form.is_stale and said.rating is not None and not (form.doubt and has_counted):
        answer.quarantine_reason = form.doubt
        _fill(answer, form)
    if not answer.answers:
        db.session.delete(answer)
    db.session.flush()


def _fill(answer: OpenResponse, form: OpenForm) -> None:
    said = form.answers
    answer.started_at = answer.started_at or form.opened_at
    if dict(said.values) != answer.answers:
        answer.answers = dict(said.values)
        answer.rating = said.rating
        answer.comment = comment_in(asked_by(answer.open_link), said.values)
        answer.language = form.language
        answer.answered_at = form.at
    if said.is_valid:
        answer.last_page = said.page
    if said.is_complete and answer.state != ResponseState.COMPLETE:
        answer.state = ResponseState.COMPLETE
        answer.completed_at = form.at


def release_open_answer(answer: OpenResponse, *, now: datetime, by: User) -> None:
    """Count a doubtful form after all; doing it twice changes nothing."""
    if answer.quarantine_reason is not None:
        answer.quarantine_reason = None
        _decide(answer, Decision.RELEASED, now=now, by=by)


def keep_open_answer_out(answer: OpenResponse, *, now: datetime, by: User) -> None:
    """Agree that a doubtful form is no answer; it stays stored and can still be released."""
    if answer.decision is None:
        _decide(answer, Decision.KEPT_OUT, now=now, by=by)


def _decide(answer: OpenResponse, decision: Decision, *, now: datetime, by: User) -> None:
    answer.decision, answer.decided_at = decision, now
    _record(f"open_answer.{decision}", answer.open_link, by)


def _record(act: str, link: OpenLink, by: User) -> None:
    db.session.flush()
    record_act(act, actor_id=by.id, subject_kind="open_link", subject_id=link.id, details={})
