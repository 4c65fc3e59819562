"""Accounts worst first, who took part in the latest wave and what came of it: the board's rows, read only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from surveys.status import Status
from vocapp.accounts.models import Account, Contact, Tier
from vocapp.accounts.queries import visible_accounts
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import contains_text, db
from vocapp.engagement.rules import outcome_of
from vocapp.identity.models import User
from vocapp.portfolio.rules import LONG_SILENCE, Silence, days_of
from vocapp.relationship.models import AccountScore
from vocapp.responses.models import Response

NOBODY = "nobody"
# What a filter says for accounts that have none of it.
WITHOUT = "-"

# An account without a score belongs to nobody's worst: it is not known, not bad.
STATUS = func.coalesce(AccountScore.status, Status.GREY)
RANK = case(
    {Status.RED.value: 0, Status.AMBER.value: 1, Status.GREY.value: 2, Status.GREEN.value: 3}, value=STATUS
)
# Worst first: by status, and within a status by strength; all in one number, so that it sorts either way.
STANDING = RANK * 1000 + func.coalesce(AccountScore.strength, 500)

_WHOLE = func.coalesce(AccountScore.silent_waves, 0)
_DECIDER = func.coalesce(AccountScore.decision_maker_silent_waves, 0)
SILENT: dict[str, ColumnElement[bool]] = {
    Silence.ANY: or_(_WHOLE > 0, _DECIDER > 0),
    Silence.WHOLE: _WHOLE > 0,
    Silence.LONG: _WHOLE >= LONG_SILENCE,
    Silence.DECIDER: _DECIDER > 0,
}

COLUMNS: dict[str, Any] = {
    "standing": STANDING,
    "name": func.lower(Account.name),
    "tier": Tier.rank,
    "arr": Account.arr,
    "renewal": Account.renewal_date,
    "strength": AccountScore.strength,
    "owner": func.lower(User.name),
}


@dataclass(frozen=True)
class Filters:
    """What narrows a list of accounts; empty means any.

    `tier` and `owner` are ids as text; `tier` and `region` may be "-" for accounts without one, `owner`
    "nobody". `renewal` is a quarter such as "2026-Q1", or "-" for no date; `silence` a `Silence`.
    """

    search: str = ""
    tier: str = ""
    region: str = ""
    industry: str = ""
    status: str = ""
    owner: str = ""
    renewal: str = ""
    silence: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered."""
        return self != Filters()

    @property
    def address(self) -> dict[str, str]:
        """What an address says to ask for the same accounts."""
        named = {"q" if one.name == "search" else one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in named.items() if value}


def matching(filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions that filters mean on accounts joined with their latest scores."""
    conditions: list[ColumnElement[bool]] = []
    if filters.search:
        conditions.append(contains_text(Account.name, filters.search))
    if filters.tier == WITHOUT:
        conditions.append(Account.tier_id.is_(None))
    elif filters.tier:
        conditions.append(Account.tier_id == int(filters.tier) if filters.tier.isdecimal() else _never())
    if filters.region:
        conditions.append(Account.region == ("" if filters.region == WITHOUT else filters.region))
    if filters.industry:
        conditions.append(Account.industry == filters.industry)
    if filters.status:
        conditions.append(STATUS == filters.status)  # noqa: SIM300 - a column goes first
    if filters.owner == NOBODY:
        conditions.append(Account.owner_id.is_(None))
    elif filters.owner:
        conditions.append(Account.owner_id == int(filters.owner) if filters.owner.isdecimal() else _never())
    if filters.renewal:
        conditions.append(_renews(filters.renewal))
    if filters.silence:
        conditions.append(SILENT.get(filters.silence, _never()))
    return conditions


def _renews(quarter: str) -> ColumnElement[bool]:
    if quarter == WITHOUT:
        return Account.renewal_date.is_(None)
    days = days_of(quarter)
    return _never() if days is None else Account.renewal_date.between(*days)


def _never() -> ColumnElement[bool]:
    return Account.id < 0


def customers(user: User) -> Select[Any]:
    """Return a select of a user's present accounts joined with tier, owner and latest score."""
    return (
        visible_accounts(user)
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .outerjoin(User, User.id == Account.owner_id)
        .outerjoin(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        .where(Account.status == AccountStatus.ACTIVE)
    )


def board_accounts(user: User, filters: Filters, order: ColumnElement[Any]) -> Select[Any]:
    """Return a select of the board's rows; ties by name."""
    columns: tuple[Any, ...] = (
        Account.id,
        Account.name,
        Account.arr,
        Account.currency,
        Account.renewal_date,
        Tier.name.label("tier"),
        User.name.label("owner"),
        STATUS.label("status"),
    )
    return (
        customers(user)
        .with_only_columns(*columns)
        .where(*matching(filters))
        .order_by(order, Account.name, Account.id)
    )


def has_accounts(user: User) -> bool:
    """Whether a user sees any present account."""
    ids = visible_accounts(user).with_only_columns(Account.id).where(Account.status == AccountStatus.ACTIVE)
    return db.session.scalar(ids.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user's accounts can be filtered by, as (value, text)."""

    tiers: Sequence[tuple[int, str]]
    regions: Sequence[tuple[str, str]]
    industries: Sequence[tuple[str, str]]
    owners: Sequence[tuple[int, str]]


def filter_choices(user: User) -> Choices:
    """Return the tiers, regions, industries and owners that a user's present accounts have."""
    here = visible_accounts(user).where(Account.status == AccountStatus.ACTIVE).order_by(None)
    rows = db.session.execute(
        here.with_only_columns(Account.tier_id, Account.region, Account.industry, Account.owner_id).distinct()
    ).all()
    tiers = db.session.execute(
        select(Tier.id, Tier.name).where(Tier.id.in_({row[0] for row in rows})).order_by(Tier.rank, Tier.id)
    )
    owners = db.session.execute(
        select(User.id, User.name).where(User.id.in_({row[3] for row in rows})).order_by(User.name, User.id)
    )
    return Choices(
        tiers=[(tier_id, name) for tier_id, name in tiers],
        regions=[(name, name) for name in sorted({row[1] for row in rows if row[1]})],
        industries=[(name, name) for name in sorted({row[2] for row in rows if row[2]})],
        owners=[(user_id, name) for user_id, name in owners],
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """One invited person of a wave and what came of it, in the words of the participation marks."""

    contact_id: int
    name: str
    outcome: str
    is_decision_maker: bool = False


_IN_ORDER = ("answered", "partial", "declined", "waiting", "silent", "not_reached")


def latest_marks(account_ids: Collection[int]) -> dict[int, list[Mark]]:
    """Return account id → one mark per person invited in its latest launched wave, answered first."""
    launched = (
        select(Invitation.account_id, func.max(Wave.launched_at).label("at"))
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(Invitation.account_id.in_(account_ids), Wave.launched_at.is_not(None))
        .group_by(Invitation.account_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Invitation.account_id,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.status,
            Invitation.state,
            Response.state,
            Response.quarantine_reason,
        )
        .join(launched, launched.c.account_id == Invitation.account_id)
        .join(Wave, (Wave.id == Invitation.wave_id) & (Wave.launched_at == launched.c.at))
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.account_id.in_(account_ids), Contact.merged_into_id.is_(None))
        .order_by(Contact.last_name, Contact.first_name, Contact.id)
    )
    marks: defaultdict[int, list[Mark]] = defaultdict(list)
    for account_id, contact_id, first, last, email, status, state, response_state, doubt in rows:
        outcome = outcome_of(state, status, response_state, doubt)
        marks[account_id].append(Mark(contact_id, f"{first} {last}".strip() or email, outcome))
    for found in marks.values():
        found.sort(key=lambda mark: _IN_ORDER.index(mark.outcome))
    return marks


def strengths_since(account_ids: Collection[int], since: date) -> dict[int, list[tuple[date, float | None]]]:
    """Return account id → (day of change, strength), oldest first: that in force on a day and all since.

    Strengths of another method than the latest one are None: no line runs from one into the other.
    """
    earlier, latest = aliased(AccountScore), aliased(AccountScore)
    before = (
        select(func.max(earlier.as_of))
        .where(earlier.account_id == AccountScore.account_id, earlier.as_of <= since)
        .correlate(AccountScore)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            AccountScore.account_id,
            AccountScore.as_of,
            case((AccountScore.method_version == latest.method_version, AccountScore.strength)),
        )
        .join(latest, and_(latest.account_id == AccountScore.account_id, latest.is_latest))
        .where(
            AccountScore.account_id.in_(account_ids),
            or_(AccountScore.as_of > since, AccountScore.as_of == before),
        )
        .order_by(AccountScore.account_id, AccountScore.as_of)
    )
    found: defaultdict[int, list[tuple[date, float | None]]] = defaultdict(list)
    for account_id, as_of, strength in rows:
        found[account_id].append((as_of, strength))
    return found


@dataclass(frozen=True, slots=True)
class OpenWaves:
    """The waves that take answers now, together: how many people got how far, and when the first one ends."""

    waves: Sequence[tuple[int, str]]
    closes: Sequence[date]
    asked: int
    delivered: int
    answered: int

    @property
    def is_single(self) -> bool:
        """Whether there is exactly one."""
        return len(self.waves) == 1


def open_waves(user: User) -> OpenWaves:
    """Return the open waves a user may see, and how far their invitations got, as one."""
    waves = visible_waves(user).where(Wave.state == WaveState.OPEN).order_by(Wave.closes_at, Wave.id)
    rows = db.session.execute(waves.with_only_columns(Wave.id, Wave.name, Wave.closes_at)).all()
    answered = case((Invitation.state == InvitationState.COMPLETED, 1))
    asked, delivered, complete = db.session.execute(
        select(func.count(), func.count(Invitation.delivered_at), func.count(answered)).where(
            Invitation.wave_id.in_([row.id for row in rows])
        )
    ).one()
    return OpenWaves(
        waves=[(row.id, row.name) for row in rows],
        closes=[row.closes_at.date() for row in rows if row.closes_at is not None],
        asked=asked,
        delivered=delivered,
        answered=complete,
    )


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """One CSM's accounts in numbers; `owner_id` None are the accounts nobody owns. ARR by currency."""

    owner_id: int | None
    name: str
    accounts: int
    statuses: dict[str, int]
    arr: dict[str, float]
    strength: float | None
    measured: int
    renewals: int


def accounts_by_owner(user: User, filters: Filters, *, today: date) -> list[OwnerRow]:
    """Return one row per owner of the accounts a user sees, most accounts at risk first."""
    soon = case((Account.renewal_date.between(today, today + timedelta(days=90)), 1))
    rows = db.session.execute(
        customers(user)
        .with_only_columns(
            Account.owner_id,
            User.name,
            STATUS,
            Account.currency,
            func.count(),
            func.sum(Account.arr),
            func.sum(AccountScore.strength),
            func.count(AccountScore.strength),
            func.count(soon),
        )
        .where(*matching(filters))
        .group_by(Account.owner_id, User.name, STATUS, Account.currency)
    ).all()
    owners: defaultdict[int | None, list[Any]] = defaultdict(list)
    for row in rows:
        owners[row[0]].append(row)
    found = [_owner_row(owner_id, group) for owner_id, group in owners.items()]
    return sorted(found, key=lambda row: (-row.statuses.get(Status.RED, 0), row.name))


def _owner_row(owner_id: int | None, rows: Sequence[Any]) -> OwnerRow:
    statuses: defaultdict[str, int] = defaultdict(int)
    arr: defaultdict[str, float] = defaultdict(float)
    for _owner, _name, status, currency, count, amount, *_rest in rows:
        statuses[status] += count
        if amount is not None:
            arr[currency] += float(amount)
    measured = sum(row[7] for row in rows)
    return OwnerRow(
        owner_id=owner_id,
        name=rows[0][1] or "",
        accounts=sum(row[4] for row in rows),
        statuses=dict(statuses),
        arr=dict(sorted(arr.items())),
        strength=sum(row[6] or 0 for row in rows) / measured if measured else None,
        measured=measured,
        renewals=sum(row[8] for row in rows),
    )
