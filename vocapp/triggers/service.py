"""Making triggers, switching them on and off, deleting them."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from vocapp.accounts.holding import NOT_THE_KEY
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey
from vocapp.questionnaires.service import askable_version
from vocapp.triggers.models import Trigger, TriggerFiring
from vocapp.triggers.queries import order_of, senders
from vocapp.triggers.rules import (
    MOST_DELAY_DAYS,
    MOST_RENEWAL_DAYS,
    Outcome,
    Reason,
    TriggerKind,
    TriggerOrder,
)

# Behind it stands the month, in the name of a wave.
LONGEST_NAME = 100


def save_trigger(trigger: Trigger | None, order: TriggerOrder, *, by: User, now: datetime) -> Trigger:
    """Make a trigger, which is off at first, or change one; a survey of the library is published with it.

    A trigger that is on and looks at other events than before begins anew: nothing from before the change is
    asked about. Raises `DomainError` for an order that makes no sense.
    """
    _check(order)
    survey = _survey(order.survey_key)
    if trigger is None:
        trigger = Trigger(created_by_id=by.id, created_at=now)
        db.session.add(trigger)
    elif trigger.active_since is not None and _looks_elsewhere(trigger, order):
        trigger.active_since = now
    trigger.name, trigger.survey_id, trigger.event_kind = order.name, survey.id, order.kind
    trigger.delay_days, trigger.share, trigger.sender_id = order.delay_days, order.share, order.sender_id
    trigger.personas, trigger.tiers = list(order.personas), list(order.tiers)
    trigger.products = list(order.products)
    db.session.flush()
    _tell("trigger_saved", trigger, by)
    return trigger


def switch_on(trigger: Trigger, *, by: User, now: datetime) -> None:
    """Let a trigger ask about what happens from now on; one that is on stays as it is."""
    held = _held(trigger)
    if held.active_since is None:
        held.active_since = now
        db.session.flush()
        _tell("trigger_switched_on", held, by)


def switch_off(trigger: Trigger, *, by: User) -> None:
    """Let a trigger ask nobody any more, those it wanted to ask later included; who was asked may answer."""
    held = _held(trigger)
    if held.active_since is None:
        return
    held.active_since = None
    db.session.execute(
        update(TriggerFiring)
        .where(TriggerFiring.trigger_id == held.id, TriggerFiring.retry_at.is_not(None))
        .values(outcome=Outcome.LEFT_OUT, reason=Reason.SWITCHED_OFF, retry_at=None)
        .execution_options(synchronize_session="fetch")
    )
    db.session.flush()
    _tell("trigger_switched_off", held, by)


def delete_trigger(trigger: Trigger, *, by: User) -> None:
    """Forget a trigger and its log; its waves stay, with everything that was answered."""
    held = _held(trigger)
    _tell("trigger_deleted", held, by)
    db.session.delete(held)
    db.session.flush()


def _check(order: TriggerOrder) -> None:
    if not order.name.strip() or len(order.name) > LONGEST_NAME:
        raise DomainError(f"Give the trigger a name of at most {LONGEST_NAME} characters.")
    if not 1 <= order.share <= 100:
        raise DomainError("Ask at least 1 and at most 100 percent of the events.")
    is_renewal = order.kind is TriggerKind.RENEWAL
    most = MOST_RENEWAL_DAYS if is_renewal else MOST_DELAY_DAYS
    if not (1 if is_renewal else 0) <= order.delay_days <= most:
        raise DomainError(f"Choose {1 if is_renewal else 0} to {most} days.")
    if is_renewal and not order.personas:
        raise DomainError("A renewal names nobody; choose the personas who are asked about it.")
    if order.sender_id is not None and order.sender_id not in {user.id for user in senders()}:
        raise DomainError("This user may not ask the people of every account; choose another sender.")


def _survey(key: str) -> Survey:
    version = askable_version(key)
    if version.survey.archived_at is not None:
        raise DomainError("This survey was archived; choose another one.")
    return version.survey


def _looks_elsewhere(trigger: Trigger, order: TriggerOrder) -> bool:
    return replace(order_of(trigger), name="", survey_key="", sender_id=None) != replace(
        order, name="", survey_key="", sender_id=None
    )


def _held(trigger: Trigger) -> Trigger:
    return db.session.get_one(Trigger, trigger.id, with_for_update=NOT_THE_KEY, populate_existing=True)


def _tell(action: str, trigger: Trigger, by: User) -> None:
    record_act(action, actor_id=by.id, subject_kind="trigger", subject_id=trigger.id)
