"""What other systems add to a story: cases that were opened, escalated and closed, and decided renewals."""

from typing import Any

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.renewals.models import Opportunity, RenewalOutcome
from vocapp.renewals.rules import OpportunityKind
from vocapp.signals.models import AccountEvent
from vocapp.signals.rules import EventKind as SignalKind
from vocapp.timeline.sources import NAME_COLUMNS, Scope, Source, name_of
from vocapp.timeline.story import NOON, Event, EventKind, Place, Topic


def elsewhere_sources(scope: Scope) -> list[Source]:
    """Return the sources that other systems fill, of an account or of one person there."""
    cases = [
        _cases(scope, EventKind.CASE_OPENED, 19, AccountEvent.occurred_at),
        _cases(scope, EventKind.CASE_ESCALATED, 20, AccountEvent.urgent_at),
        _cases(scope, EventKind.CASE_CLOSED, 21, AccountEvent.ended_at),
    ]
    return cases if scope.contact_id is not None else [*cases, _decided_renewals(scope)]


def _cases(scope: Scope, kind: EventKind, rank: int, at: Any) -> Source:
    statement = (
        select(AccountEvent.contact_id, AccountEvent.title, AccountEvent.priority, *NAME_COLUMNS)
        .select_from(AccountEvent)
        .outerjoin(Contact, Contact.id == AccountEvent.contact_id)
        .where(
            scope.rows_of(AccountEvent),
            AccountEvent.kind == SignalKind.CASE,
            AccountEvent.is_deleted.is_(False),
            at.is_not(None),
        )
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            kind,
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            text=row.title,
            detail=row.priority,
        )

    return Source(Topic.ACCOUNT, rank, at, AccountEvent.id, statement, told)


def _decided_renewals(scope: Scope) -> Source:
    """Where an outcome stands for the day, that tells what became of the renewal."""
    is_told = (
        select(RenewalOutcome.id)
        .where(
            RenewalOutcome.account_id == Opportunity.account_id,
            RenewalOutcome.renewal_date == Opportunity.close_date,
        )
        .correlate(Opportunity)
        .exists()
    )
    statement = select(
        Opportunity.name, Opportunity.is_won, Opportunity.amount, Opportunity.currency, Opportunity.owner_name
    ).where(
        Opportunity.account_id == scope.account_id,
        Opportunity.kind == OpportunityKind.RENEWAL,
        Opportunity.is_closed,
        Opportunity.is_deleted.is_(False),
        Opportunity.close_date.is_not(None),
        ~is_told,
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.RENEWAL_DECIDED,
            place,
            text=row.name,
            detail="won" if row.is_won else "lost",
            by=row.owner_name,
            amount=None if row.amount is None else float(row.amount),
            currency=row.currency,
        )

    return Source(Topic.ACCOUNT, 22, Opportunity.close_date, Opportunity.id, statement, told, NOON)
