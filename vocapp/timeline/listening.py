"""What waves and renewals add to a story: who was asked, answered or stayed silent, and what that led to."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from integrations.mail.classify.verdict import MailKind
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.outbox.models import Message
from vocapp.relationship.models import AccountScore
from vocapp.renewals.models import RenewalOutcome
from vocapp.responses.models import Referral, Response
from vocapp.responses.queries import confidential_waves, openly_given
from vocapp.responses.scales import kind_of
from vocapp.timeline.sources import NAME_COLUMNS, Scope, Source, name_of
from vocapp.timeline.story import CONFIDENTIAL, END_OF_DAY, NOON, Event, EventKind, Place, Topic

SETTLED = {
    InvitationState.DECLINED: EventKind.DECLINED,
    InvitationState.OPTED_OUT: EventKind.OPTED_OUT,
    InvitationState.BOUNCED: EventKind.NOT_REACHED,
}


def listening_sources(scope: Scope) -> list[Source]:
    """Return the sources of an account's waves, or of one person's part in them."""
    shared = [_answers(scope), _settled(scope), _referrals(scope), _replies(scope)]
    if scope.contact_id is not None:
        return [*shared, _asked(scope), _silences(scope)]
    return [*shared, _launches(scope), _closes(scope), _status_changes(scope), _renewals(scope)]


def _waves_here(account_id: int) -> ColumnElement[bool]:
    asked = select(Invitation.wave_id).where(Invitation.account_id == account_id)
    return Wave.id.in_(asked)


@dataclass(frozen=True, slots=True)
class WaveNumbers:
    """How many a wave asked at an account, how many of them answered, how many stayed silent."""

    asked: int
    answered: int
    silent: int


def wave_numbers(account_id: int, wave_ids: Collection[int]) -> dict[int, WaveNumbers]:
    """Return wave id → its numbers at an account, for the waves a page tells of, in one statement."""
    is_answer = and_(Response.id.is_not(None), Response.quarantine_reason.is_(None))
    rows = db.session.execute(
        select(
            Invitation.wave_id,
            func.count(),
            func.count().filter(is_answer),
            func.count().filter(*_is_silent()),
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Invitation.account_id == account_id,
            Invitation.wave_id.in_(wave_ids),
            # Two records of one person, asked in one wave, are one person asked.
            Contact.merged_into_id.is_(None),
        )
        .group_by(Invitation.wave_id)
    )
    return {wave_id: WaveNumbers(*numbers) for wave_id, *numbers in rows}


def _launches(scope: Scope) -> Source:
    conditions = (Wave.launched_at.is_not(None), _waves_here(scope.account_id))
    return _of_waves(EventKind.WAVE_LAUNCHED, 0, Wave.launched_at, *conditions)


def _closes(scope: Scope) -> Source:
    return _of_waves(
        EventKind.WAVE_CLOSED,
        8,
        func.coalesce(Wave.closed_at, Wave.closes_at),
        Wave.launched_at.is_not(None),
        Wave.state != WaveState.OPEN,
        Wave.closes_at.is_not(None),
        _waves_here(scope.account_id),
    )


def _of_waves(kind: EventKind, rank: int, at: Any, *conditions: ColumnElement[bool]) -> Source:
    def told(row: Any, place: Place) -> Event:
        return Event(kind, place, wave=row.name, wave_id=place.row_id)

    return Source(Topic.WAVES, rank, at, Wave.id, select(Wave.name).where(*conditions), told)


def _is_silent() -> tuple[ColumnElement[bool], ...]:
    # Silence of somebody who has left is nobody's silence.
    return (Invitation.state == InvitationState.SILENT, Contact.status != ContactStatus.LEFT)


def silent_people(account_id: int, wave_ids: list[int], *, most: int) -> dict[int, list[str]]:
    """Return wave id → the first names, in order, of who stayed silent; at most so many per wave."""
    place = func.row_number().over(
        partition_by=Invitation.wave_id, order_by=(Contact.last_name, Contact.first_name, Contact.id)
    )
    ranked = (
        select(Invitation.wave_id, *NAME_COLUMNS, place.label("place"))
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(Invitation.account_id == account_id, Invitation.wave_id.in_(wave_ids), *_is_silent())
        .subquery()
    )
    found: dict[int, list[str]] = {}
    for row in db.session.execute(
        select(ranked).where(ranked.c.place <= most).order_by(ranked.c.wave_id, ranked.c.place)
    ):
        found.setdefault(row.wave_id, []).append(name_of(row))
    return found


def _of_invitations(
    scope: Scope, topic: Topic, rank: int, at: Any, *conditions: Any, kind: EventKind
) -> Source:
    statement = (
        select(Invitation.contact_id, Wave.name, Wave.id.label("wave_id"), Invitation.state, *NAME_COLUMNS)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(scope.rows_of(Invitation), at.is_not(None), *conditions)
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            SETTLED.get(row.state, kind),
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            wave=row.name,
            wave_id=row.wave_id,
        )

    return Source(topic, rank, at, Invitation.id, statement, told)


def _settled(scope: Scope) -> Source:
    return _of_invitations(
        scope,
        Topic.ANSWERS,
        3,
        Invitation.settled_at,
        Invitation.state.in_(list(SETTLED)),
        ~_is_told_as_evidence(),
        kind=EventKind.DECLINED,
    )


def _is_told_as_evidence() -> ColumnElement[bool]:
    """Return whether a mail that came back left evidence, which says so and can be undone."""
    return (
        select(Evidence.id)
        .join(Message, Message.id == Evidence.source_id)
        .where(
            Evidence.contact_id == Invitation.contact_id,
            Evidence.kind == EvidenceKind.BOUNCED,
            Evidence.source == EvidenceSource.MAIL,
            Message.subject_kind == "invitation",
            Message.subject_id == Invitation.id,
        )
        .correlate(Invitation)
        .exists()
    )


def _silences(scope: Scope) -> Source:
    return _of_invitations(scope, Topic.WAVES, 8, Invitation.settled_at, *_is_silent(), kind=EventKind.SILENT)


def _asked(scope: Scope) -> Source:
    at: Any = Invitation.sent_at
    statement = (
        select(Wave.name, Wave.id.label("wave_id"))
        .select_from(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(Invitation.contact_id == scope.contact_id, at.is_not(None))
    )

    def told(row: Any, place: Place) -> Event:
        return Event(EventKind.ASKED, place, wave=row.name, wave_id=row.wave_id)

    return Source(Topic.WAVES, 0, at, Invitation.id, statement, told)


def _answers(scope: Scope) -> Source:
    # That somebody answered in confidence is told, and not what.
    is_open = openly_given()
    statement = (
        select(
            Response.contact_id,
            case((is_open, Response.rating)).label("rating"),
            case((is_open, Response.comment), else_="").label("comment"),
            Response.language,
            is_open.label("is_open"),
            Response.source,
            kind_of().label("rating_kind"),
            Wave.name,
            Wave.id.label("wave_id"),
            *NAME_COLUMNS,
        )
        .join(Wave, Wave.id == Response.wave_id)
        .join(Contact, Contact.id == Response.contact_id)
        # An answer in quarantine is nobody's answer yet.
        .where(scope.rows_of(Response), Response.quarantine_reason.is_(None))
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.ANSWERED,
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            wave=row.name,
            wave_id=row.wave_id,
            rating=row.rating,
            rating_kind=row.rating_kind,
            text=row.comment,
            language=row.language,
            detail=row.source if row.is_open else CONFIDENTIAL,
        )

    return Source(Topic.ANSWERS, 2, Response.answered_at, Response.id, statement, told)


def _referrals(scope: Scope) -> Source:
    whose: ColumnElement[bool] = Referral.account_id == scope.account_id
    if scope.contact_id is not None:
        whose = Invitation.contact_id == scope.contact_id
    statement = (
        select(
            Invitation.contact_id,
            Referral.named_person,
            Referral.named_email,
            Referral.reason,
            *NAME_COLUMNS,
        )
        .select_from(Referral)
        .join(Invitation, Invitation.id == Referral.invitation_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(whose)
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.REFERRED,
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            text=row.named_person or row.named_email,
            detail=row.reason,
        )

    return Source(Topic.ANSWERS, 4, Referral.created_at, Referral.id, statement, told)


def _replies(scope: Scope) -> Source:
    # A number sent in reply to a survey that is answered in confidence is an answer given in confidence.
    is_withheld = and_(InboundMail.score.is_not(None), Invitation.wave_id.in_(confidential_waves()))
    statement = (
        select(
            InboundMail.contact_id,
            case((is_withheld, ""), else_=InboundMail.words).label("words"),
            case((is_withheld, CONFIDENTIAL), else_="").label("detail"),
            InboundMail.language,
            Wave.name,
            Wave.id.label("wave_id"),
            *NAME_COLUMNS,
        )
        .select_from(InboundMail)
        .join(Contact, Contact.id == InboundMail.contact_id)
        .outerjoin(Invitation, Invitation.id == InboundMail.invitation_id)
        .outerjoin(Wave, Wave.id == Invitation.wave_id)
        .where(
            scope.rows_of(InboundMail),
            InboundMail.kind == MailKind.HUMAN,
            InboundMail.state == InboundState.HANDLED,
        )
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.REPLIED,
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            wave=row.name or "",
            wave_id=row.wave_id,
            text=row.words,
            language=row.language,
            detail=row.detail,
            subject_id=place.row_id,
        )

    return Source(Topic.ANSWERS, 23, InboundMail.received_at, InboundMail.id, statement, told)


def _status_changes(scope: Scope) -> Source:
    before = func.lag(AccountScore.status).over(order_by=AccountScore.as_of)
    days = (
        select(
            AccountScore.id,
            AccountScore.as_of,
            AccountScore.status,
            AccountScore.strength,
            before.label("before"),
        )
        .where(AccountScore.account_id == scope.account_id)
        .subquery()
    )
    # That an account began unmeasured is no event.
    statement = select(days.c.status, days.c.strength, days.c.before).where(
        days.c.status != func.coalesce(days.c.before, "grey")
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.STATUS_CHANGED,
            place,
            before=row.before or "",
            after=row.status,
            strength=row.strength,
        )

    return Source(Topic.ACCOUNT, 17, days.c.as_of, days.c.id, statement, told, END_OF_DAY)


def _renewals(scope: Scope) -> Source:
    statement = select(RenewalOutcome.outcome, RenewalOutcome.amount).where(
        RenewalOutcome.account_id == scope.account_id
    )

    def told(row: Any, place: Place) -> Event:
        amount = None if row.amount is None else float(row.amount)
        return Event(EventKind.RENEWAL, place, detail=row.outcome, amount=amount)

    return Source(Topic.ACCOUNT, 18, RenewalOutcome.renewal_date, RenewalOutcome.id, statement, told, NOON)
