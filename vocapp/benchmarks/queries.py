"""Accounts with the values that are compared, and their standings, read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select

from surveys.shrinkage import ShrunkNps
from vocapp.accounts.models import Account, Tier
from vocapp.accounts.queries import tiers_by_rank, visible_accounts
from vocapp.accounts.rules import AccountStatus
from vocapp.benchmarks.field_rules import field_of
from vocapp.benchmarks.frozen_rules import standing_from
from vocapp.benchmarks.ladder_rules import Ladder, cohorts, ladder_of
from vocapp.benchmarks.models import FrozenCohort, FrozenStanding, OuterBenchmark
from vocapp.benchmarks.outer_rules import OuterMeasure, Whose, best_figures
from vocapp.benchmarks.release_rules import Released
from vocapp.benchmarks.rules import (
    Cell,
    Cohort,
    Compared,
    Peer,
    Rung,
    Standing,
)
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.engagement.queries import custom_worded_accounts
from vocapp.identity.models import User
from vocapp.method.queries import method_on
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores

_DRAWS = 1000


def standings_of(account_id: int) -> dict[Compared, Standing]:
    """Return where an account stands among other customers, for every measure.

    Sentiment also carries the noise of the account's own answers. Raises KeyError for an unknown account.
    """
    field = field_of(_peers(_is_customer() | (Account.id == account_id)))
    draws = {Compared.SENTIMENT: _sentiment_draws(latest_scores([account_id]).get(account_id))}
    return {
        measure: ladder_of(field, measure, whose=[account_id]).standing_of(
            account_id, draws=draws.get(measure)
        )
        for measure in Compared
    }


def customers_among_others() -> dict[Compared, Ladder]:
    """Return where all customers stand, for every measure."""
    field = field_of(_peers(_is_customer()))
    return {measure: ladder_of(field, measure) for measure in Compared}


def standings_by_wave(account_id: int) -> dict[int, dict[Compared, Standing]]:
    """Return wave id → where an account stood when that wave closed, for every measure.

    Waves that closed before standings were kept are missing, and those it was no customer in.
    """
    kept = db.session.execute(
        select(FrozenStanding.wave_id, FrozenStanding.places).where(FrozenStanding.account_id == account_id)
    ).all()
    if not kept:
        return {}
    columns = (FrozenCohort.wave_id, FrozenCohort.number, FrozenCohort.rung, FrozenCohort.traits)
    of_waves = FrozenCohort.wave_id.in_(wave_id for wave_id, _places in kept)
    cohorts = {
        (wave_id, number): (rung, traits)
        for wave_id, number, rung, traits in db.session.execute(select(*columns).where(of_waves))
    }
    return {
        wave_id: {
            measure: standing_from(measure, place, cohorts.get((wave_id, place["cohort"])))
            for measure in Compared
            if (place := places.get(measure.value)) is not None
        }
        for wave_id, places in kept
    }


def standing_of(account_id: int, measure: Compared) -> Standing:
    """Return where an account stands for one measure; raises KeyError for an unknown account."""
    return standings_of(account_id)[measure]


def others_on(account_id: int, rung: Rung) -> list[Peer]:
    """Return the other customers that share an account's traits on a rung; KeyError if it is unknown."""
    field = field_of(_peers(_is_customer() | (Account.id == account_id)))
    return field.others(field.peers[field.places[account_id]], rung)


def outer_figures() -> Sequence[OuterBenchmark]:
    """Return the figures of others, by measure, widest first, newest first."""
    order = (OuterBenchmark.measure, OuterBenchmark.industry, OuterBenchmark.region)
    rows = select(OuterBenchmark).order_by(*order, OuterBenchmark.as_of.desc(), OuterBenchmark.source)
    return db.session.scalars(rows).all()


def figures_for(account: Account) -> Mapping[OuterMeasure, OuterBenchmark]:
    """Return the figure of others that fits an account best, of each measure that has one."""
    return best_figures(outer_figures(), Whose(account.industry, account.region))


@dataclass(frozen=True)
class Benchmarks:
    """What the benchmarks page shows for one measure.

    `cells` maps (tier, region) → cell; `standings` belong to the accounts of `page`.
    """

    measure: Compared
    tiers: Sequence[str]
    regions: Sequence[str]
    cells: Mapping[tuple[str, str], Cell]
    cohorts: Sequence[Cohort]
    page: Page
    standings: Mapping[int, Standing]
    outside: Sequence[OuterBenchmark]


def benchmarks(user: User, measure: Compared, *, page_number: int) -> Benchmarks:
    """Return aggregates over all customers, and the standings of a page of accounts this user may see."""
    field = field_of(_peers(_is_customer()))
    released = Released(field, measure)
    cells = released.heat_map()
    seen = {tier for tier, _ in cells}
    page = page_of(
        visible_accounts(user).where(_is_customer()).order_by(Account.name, Account.id), number=page_number
    )
    ladder = ladder_of(field, measure, released, whose=[account.id for account in page.items])
    return Benchmarks(
        measure=measure,
        tiers=[tier.name for tier in tiers_by_rank() if tier.name in seen],
        regions=sorted({region for _, region in cells}),
        cells=cells,
        cohorts=cohorts(released),
        page=page,
        standings={account.id: ladder.standing_of(account.id) for account in page.items},
        outside=outer_figures(),
    )


def _is_customer() -> ColumnElement[bool]:
    return Account.status == AccountStatus.ACTIVE


def _peers(condition: ColumnElement[bool]) -> list[Peer]:
    rows = db.session.execute(
        select(
            Account.id,
            Tier.name,
            Account.industry,
            Account.region,
            Account.owner_id,
            AccountScore.answers,
            AccountScore.strength,
            AccountScore.engagement,
            AccountScore.sentiment,
            AccountScore.footprint,
        )
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .outerjoin(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        .where(condition)
        .order_by(Account.id)
    )
    now = utcnow()
    custom = custom_worded_accounts(since=now - method_on(now.date()).parameters.sentiment_window)
    return [
        Peer(
            account_id=account_id,
            tier=tier or "",
            industry=industry,
            region=region,
            values={
                Compared.STRENGTH: strength,
                Compared.ENGAGEMENT: engagement,
                Compared.SENTIMENT: sentiment,
                Compared.FOOTPRINT: footprint,
            },
            respondents=answers or 0,
            owner_id=owner_id,
            is_custom_worded=account_id in custom,
        )
        for (
            account_id,
            tier,
            industry,
            region,
            owner_id,
            answers,
            strength,
            engagement,
            sentiment,
            footprint,
        ) in rows
    ]


def _sentiment_draws(score: AccountScore | None) -> NDArray[np.float64] | None:
    """Return likely values of sentiment (0-1), or None without an answer."""
    alpha: Any = None if score is None else score.measures["nps_shrunk"]["alpha"]
    if score is None or alpha is None:
        return None
    shrunk = ShrunkNps(alpha=(alpha[0], alpha[1], alpha[2]), n=score.answers)
    draws: NDArray[np.float64] = (shrunk.draws(_DRAWS, key=str(score.account_id)) + 1) / 2
    return draws
