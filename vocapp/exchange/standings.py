"""Accounts among own ones and those of others, and what others told, for the pages; read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from sqlalchemy import select

from surveys.standing import MINIMUM_PEERS
from vocapp.accounts.models import Account
from vocapp.accounts.queries import visible_accounts
from vocapp.accounts.rules import AccountStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.exchange.models import ExchangeCell, ExchangeImport
from vocapp.exchange.pooling import Pooled, pool
from vocapp.exchange.queries import has_only_demo, newest_imports, partners, subjects
from vocapp.exchange.rules import (
    LADDER,
    Cohort,
    Exchanged,
    Subject,
    Summary,
    in_thousandths,
    is_measured_alike,
)
from vocapp.identity.models import User
from vocapp.method.queries import method_on

# Figures older than this are shown and no longer counted.
USABLE = timedelta(days=365)


class Use(StrEnum):
    """Whether a partner's figures count among ours, or why not."""

    COUNTS = "counts"
    NOT_TRUSTED = "not_trusted"
    MADE_UP = "made_up"
    TOO_OLD = "too_old"
    OTHER_METHOD = "other_method"


@dataclass(frozen=True, slots=True)
class Source:
    """A partner's newest file and what may be done with it; `is_trusted`: its key still is."""

    file: ExchangeImport
    name: str
    use: Use

    @property
    def is_trusted(self) -> bool:
        """Whether somebody here still trusts the key it is signed with."""
        return self.use is not Use.NOT_TRUSTED


@dataclass(frozen=True, slots=True)
class OuterCohort:
    """A cohort of a partner."""

    source: Source
    cohort: Cohort
    told: Summary


@dataclass(frozen=True, slots=True)
class PooledStanding:
    """An account, its value in points, and where it stands in which cohort; None without others of theirs."""

    value: float | None
    cohort: Cohort | None
    pooled: Pooled | None
    own_percentile: float | None


@dataclass(frozen=True, slots=True)
class WithOthers:
    """The page of one measure: partners, and a page of accounts with their standings."""

    measure: Exchanged
    sources: Sequence[Source]
    accounts: Page
    standings: Mapping[int, PooledStanding]


def sources_for(measure: Exchanged, *, today: date) -> Sequence[Source]:
    """Return the newest file of each partner, by name, and whether it counts for a measure."""
    names = {partner.fingerprint: partner.name for partner in partners()}
    ours = in_thousandths(method_on(today).parameters)
    is_demo = has_only_demo()
    found = []
    for file in newest_imports():
        if file.fingerprint not in names:
            use = Use.NOT_TRUSTED
        elif file.is_demo and not is_demo:
            use = Use.MADE_UP
        elif today - file.to_on > USABLE:
            use = Use.TOO_OLD
        elif not is_measured_alike(measure, ours, file.parameters):
            use = Use.OTHER_METHOD
        else:
            use = Use.COUNTS
        found.append(Source(file, names.get(file.fingerprint, file.name), use))
    return sorted(found, key=lambda source: (source.name.casefold(), source.file.id))


def outer_cohorts(measure: Exchanged, *, today: date) -> Sequence[OuterCohort]:
    """Return what partners told of a measure, widest cohorts first."""
    sources = {source.file.id: source for source in sources_for(measure, today=today)}
    cells = db.session.scalars(
        select(ExchangeCell)
        .where(ExchangeCell.measure == measure.value, ExchangeCell.import_id.in_(sources))
        .order_by(ExchangeCell.id)
    )
    found = [
        OuterCohort(sources[cell.import_id], Cohort(cell.tier, cell.industry, cell.region), _summary_of(cell))
        for cell in cells
    ]
    return sorted(found, key=lambda one: (len(one.cohort.cut), one.cohort, one.source.name))


def _summary_of(cell: ExchangeCell) -> Summary:
    quantiles = {int(level): points for level, points in cell.quantiles.items()}
    return Summary(cell.accounts, cell.respondents, cell.mean, dict(sorted(quantiles.items())))


def with_others(user: User, measure: Exchanged, *, page_number: int) -> WithOthers:
    """Return a page of the accounts a user may see, each among own ones and those of partners."""
    now = utcnow()
    outer = outer_cohorts(measure, today=now.date())
    everybody = subjects(now=now)
    customers = visible_accounts(user).where(Account.status == AccountStatus.ACTIVE)
    accounts = page_of(customers.order_by(Account.name, Account.id), number=page_number)
    shown = {account.id for account in accounts.items}
    field = _own_field(everybody)
    return WithOthers(
        measure=measure,
        sources=sources_for(measure, today=now.date()),
        accounts=accounts,
        standings={
            one.account_id: standing_with_others(one, field, outer, measure)
            for one in everybody
            if one.account_id in shown
        },
    )


OwnField = Mapping[Cohort, Sequence[Subject]]


def _own_field(everybody: Sequence[Subject]) -> OwnField:
    found: dict[Cohort, list[Subject]] = {}
    # Many accounts share their traits.
    keys = cache(_keys_of)
    for one in everybody:
        for key in keys(one.traits):
            found.setdefault(key, []).append(one)
    return found


def _keys_of(traits: Cohort) -> Sequence[Cohort]:
    return [cohort.key for cut in LADDER if (cohort := traits.on(cut)) is not None]


def standing_with_others(
    own: Subject, field: OwnField, outer: Sequence[OuterCohort], measure: Exchanged
) -> PooledStanding:
    """Return where an account stands in the narrowest cohort with ten others, some of them a partner's."""
    value = own.values.get(measure)
    if value is None:
        return PooledStanding(None, None, None, None)
    told: dict[Cohort, list[Summary]] = {}
    for one in outer:
        if one.source.use is Use.COUNTS:
            told.setdefault(one.cohort.key, []).append(one.told)
    for cut in LADDER:
        cohort = own.traits.on(cut)
        if cohort is None or cohort.key not in told:
            continue
        others = [
            peer.values[measure]
            for peer in field.get(cohort.key, ())
            if peer.account_id != own.account_id and measure in peer.values
        ]
        pooled = pool(value, others, told[cohort.key], measure)
        if pooled is not None and pooled.sources and pooled.n >= MINIMUM_PEERS:
            alone = pool(value, others, (), measure) if len(others) >= MINIMUM_PEERS else None
            return PooledStanding(value, cohort, pooled, alone.percentile if alone else None)
    return PooledStanding(value, None, None, None)


def partners_figures(measure: str) -> Sequence[OuterCohort]:
    """Return what partners told of all their accounts, for the benchmarks page."""
    found = outer_cohorts(Exchanged(measure), today=utcnow().date())
    return [one for one in found if not one.cohort.traits]
