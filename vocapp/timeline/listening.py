"""What waves and renewals add to a story: who was asked, answered or stayed silent, and what that led to."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.outbox.models import Message
from vocapp.relationship.models import AccountScore
from vocapp.renewals.models import RenewalOutcome
from vocapp.responses.models import Referral, Response
from vocapp.timeline.sources import NAME_COLUMNS, Scope, Source, name_of
from vocapp.timeline.story import END_OF_DAY, NOON, Event, EventKind, Place, Topic

SETTLED = {
    InvitationState.DECLINED: EventKind.DECLINED,
    InvitationState.OPTED_OUT: EventKind.OPTED_OUT,
    InvitationState.BOUNCED: EventKind.NOT_REACHED,
}


def listening_sources(scope: Scope) -> list[Source]:
    """Return the sources of an account's waves, or of one person's part in them."""
    shared = [_answers(scope), _settled(scope), _referrals(scope)]
    if scope.contact_id is not None:
        return [*shared, _asked(scope), _silences(scope)]
    return [*shared, _launches(scope), _closes(scope), _status_changes(scope), _renewals(scope)]


def _waves_here(account_id: int) -> ColumnElement[bool]:
    asked = select(Invitation.wave_id).where(Invitation.account_id == account_id)
    return Wave.id.in_(asked)


def _invitations(account_id: int, *conditions: Any) -> Any:
    """Return how many invitations of the wave at hand fit at an account, as a column."""
    return (
        select(func.count())
        .select_from(Invitation)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(
            Invitation.wave_id == Wave.id,
            Invitation.account_id == account_id,
            # Two records of one person, asked in one wave, are one person asked.
            Contact.merged_into_id.is_(None),
            *conditions,
        )
        .correlate(Wave)
        .scalar_subquery()
    )


def _launches(scope: Scope) -> Source:
    statement = select(
        Wave.id.label("wave_id"), Wave.name, _invitations(scope.account_id).label("whole")
    ).where(Wave.launched_at.is_not(None), _waves_here(scope.account_id))

    def told(row: Any, place: Place) -> Event:
        return Event(EventKind.WAVE_LAUNCHED, place, wave=row.name, wave_id=row.wave_id, whole=row.whole)

    return Source(Topic.WAVES, 0, Wave.launched_at, Wave.id, statement, told)


def _closes(scope: Scope) -> Source:
    answered = (
        select(func.count())
        .select_from(Response)
        .where(
            Response.wave_id == Wave.id,
            Response.account_id == scope.account_id,
            Response.quarantine_reason.is_(None),
        )
        .correlate(Wave)
        .scalar_subquery()
    )
    silent = _invitations(scope.account_id, *_is_silent())
    statement = select(
        Wave.id.label("wave_id"),
        Wave.name,
        _invitations(scope.account_id).label("whole"),
        answered.label("answered"),
        silent.label("silent"),
    ).where(
        Wave.launched_at.is_not(None),
        Wave.state != WaveState.OPEN,
        Wave.closes_at.is_not(None),
        _waves_here(scope.account_id),
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.WAVE_CLOSED,
            place,
            wave=row.name,
            wave_id=row.wave_id,
            number=row.answered,
            whole=row.whole,
            more=row.silent,
        )

    return Source(Topic.WAVES, 8, func.coalesce(Wave.closed_at, Wave.closes_at), Wave.id, statement, told)


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
    statement = (
        select(
            Response.contact_id,
            Response.rating,
            Response.comment,
            Response.language,
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
            text=row.comment,
            language=row.language,
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
