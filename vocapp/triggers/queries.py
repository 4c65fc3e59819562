"""Triggers, what they did and what they are likely to do, read only."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, tuple_
from sqlalchemy.orm import joinedload

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import may_write, sees_all_accounts
from vocapp.signals.models import AccountEvent
from vocapp.triggers.due import happened_at, is_looked_at, people_playing
from vocapp.triggers.models import Trigger, TriggerFiring, TriggerWave
from vocapp.triggers.rules import Outcome, TriggerKind, TriggerOrder, parts_of

LATELY = timedelta(days=30)
LOOKED_BACK = timedelta(days=90)
MONTHS_LOOKED_BACK = 3
# Nobody is asked more often than once a month, whatever happens at their account.
MOST_PER_PERSON = 3


@dataclass
class Doings:
    """What a trigger did lately: how many were asked, wait, and were left out for which reasons."""

    asked: int = 0
    waiting: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def left_out(self) -> int:
        """How many were left out."""
        return self.reasons.total()


def listed_triggers() -> Sequence[Trigger]:
    """Return all triggers by name, with their surveys and senders."""
    triggers = select(Trigger).options(joinedload(Trigger.survey), joinedload(Trigger.sender))
    return db.session.scalars(triggers.order_by(Trigger.name, Trigger.id)).unique().all()


def doings_since(since: datetime) -> dict[int, Doings]:
    """Return trigger id → what it did since a moment; those that did nothing are left out."""
    rows = db.session.execute(
        select(TriggerFiring.trigger_id, TriggerFiring.outcome, TriggerFiring.reason, func.count())
        .where(TriggerFiring.at >= since)
        .group_by(TriggerFiring.trigger_id, TriggerFiring.outcome, TriggerFiring.reason)
    )
    found: dict[int, Doings] = {}
    for trigger_id, outcome, reason, count in rows:
        doings = found.setdefault(trigger_id, Doings())
        if outcome == Outcome.ASKED:
            doings.asked += count
        elif outcome == Outcome.WAITING:
            doings.waiting += count
        else:
            doings.reasons[reason] += count
    return found


def firing_log(trigger: Trigger, *, outcome: str = "") -> Select[TriggerFiring]:
    """Return what became of the events of a trigger, newest first, with accounts and people."""
    log = (
        select(TriggerFiring)
        .where(TriggerFiring.trigger_id == trigger.id)
        .options(joinedload(TriggerFiring.account), joinedload(TriggerFiring.contact))
        .order_by(TriggerFiring.at.desc(), TriggerFiring.id.desc())
    )
    return log.where(TriggerFiring.outcome == outcome) if outcome else log


def titles_of(firings: Collection[TriggerFiring]) -> dict[int, str]:
    """Return firing id → the title of its event; events without one, and renewals, are left out."""
    named = {firing.id: parts_of(firing.event_key) for firing in firings}
    keys = [parts for parts in named.values() if parts[0] != TriggerKind.RENEWAL]
    events = select(
        AccountEvent.kind, AccountEvent.source, AccountEvent.external_key, AccountEvent.title
    ).where(tuple_(AccountEvent.kind, AccountEvent.source, AccountEvent.external_key).in_(keys))
    titles = {(kind, source, key): title for kind, source, key, title in db.session.execute(events)}
    return {number: titles[parts] for number, parts in named.items() if titles.get(parts)}


def triggers_of_waves(wave_ids: Collection[int]) -> Mapping[int, Trigger]:
    """Return wave id → the trigger that opened it; waves launched by people are left out."""
    opened = select(TriggerWave).where(TriggerWave.wave_id.in_(wave_ids))
    rows = db.session.scalars(opened.options(joinedload(TriggerWave.trigger)))
    return {row.wave_id: row.trigger for row in rows}


def senders() -> Sequence[User]:
    """Return the users who may ask the people of any account, by name."""
    users = db.session.scalars(select(User).where(User.active).order_by(User.name, User.email)).unique()
    return [user for user in users if may_write(user.role) and sees_all_accounts(user.role)]


def known_products() -> Sequence[str]:
    """Return the products of accounts, sorted."""
    products = select(Account.product).where(Account.product != "", Account.status == AccountStatus.ACTIVE)
    return db.session.scalars(products.distinct().order_by(Account.product)).all()


def order_of(trigger: Trigger) -> TriggerOrder:
    """Return what a trigger does, as it was written."""
    return TriggerOrder(
        name=trigger.name,
        survey_key=trigger.survey.key,
        kind=TriggerKind(trigger.event_kind),
        delay_days=trigger.delay_days,
        personas=tuple(trigger.personas),
        tiers=tuple(trigger.tiers),
        products=tuple(trigger.products),
        share=trigger.share,
        sender_id=trigger.sender_id,
    )


def people_a_month(order: TriggerOrder, *, now: datetime) -> float:
    """Return how many people a trigger would ask in a month, before anybody is left out.

    By the events of the last 90 days, each person counted at most once a month; of renewals by those of the
    90 days to come.
    """
    people = _renewing(order, now) if order.kind is TriggerKind.RENEWAL else _happening(order, now)
    return people * order.share / 100 / MONTHS_LOOKED_BACK


def _happening(order: TriggerOrder, now: datetime) -> int:
    moment = happened_at(order.kind)
    events = (
        select(
            AccountEvent.account_id, AccountEvent.contact_id, _at_most_monthly(func.count()).label("times")
        )
        .join(Account, Account.id == AccountEvent.account_id)
        .where(
            is_looked_at(order.tiers, order.products),
            Account.status == AccountStatus.ACTIVE,
            AccountEvent.kind == order.kind,
            AccountEvent.is_deleted.is_(False),
            moment > now - LOOKED_BACK,
            moment <= now,
        )
        .group_by(AccountEvent.account_id, AccountEvent.contact_id)
        .subquery()
    )
    named = select(func.sum(events.c.times)).where(events.c.contact_id.is_not(None))
    others = (
        select(func.sum(events.c.times))
        .join(Contact, Contact.account_id == events.c.account_id)
        .where(events.c.contact_id.is_(None), Contact.id.in_(people_playing(order.personas)))
    )
    return int(db.session.scalar(named) or 0) + int(db.session.scalar(others) or 0)


def _at_most_monthly(count: Any) -> Any:
    return case((count > MOST_PER_PERSON, MOST_PER_PERSON), else_=count)


def _renewing(order: TriggerOrder, now: datetime) -> int:
    first = now.date() + timedelta(days=order.delay_days)
    people = (
        select(func.count())
        .select_from(Contact)
        .join(Account, Account.id == Contact.account_id)
        .where(
            is_looked_at(order.tiers, order.products),
            Account.status == AccountStatus.ACTIVE,
            Account.renewal_date > first,
            Account.renewal_date <= first + LOOKED_BACK,
            Contact.id.in_(people_playing(order.personas)),
        )
    )
    return db.session.scalar(people) or 0
