"""Which events wait for a trigger, and what an event is like at this moment; read only."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, select

from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey
from vocapp.signals.models import AccountEvent
from vocapp.triggers.models import Trigger, TriggerFiring
from vocapp.triggers.rules import (
    LOOK_BACK,
    PATIENCE,
    SAME_RENEWAL,
    DueEvent,
    Outcome,
    TriggerKind,
    event_key,
    event_seen,
    key_of_event,
    parts_of,
    renewal_seen,
)

NAMES_A_STRANGER = "names_a_stranger"


def triggers_that_are_on() -> Sequence[int]:
    """Return the ids of triggers that are switched on and whose survey can be asked."""
    on = (
        select(Trigger.id)
        .join(Survey, Survey.id == Trigger.survey_id)
        .where(Trigger.active_since.is_not(None), Survey.archived_at.is_(None))
        .order_by(Trigger.id)
    )
    return db.session.scalars(on).all()


def is_on(trigger: Trigger) -> bool:
    """Whether a trigger asks anybody."""
    return trigger.active_since is not None and trigger.survey.archived_at is None


def due_events(trigger: Trigger, *, now: datetime, limit: int) -> list[DueEvent]:
    """Return the events whose day has come and that this trigger has not looked at yet, oldest first."""
    if trigger.active_since is None:
        return []
    if trigger.event_kind == TriggerKind.RENEWAL:
        return _due_renewals(trigger, trigger.active_since, now=now, limit=limit)
    moment = happened_at(trigger.event_kind)
    delay = timedelta(days=trigger.delay_days)
    key = literal(f"{trigger.event_kind}|", String) + AccountEvent.source + "|" + AccountEvent.external_key
    due = (
        select(AccountEvent)
        .join(Account, Account.id == AccountEvent.account_id)
        .where(
            is_looked_at(trigger.tiers, trigger.products),
            AccountEvent.kind == trigger.event_kind,
            AccountEvent.is_deleted.is_(False),
            moment >= max(trigger.active_since, now - delay - LOOK_BACK),
            moment <= now - delay,
            ~exists().where(TriggerFiring.trigger_id == trigger.id, TriggerFiring.event_key == key),
        )
        .order_by(moment, AccountEvent.id)
        .limit(limit)
    )
    return [_seen(trigger, event, now=now) for event in db.session.scalars(due)]


def event_now(trigger: Trigger, key: str, account_id: int, *, now: datetime) -> DueEvent | None:
    """Return an event of a trigger as it is now, None when it is withdrawn: deleted, or a renewal that moved.

    One that is not over any more has no `due_at`.
    """
    kind, source, name = parts_of(key)
    if kind == TriggerKind.RENEWAL:
        account = db.session.get(Account, account_id, populate_existing=True)
        if account is None or account.renewal_date != date.fromisoformat(name):
            return None
        return renewal_seen(account_id, account.renewal_date, delay_days=trigger.delay_days)
    event = db.session.scalar(
        select(AccountEvent)
        .where(AccountEvent.kind == kind, AccountEvent.source == source, AccountEvent.external_key == name)
        .execution_options(populate_existing=True)
    )
    if event is None or event.is_deleted or event.account_id != account_id:
        return None
    return _seen(trigger, event, now=now)


def people_at(event: DueEvent, persona_ids: Sequence[int]) -> list[int]:
    """Return the contacts an event asks: whom it names, else who plays one of some personas there."""
    if event.contact_id is not None:
        kept = func.coalesce(Contact.merged_into_id, Contact.id)
        return list(db.session.scalars(select(kept).where(Contact.id == event.contact_id)))
    if event.names_a_stranger:
        return []
    return list(db.session.scalars(people_playing(persona_ids).where(Contact.account_id == event.account_id)))


def people_playing(persona_ids: Sequence[int]) -> Select[int]:
    """Return a select of the ids of active contacts who play one of some personas, in their order."""
    plays = Contact.personas.any(Persona.id.in_(persona_ids))
    active = and_(Contact.status == ContactStatus.ACTIVE, Contact.merged_into_id.is_(None))
    return select(Contact.id).where(active, plays).order_by(Contact.id)


def asked_about(event: DueEvent, contact_ids: Sequence[int]) -> set[int]:
    """Return those of some contacts whom any trigger asked about this event."""
    asked = select(TriggerFiring.contact_id, TriggerFiring.event_key).where(
        TriggerFiring.contact_id.in_(contact_ids), TriggerFiring.outcome == Outcome.ASKED
    )
    return {number for number, key in db.session.execute(asked) if key_of_event(key) == event.key and number}


def firings_to_look_at(*, now: datetime, limit: int) -> Sequence[int]:
    """Return the ids of firings of switched-on triggers that are to be looked at again, oldest first."""
    due = (
        select(TriggerFiring.id)
        .where(TriggerFiring.retry_at <= now, TriggerFiring.trigger_id.in_(triggers_that_are_on()))
        .order_by(TriggerFiring.retry_at, TriggerFiring.id)
        .limit(limit)
    )
    return db.session.scalars(due).all()


def happened_at(kind: str) -> Any:
    """Return the column that says when an event of a kind happened: a case when it was closed."""
    return AccountEvent.ended_at if kind == TriggerKind.CASE else AccountEvent.occurred_at


def is_looked_at(tiers: Sequence[int], products: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition on accounts that a trigger with these tiers and products looks at; none: all."""
    conditions = [Account.status != AccountStatus.MERGED]
    if tiers:
        conditions.append(Account.tier_id.in_(tiers))
    if products:
        conditions.append(Account.product.in_(products))
    return and_(*conditions)


def _seen(trigger: Trigger, event: AccountEvent, *, now: datetime) -> DueEvent:
    return event_seen(
        event_key(event.kind, event.source, event.external_key),
        event.account_id,
        event.ended_at if event.kind == TriggerKind.CASE else event.occurred_at,
        delay_days=trigger.delay_days,
        contact_id=event.contact_id,
        names_a_stranger=bool(event.details.get(NAMES_A_STRANGER)),
        now=now,
    )


def _due_renewals(trigger: Trigger, active_since: datetime, *, now: datetime, limit: int) -> list[DueEvent]:
    delay = timedelta(days=trigger.delay_days)
    today = now.date()
    key = (
        literal(f"{TriggerKind.RENEWAL}|", String)
        + cast(Account.id, String)
        + "|"
        + cast(Account.renewal_date, String)
    )
    # Of a date that moved after somebody was asked about it: it is still the same renewal.
    was_asked = exists().where(
        TriggerFiring.trigger_id == trigger.id,
        TriggerFiring.account_id == Account.id,
        TriggerFiring.outcome == Outcome.ASKED,
        TriggerFiring.at > now - SAME_RENEWAL,
    )
    due = (
        select(Account.id, Account.renewal_date)
        .where(
            is_looked_at(trigger.tiers, trigger.products),
            Account.status == AccountStatus.ACTIVE,
            Account.renewal_date > max(today, today + delay - PATIENCE, active_since.date() + delay),
            Account.renewal_date <= today + delay,
            ~exists().where(TriggerFiring.trigger_id == trigger.id, TriggerFiring.event_key == key),
            ~was_asked,
        )
        .order_by(Account.renewal_date, Account.id)
        .limit(limit)
    )
    return [
        renewal_seen(account_id, renews_on, delay_days=trigger.delay_days)
        for account_id, renews_on in db.session.execute(due)
        if renews_on is not None
    ]
