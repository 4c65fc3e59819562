"""How a renewal ended, and which comes next, as pure judgements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

# Outcomes with these sources were said by people; no CRM writes over them.
IMPORTED = "import"
BY_HAND = "hand"
SAID_BY_PEOPLE = (IMPORTED, BY_HAND)


class OpportunityKind(StrEnum):
    """What is being sold."""

    RENEWAL = "renewal"
    NEW = "new"
    EXPANSION = "expansion"
    OTHER = "other"


class Outcome(StrEnum):
    """How a renewal ended."""

    RENEWED = "renewed"
    CHURNED = "churned"
    CONTRACTED = "contracted"


@dataclass(frozen=True, slots=True)
class OpportunityFacts:
    """One opportunity as a CRM tells it; `external_key` names it there."""

    external_key: str
    account_id: int
    kind: str
    name: str = ""
    stage: str = ""
    amount: Decimal | None = None
    currency: str = ""
    close_date: date | None = None
    is_closed: bool = False
    is_won: bool = False
    owner_name: str = ""
    changed_at: datetime | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What the closed renewals of an account and day came to; `amount` is what it goes on with."""

    renewal_date: date
    outcome: Outcome
    amount: Decimal | None


def outcome_of(renewal: OpportunityFacts, previous: Decimal | None) -> Outcome | None:
    """Return how a renewal ended, or None while nobody knows: it is open, deleted, undated or no renewal.

    A lost renewal is churn whatever it was worth. A won one below `previous`, the yearly amount before it in
    the same currency, is contracted: the customer stays with less. Without an amount on either side nobody
    can say that it shrank, so it is renewed. An open renewal past its date is unknown and not renewed:
    otherwise every late signature would count as good news first.
    """
    if renewal.kind != OpportunityKind.RENEWAL or renewal.is_deleted:
        return None
    if not renewal.is_closed or renewal.close_date is None:
        return None
    if not renewal.is_won:
        return Outcome.CHURNED
    if previous is not None and renewal.amount is not None and renewal.amount < previous:
        return Outcome.CONTRACTED
    return Outcome.RENEWED


def settled_days(opportunities: Iterable[OpportunityFacts]) -> list[Settled]:
    """Return what the closed renewals of one account came to, by day, oldest first.

    Several renewals of one day are one decision in parts: all lost is churn, some lost is contraction, all
    won are judged by their sum. What went before is the last won renewal or new business, and expansions won
    since then. An amount is left out of the comparison when its parts have different currencies.
    """
    days: dict[date, list[OpportunityFacts]] = {}
    for one in opportunities:
        if one.is_closed and not one.is_deleted and one.close_date is not None:
            days.setdefault(one.close_date, []).append(one)
    settled: list[Settled] = []
    before: tuple[Decimal | None, str] = (None, "")
    for day in sorted(days):
        renewals = [one for one in days[day] if one.kind == OpportunityKind.RENEWAL]
        if renewals:
            settled.append(_settle_day(day, renewals, before))
        before = _amount_after(days[day], before)
    return settled


def _settle_day(
    day: date, renewals: Sequence[OpportunityFacts], before: tuple[Decimal | None, str]
) -> Settled:
    won = [one for one in renewals if one.is_won]
    if not won:
        return Settled(day, Outcome.CHURNED, Decimal(0))
    amount, currency = _total(won)
    if len(won) < len(renewals):
        return Settled(day, Outcome.CONTRACTED, amount)
    whole = OpportunityFacts(
        external_key="",
        account_id=won[0].account_id,
        kind=OpportunityKind.RENEWAL,
        amount=amount,
        close_date=day,
        is_closed=True,
        is_won=True,
    )
    return Settled(
        day, outcome_of(whole, before[0] if currency == before[1] else None) or Outcome.RENEWED, amount
    )


def _amount_after(
    closed: Sequence[OpportunityFacts], before: tuple[Decimal | None, str]
) -> tuple[Decimal | None, str]:
    """Return what an account pays, and in which currency, after what was closed on a day."""
    won = [one for one in closed if one.is_won]
    base = [one for one in won if one.kind in (OpportunityKind.RENEWAL, OpportunityKind.NEW)]
    has_renewal = any(one.kind == OpportunityKind.RENEWAL for one in closed)
    amount, currency = _total(base) if base else (None, "") if has_renewal else before
    for one in won:
        if one.kind == OpportunityKind.EXPANSION and amount is not None:
            is_same = one.amount is not None and one.currency == currency
            amount = amount + one.amount if is_same and one.amount is not None else amount
    return amount, currency


def _total(parts: Sequence[OpportunityFacts]) -> tuple[Decimal | None, str]:
    """Return the sum of amounts and their currency; None where one is missing or they differ in currency."""
    amounts = [one.amount for one in parts if one.amount is not None]
    currencies = {one.currency for one in parts}
    if len(amounts) < len(parts) or len(currencies) != 1:
        return None, ""
    return sum(amounts, Decimal(0)), currencies.pop()


def next_renewal(renewals: Iterable[OpportunityFacts]) -> date | None:
    """Return the day of the nearest open renewal, None without one.

    One that is past its day and still open is the nearest of all: it is what the account waits for.
    """
    days = [
        one.close_date
        for one in renewals
        if one.kind == OpportunityKind.RENEWAL
        and not one.is_closed
        and not one.is_deleted
        and one.close_date is not None
    ]
    return min(days, default=None)
