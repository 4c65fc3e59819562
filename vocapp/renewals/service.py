"""Taking in opportunities, and writing down how the renewals among them ended."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, update

from vocapp.accounts.models import Account
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.renewals.models import Opportunity, RenewalOutcome
from vocapp.renewals.rules import (
    BY_HAND,
    IMPORTED,
    SAID_BY_PEOPLE,
    OpportunityFacts,
    Settled,
    next_renewal,
    settled_days,
)
from vocapp.signals.landing import forget_what_was_read, in_steps, land, present_accounts, stored_rows
from vocapp.signals.rules import Landed

_KEY = ("source", "external_key")
_CENT = Decimal("0.01")
_NAME_LENGTH, _STAGE_LENGTH, _OWNER_LENGTH = 200, 80, 200


@dataclass(frozen=True, slots=True)
class Settlement:
    """How many outcomes were written, changed and taken back, and how many renewal dates were moved."""

    written: int = 0
    changed: int = 0
    taken_back: int = 0
    dates_moved: int = 0


def record_opportunities(rows: Sequence[OpportunityFacts], *, source: str, now: datetime) -> Landed:
    """Write opportunities of one source ("salesforce:3"); the same rows a second time change nothing.

    Of two rows with one key the last counts, and a row that is older than what is known changes nothing. What
    belongs to an account that became part of another goes to that one; rows of accounts that are not there
    are left out and counted nowhere. `settle_renewals` says what follows.
    """
    wanted = {(source, one.external_key): one for one in rows}
    accounts = present_accounts({one.account_id for one in wanted.values()})
    values, outdated = {}, 0
    for keys in in_steps(sorted(wanted)):
        known = stored_rows(Opportunity, keys, key=_KEY)
        for key in keys:
            one = wanted[key]
            if one.account_id not in accounts:
                continue
            if key in known and _is_older(one.changed_at, known[key]["changed_at"]):
                outdated += 1
            else:
                values[key] = _values(one, accounts[one.account_id])
    landed = land(Opportunity, values, key=_KEY, now=now)
    return Landed(landed.created, landed.updated, landed.unchanged + outdated)


def _is_older(told: datetime | None, known: datetime | None) -> bool:
    return told is not None and known is not None and told < known


def _values(one: OpportunityFacts, account_id: int) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "name": one.name[:_NAME_LENGTH],
        "stage": one.stage[:_STAGE_LENGTH],
        "kind": one.kind,
        "amount": None if one.amount is None else one.amount.quantize(_CENT),
        "currency": one.currency,
        "close_date": one.close_date,
        "is_closed": one.is_closed,
        "is_won": one.is_won,
        "owner_name": one.owner_name[:_OWNER_LENGTH],
        "changed_at": one.changed_at,
        "is_deleted": one.is_deleted,
    }


def enter_outcome(account_id: int, said: Settled) -> tuple[RenewalOutcome, bool]:
    """Keep how a renewal ended, as a program says, and return it with whether it is new.

    Like a row of an imported file: no CRM writes over it, and it writes over no word of ours. Raises
    `DomainError` where somebody here said something else.
    """
    values = {"outcome": said.outcome, "amount": said.amount, "source": IMPORTED}
    key = {"account_id": account_id, "renewal_date": said.renewal_date}
    new = insert_new(RenewalOutcome).values(**key, **values).on_conflict_do_nothing()
    is_new = db.session.scalar(new.returning(RenewalOutcome.id)) is not None
    kept = db.session.scalars(select(RenewalOutcome).filter_by(**key).with_for_update()).one()
    if kept.source == BY_HAND and kept.outcome != said.outcome:
        raise DomainError("Somebody here entered this outcome by hand; theirs stands.")
    if kept.source != BY_HAND:
        kept.outcome, kept.source = said.outcome, IMPORTED
        # Who names no amount changes none.
        kept.amount = kept.amount if said.amount is None else said.amount.quantize(_CENT)
        db.session.flush()
    return kept, is_new


def settle_renewals(
    account_ids: Collection[int], *, now: datetime, moves_renewal_date: bool = False
) -> Settlement:
    """Write down how the closed renewals of accounts ended, up to today; a second run changes nothing.

    An outcome that was imported or entered by hand stands. One that came from opportunities is changed or
    taken back with them: reopened, deleted, moved to another day. With `moves_renewal_date` an account's
    renewal date becomes that of its nearest open renewal; without an open one it stays.
    """
    accounts = sorted(set(present_accounts(account_ids).values()))
    total = Settlement()
    for some in in_steps(accounts):
        told = _told(some)
        done = _settle(some, told, now.date())
        moved = _move_dates(some, told) if moves_renewal_date else 0
        total = Settlement(
            total.written + done.written,
            total.changed + done.changed,
            total.taken_back + done.taken_back,
            total.dates_moved + moved,
        )
    if total != Settlement():
        forget_what_was_read()
    return total


def _told(account_ids: Sequence[int]) -> dict[int, dict[str, list[OpportunityFacts]]]:
    """Return account id → source → its opportunities."""
    found: dict[int, dict[str, list[OpportunityFacts]]] = defaultdict(lambda: defaultdict(list))
    rows = select(Opportunity).where(Opportunity.account_id.in_(account_ids)).order_by(Opportunity.id)
    for row in db.session.scalars(rows):
        facts = OpportunityFacts(
            external_key=row.external_key,
            account_id=row.account_id,
            kind=row.kind,
            amount=row.amount,
            currency=row.currency,
            close_date=row.close_date,
            is_closed=row.is_closed,
            is_won=row.is_won,
            is_deleted=row.is_deleted,
        )
        found[row.account_id][row.source].append(facts)
    return found


def _settle(
    account_ids: Sequence[int], told: dict[int, dict[str, list[OpportunityFacts]]], today: date
) -> Settlement:
    wanted = _wanted(told, today)
    stored = {
        (row.account_id, row.renewal_date): row
        for row in db.session.execute(
            select(RenewalOutcome.__table__).where(RenewalOutcome.account_id.in_(account_ids))
        )
    }
    gone = [row.id for key, row in stored.items() if row.source not in SAID_BY_PEOPLE and key not in wanted]
    new = [values for key, values in wanted.items() if key not in stored]
    changed = [
        {"id": stored[key].id, **values}
        for key, values in wanted.items()
        if key in stored
        and stored[key].source not in SAID_BY_PEOPLE
        and any(stored[key]._mapping[name] != value for name, value in values.items())
    ]
    if gone:
        taken = delete(RenewalOutcome).where(RenewalOutcome.id.in_(gone))
        db.session.execute(taken.execution_options(synchronize_session=False))
    if changed:
        db.session.execute(update(RenewalOutcome), changed)
    if new:
        # Somebody may have entered one by hand meanwhile: theirs stands.
        db.session.execute(insert_new(RenewalOutcome).values(new).on_conflict_do_nothing())
    return Settlement(len(new), len(changed), len(gone))


def _wanted(
    told: dict[int, dict[str, list[OpportunityFacts]]], today: date
) -> dict[tuple[int, date], dict[str, Any]]:
    """Return (account id, day) → the outcome to be stored; of two sources for one day the first stands."""
    wanted: dict[tuple[int, date], dict[str, Any]] = {}
    for account_id, sources in told.items():
        for source in sorted(sources):
            for one in settled_days(sources[source]):
                if one.renewal_date <= today:
                    wanted.setdefault((account_id, one.renewal_date), _outcome(account_id, source, one))
    return wanted


def _outcome(account_id: int, source: str, one: Settled) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "renewal_date": one.renewal_date,
        "outcome": one.outcome.value,
        "amount": one.amount,
        "source": source,
    }


def _move_dates(account_ids: Sequence[int], told: dict[int, dict[str, list[OpportunityFacts]]]) -> int:
    known = dict(
        db.session.execute(select(Account.id, Account.renewal_date).where(Account.id.in_(account_ids))).all()
    )
    moved = []
    for account_id, sources in told.items():
        nearest = next_renewal(one for some in sources.values() for one in some)
        if nearest is not None and known[account_id] != nearest:
            moved.append({"id": account_id, "renewal_date": nearest})
    if moved:
        db.session.execute(update(Account), moved)
    return len(moved)
