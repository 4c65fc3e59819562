"""Replies that people wrote, as those who look after their accounts may read them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from integrations.mail.classify.verdict import MailKind, Reason
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.core.web import count_of
from vocapp.freshness.models import Suggestion
from vocapp.freshness.rules import EvidenceSource
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.inbound.models import InboundMail
from vocapp.inbound.reply_rules import Asked, ScoreState, is_withheld, judge_score
from vocapp.inbound.rules import InboundState
from vocapp.inbound.senders import foreign_senders
from vocapp.questionnaires.models import SurveyVersion
from vocapp.responses.models import Response
from vocapp.responses.phone_rules import judge_phone_answer
from vocapp.responses.queries import is_confidential
from vocapp.responses.rules import ResponseSource, is_open

# How the keys of suggestions begin that mails which came in made.
SUGGESTED_BY_MAIL = "reply:"
# Whoever leads sees letters from people nobody knows; they belong to no CSM.
READS_STRANGERS = frozenset({RoleName.ADMIN, RoleName.LEADER})


@dataclass(frozen=True, slots=True)
class ShownReply:
    """A reply as a page shows it.

    `score_state` is what can be done with its number; `is_withheld` that what it says stays unread;
    `wants_out` that its words ask for no more mail, `is_out` that the person is asked nothing any more;
    `suggestions` are what it proposes about people, decided or not; `foreign_sender` the address it came
    from where that is not the person's, else "".
    """

    mail: InboundMail
    score_state: ScoreState | None
    is_withheld: bool
    wants_out: bool
    is_out: bool
    suggestions: Sequence[Suggestion]
    foreign_sender: str


def replies_to(user: User, *, is_done: bool) -> Select[Any]:
    """Return a select of the replies a user may read, newest first: those done, or those that wait."""
    done = InboundMail.done_at.is_not(None) if is_done else InboundMail.done_at.is_(None)
    newest = (InboundMail.received_at.desc(), InboundMail.id.desc())
    return _replies(user).where(done).options(*_with_everybody()).order_by(*newest)


def count_open_replies(user: User) -> int:
    """Return how many replies wait for a user."""
    return count_of(_replies(user).where(InboundMail.done_at.is_(None)).with_only_columns(InboundMail.id))


def visible_reply(user: User, mail_id: int) -> InboundMail | None:
    """Return a reply, done or not, that a user may read; else None."""
    found: InboundMail | None = db.session.scalar(
        _replies(user).where(InboundMail.id == mail_id).options(*_with_everybody())
    )
    return found


def shown_replies(mails: Collection[InboundMail], *, now: datetime) -> list[ShownReply]:
    """Return mails as a page shows them, in a fixed number of statements."""
    sources = _sources_of({mail.invitation_id for mail in mails if mail.invitation_id is not None})
    proposed = _suggestions_of([mail.id for mail in mails])
    foreign = foreign_senders(mails)
    return [
        _shown(mail, sources, proposed.get(mail.id, []), foreign.get(mail.id, ""), now=now) for mail in mails
    ]


def suggestions_of_mails(mail_ids: Collection[int]) -> Sequence[Suggestion]:
    """Return what mails that came in propose about people, decided or not, in the order it came."""
    proposed = select(Suggestion).where(
        Suggestion.source == EvidenceSource.MAIL,
        Suggestion.source_id.in_(mail_ids),
        Suggestion.key.startswith(SUGGESTED_BY_MAIL),
    )
    people = (joinedload(Suggestion.contact), joinedload(Suggestion.outcome))
    return db.session.scalars(proposed.options(*people).order_by(Suggestion.id)).all()


def _shown(
    mail: InboundMail,
    sources: Mapping[int, str],
    proposed: Sequence[Suggestion],
    foreign_sender: str,
    *,
    now: datetime,
) -> ShownReply:
    asked = _asked(mail.invitation, sources, now=now) if mail.invitation else None
    return ShownReply(
        mail=mail,
        score_state=judge_score(mail.score, asked, is_foreign=bool(foreign_sender)),
        is_withheld=is_withheld(mail.score, asked),
        wants_out=mail.reason == Reason.OPT_OUT_REQUEST,
        is_out=mail.contact is not None and mail.contact.status == ContactStatus.OPTED_OUT,
        suggestions=proposed,
        foreign_sender=foreign_sender,
    )


def _asked(invitation: Invitation, sources: Mapping[int, str], *, now: datetime) -> Asked:
    source = ResponseSource(sources[invitation.id]) if invitation.id in sources else None
    refusal = judge_phone_answer(
        is_open=is_open(invitation.wave.state, invitation.wave.closes_at, now=now),
        is_confidential=is_confidential(invitation),
        has_opted_out=invitation.contact.status == ContactStatus.OPTED_OUT,
        source=source,
    )
    return Asked(is_confidential(invitation), refusal, source)


def _sources_of(invitation_ids: Collection[int]) -> dict[int, str]:
    """Return invitation id → how the answer that counts came in."""
    answered = select(Response.invitation_id, Response.source).where(
        Response.invitation_id.in_(invitation_ids), Response.quarantine_reason.is_(None)
    )
    return dict(db.session.execute(answered).all())


def _suggestions_of(mail_ids: Collection[int]) -> dict[int, list[Suggestion]]:
    found: dict[int, list[Suggestion]] = {}
    for one in suggestions_of_mails(mail_ids):
        found.setdefault(one.source_id, []).append(one)
    return found


def _replies(user: User) -> Select[Any]:
    written: Select[Any] = select(InboundMail).where(
        InboundMail.kind == MailKind.HUMAN, InboundMail.state == InboundState.HANDLED
    )
    return written.where(_is_visible_to(user))


def _is_visible_to(user: User) -> ColumnElement[bool]:
    own = InboundMail.account_id.in_(visible_account_ids(user))
    return or_(own, InboundMail.account_id.is_(None)) if user.role in READS_STRANGERS else own


def _with_everybody() -> list[Any]:
    wave = joinedload(InboundMail.invitation).joinedload(Invitation.wave)
    return [
        joinedload(InboundMail.account),
        joinedload(InboundMail.contact),
        joinedload(InboundMail.invitation).joinedload(Invitation.contact),
        wave.joinedload(Wave.survey_version).joinedload(SurveyVersion.survey),
        joinedload(InboundMail.done_by).lazyload(User.roles),
    ]
