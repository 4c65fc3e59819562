"""Mails that came in, as administrators look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, Select, func, select
from sqlalchemy.orm import joinedload

from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import contains_text, db
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.identity.models import User
from vocapp.inbound.incoming_rules import MOST_SHOWN, head_of, is_cut, may_judge_again
from vocapp.inbound.models import InboundMail
from vocapp.inbound.reply_queries import suggestions_of_mails
from vocapp.inbound.rules import InboundState
from vocapp.inbound.service import event_keys_of
from vocapp.inbound.way_models import MailWay
from vocapp.outbox.models import MailEvent
from vocapp.questionnaires.models import SurveyVersion


@dataclass(frozen=True, slots=True)
class MailFilter:
    """Which mails to list; empty fields do not filter."""

    state: str = ""
    kind: str = ""
    reason: str = ""
    sender: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered at all."""
        return self != MailFilter()


@dataclass(frozen=True, slots=True)
class WholeMail:
    """One mail with what became of it.

    `size` is that of what is kept in bytes, None when that was let go; `head` its headers as text.
    `is_withheld` says that what it says stays unread. `absences`, `suggestions` and `events` are what
    followed from it.
    """

    mail: InboundMail
    size: int | None
    head: str
    is_cut: bool
    is_withheld: bool
    may_judge_again: bool
    absences: Sequence[Evidence]
    suggestions: Sequence[Suggestion]
    events: Sequence[MailEvent]

    def kept_until(self, days: int) -> datetime:
        """Return when the mail itself is let go, where it is kept so many days."""
        return self.mail.received_at + timedelta(days=days)


def listed_mails(wanted: MailFilter) -> Select[Any]:
    """Return a select of the mails that came in, newest first."""
    listed: Select[Any] = select(InboundMail)
    for column, value in (
        (InboundMail.state, wanted.state),
        (InboundMail.kind, wanted.kind),
        (InboundMail.reason, wanted.reason),
    ):
        if value:
            listed = listed.where(column == value)
    if wanted.sender:
        listed = listed.where(contains_text(InboundMail.sender, wanted.sender))
    with_people = (joinedload(InboundMail.contact), joinedload(InboundMail.account))
    return listed.options(*with_people).order_by(InboundMail.received_at.desc(), InboundMail.id.desc())


def ways_in() -> Sequence[MailWay]:
    """Return how each way that mail or news of it comes in by is faring, where that is known."""
    return db.session.scalars(select(MailWay).order_by(MailWay.name)).all()


def counts_by_state() -> dict[InboundState, int]:
    """Return how many mails stand in each state; states without any count 0."""
    rows = db.session.execute(select(InboundMail.state, func.count()).group_by(InboundMail.state))
    counted = {InboundState(state): count for state, count in rows}
    return {state: counted.get(state, 0) for state in InboundState}


def whole_mail(mail_id: int) -> WholeMail | None:
    """Return one mail with what became of it, or None."""
    wave = joinedload(InboundMail.invitation).joinedload(Invitation.wave)
    mail = db.session.scalar(
        select(InboundMail)
        .where(InboundMail.id == mail_id)
        .options(
            joinedload(InboundMail.account),
            joinedload(InboundMail.contact),
            joinedload(InboundMail.done_by).lazyload(User.roles),
            wave.joinedload(Wave.survey_version).joinedload(SurveyVersion.survey),
        )
    )
    if mail is None:
        return None
    size, start = kept_of(mail_id)
    hidden = is_unread_by_anybody(mail)
    return WholeMail(
        mail=mail,
        size=size,
        head="" if hidden or start is None else head_of(start),
        is_cut=is_cut(mail.state, size),
        is_withheld=hidden,
        may_judge_again=may_judge_again(mail.state, size),
        absences=_absences_of(mail_id),
        suggestions=suggestions_of_mails([mail_id]),
        events=_events_of(mail),
    )


def is_unread_by_anybody(mail: InboundMail) -> bool:
    """Whether a mail holds a number in reply to a survey that is answered in confidence."""
    survey = mail.invitation.wave.survey_version.survey if mail.invitation else None
    return mail.score is not None and survey is not None and survey.is_confidential


def kept_of(mail_id: int) -> tuple[int | None, bytes | None]:
    """Return how many bytes of a mail are kept, and the first of them; (None, None) when they were let go."""
    start = func.substr(InboundMail.raw, 1, MOST_SHOWN, type_=LargeBinary())
    kept = select(func.length(InboundMail.raw), start).where(InboundMail.id == mail_id)
    size, beginning = db.session.execute(kept).one()
    return size, beginning


def raw_of(mail_id: int) -> bytes | None:
    """Return a mail as it arrived; None when it was let go."""
    return db.session.scalar(select(InboundMail.raw).where(InboundMail.id == mail_id))


def _absences_of(mail_id: int) -> Sequence[Evidence]:
    told = select(Evidence).where(
        Evidence.kind == EvidenceKind.ABSENT,
        Evidence.source == EvidenceSource.MAIL,
        Evidence.source_id == mail_id,
    )
    return db.session.scalars(told.options(joinedload(Evidence.contact)).order_by(Evidence.id)).all()


def _events_of(mail: InboundMail) -> Sequence[MailEvent]:
    heard = select(MailEvent).where(MailEvent.event_key.startswith(event_keys_of(mail)))
    return db.session.scalars(heard.order_by(MailEvent.id)).all()
