"""Campaigns, read only: whom they ask, how their runs stand, and what is due."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.campaigns.progress import WaveCounts, counts_of_waves
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.core.workdays import zone_of
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.identity.rules import may_write, sees_all_accounts
from vocapp.rosters.queries import confirmed_account_ids
from vocapp.series.models import Campaign, CampaignPart, CampaignRun
from vocapp.series.rules import (
    SAME_RENEWAL,
    Cadence,
    CampaignState,
    Plan,
    RunState,
    Turn,
    next_turn,
    reminder_day,
    renewals_asked,
)


@dataclass(frozen=True)
class PartLine:
    """One CSM's part in a run: how many of their accounts are in it and confirmed, and how the wave does."""

    part: CampaignPart
    accounts: int
    confirmed: int
    counts: WaveCounts | None

    @property
    def is_confirmed(self) -> bool:
        """Whether nothing is left to confirm."""
        return self.accounts > 0 and self.confirmed >= self.accounts


def plan_of(campaign: Campaign) -> Plan:
    """Return when a campaign asks."""
    return Plan(Cadence(campaign.cadence), campaign.launch_on, campaign.confirm_days)


def local_day(now: datetime) -> date:
    """Return the day it is where the company is: campaigns begin by its calendar."""
    ours = company()
    return now.astimezone(zone_of(ours.time_zone if ours else "")).date()


def last_launch(campaign: Campaign) -> date | None:
    """Return the launch day of a campaign's newest run."""
    days = select(CampaignRun.launch_on).where(CampaignRun.campaign_id == campaign.id)
    return db.session.scalar(days.order_by(CampaignRun.launch_on.desc()).limit(1))


def next_run(campaign: Campaign, *, now: datetime) -> Turn | None:
    """Return the run that a campaign opens next; None when it opens no more."""
    if campaign.state not in {CampaignState.RUNNING, CampaignState.PAUSED}:
        return None
    return next_turn(plan_of(campaign), today=local_day(now), last_on=last_launch(campaign))


def accounts_in(campaign: Campaign, *, launch_on: date) -> Select[Any]:
    """Return a select of the accounts a run asks, as things are now: customers that somebody looks after."""
    accounts = select(Account).where(Account.owner_id.is_not(None), *_is_in_scope(campaign))
    if campaign.cadence == Cadence.RENEWAL:
        first, last = renewals_asked(launch_on, days_before=campaign.renewal_days)
        accounts = accounts.where(
            Account.renewal_date.between(first, last), ~_was_asked(campaign, launch_on=launch_on)
        )
    return accounts


def ownerless_in(campaign: Campaign) -> int:
    """Return how many customers a campaign is about that nobody looks after, so that nobody asks them."""
    nobodys = select(func.count()).where(Account.owner_id.is_(None), *_is_in_scope(campaign))
    return db.session.scalar(nobodys) or 0


def _is_in_scope(campaign: Campaign) -> Sequence[ColumnElement[bool]]:
    narrowed = (
        (campaign.tiers, Account.tier_id),
        (campaign.segments, Account.segment),
        (campaign.regions, Account.region),
    )
    return [
        Account.status == AccountStatus.ACTIVE,
        *(column.in_(values) for values, column in narrowed if values),
    ]


def _was_asked(campaign: Campaign, *, launch_on: date) -> Any:
    """Return the condition that an earlier run of a campaign asked an account about this renewal."""
    return exists().where(
        wave_accounts.c.account_id == Account.id,
        wave_accounts.c.wave_id == CampaignPart.wave_id,
        CampaignPart.run_id == CampaignRun.id,
        CampaignRun.campaign_id == campaign.id,
        CampaignRun.launch_on > launch_on - SAME_RENEWAL,
        CampaignRun.launch_on < launch_on,
    )


def accounts_by_sender(campaign: Campaign, *, launch_on: date) -> Mapping[int, Sequence[int]]:
    """Return CSM → their accounts in a run, of those who may sign in and ask, in the order of their ids."""
    rows = accounts_in(campaign, launch_on=launch_on).with_only_columns(Account.owner_id, Account.id)
    found: dict[int, list[int]] = defaultdict(list)
    for owner_id, account_id in db.session.execute(rows.order_by(Account.owner_id, Account.id)):
        if owner_id is not None:
            found[owner_id].append(account_id)
    owners = select(User).where(User.id.in_(found), User.active)
    askers = [user.id for user in db.session.scalars(owners).unique() if may_write(user.role)]
    return {owner_id: found[owner_id] for owner_id in sorted(askers)}


def accounts_of_part(part: CampaignPart) -> Select[Any]:
    """Return a select of the accounts of a part in a run, by name: once it has a wave, those it asks."""
    if part.wave_id is not None:
        chosen = select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == part.wave_id)
        return select(Account).where(Account.id.in_(chosen)).order_by(Account.name, Account.id)
    accounts = accounts_in(part.run.campaign, launch_on=part.run.launch_on)
    return accounts.where(Account.owner_id == part.owner_id).order_by(Account.name, Account.id)


def confirmed_of_part(part: CampaignPart) -> tuple[int, set[int]]:
    """Return how many accounts a part has, and which of them have a roster that holds on the launch day."""
    ids = db.session.scalars(accounts_of_part(part).with_only_columns(Account.id)).all()
    return len(ids), confirmed_account_ids(ids, on=part.run.launch_on)


def visible_campaigns(user: User) -> Select[Campaign]:
    """Return the campaigns a user may see, newest first: a CSM those that they take part in, others all."""
    campaigns = select(Campaign).options(joinedload(Campaign.survey)).order_by(Campaign.id.desc())
    if sees_all_accounts(user.role):
        return campaigns
    mine = (
        select(CampaignRun.campaign_id)
        .join(CampaignPart, CampaignPart.run_id == CampaignRun.id)
        .where(CampaignPart.owner_id == user.id)
    )
    return campaigns.where(Campaign.id.in_(mine))


def runs_of(campaign: Campaign, *, limit: int = 12) -> Sequence[CampaignRun]:
    """Return the newest runs of a campaign, newest first, with their parts."""
    runs = (
        select(CampaignRun)
        .where(CampaignRun.campaign_id == campaign.id)
        .options(
            selectinload(CampaignRun.parts).options(
                joinedload(CampaignPart.owner), joinedload(CampaignPart.wave)
            )
        )
        .order_by(CampaignRun.launch_on.desc(), CampaignRun.id.desc())
        .limit(limit)
    )
    return db.session.scalars(runs).unique().all()


def part_lines(run: CampaignRun, reader: User) -> list[PartLine]:
    """Return the parts of a run a user may see, who has most to confirm first, then by name."""
    parts = [part for part in run.parts if sees_all_accounts(reader.role) or part.owner_id == reader.id]
    counts = counts_of_waves([part.wave_id for part in parts if part.wave_id is not None])
    lines = []
    for part in parts:
        accounts, confirmed = confirmed_of_part(part)
        wave_counts = counts[part.wave_id] if part.wave_id is not None else None
        lines.append(PartLine(part, accounts, len(confirmed), wave_counts))
    return sorted(
        lines,
        key=lambda line: (line.confirmed - line.accounts, line.part.owner.name or line.part.owner.email),
    )


def part_of(campaign_id: int, owner_id: int) -> CampaignPart | None:
    """Return a CSM's part in the run of a campaign whose rosters are being confirmed, else in the newest."""
    parts = (
        select(CampaignPart)
        .join(CampaignRun, CampaignRun.id == CampaignPart.run_id)
        .where(CampaignRun.campaign_id == campaign_id, CampaignPart.owner_id == owner_id)
        .options(joinedload(CampaignPart.run).joinedload(CampaignRun.campaign))
        .order_by((CampaignRun.state != RunState.GATHERING), CampaignRun.launch_on, CampaignRun.id.desc())
        .limit(1)
    )
    return db.session.scalar(parts)


def rosters_to_confirm(user: User) -> list[PartLine]:
    """Return a user's parts in runs that wait for their rosters, the first that is due first."""
    parts = (
        _parts_of_running(RunState.GATHERING)
        .where(CampaignPart.owner_id == user.id, CampaignRun.confirm_by.is_not(None))
        .options(joinedload(CampaignPart.run).joinedload(CampaignRun.campaign))
        .order_by(CampaignRun.confirm_by, CampaignPart.id)
    )
    lines = []
    for part in db.session.scalars(parts).unique().all():
        accounts, confirmed = confirmed_of_part(part)
        lines.append(PartLine(part, accounts, len(confirmed), None))
    return [line for line in lines if line.accounts > line.confirmed]


def campaign_of_wave(wave_id: int) -> Campaign | None:
    """Return the campaign that made a wave, or None."""
    made = (
        select(Campaign)
        .join(CampaignRun, CampaignRun.campaign_id == Campaign.id)
        .join(CampaignPart, CampaignPart.run_id == CampaignRun.id)
        .where(CampaignPart.wave_id == wave_id)
    )
    return db.session.scalar(made)


def running_campaigns() -> Sequence[int]:
    """Return the ids of campaigns that run."""
    running = select(Campaign.id).where(Campaign.state == CampaignState.RUNNING).order_by(Campaign.id)
    return db.session.scalars(running).all()


def parts_to_remind(*, now: datetime) -> Sequence[int]:
    """Return the ids of parts whose CSMs are to be reminded of their rosters, and were not yet."""
    today = local_day(now)
    waiting = (
        _parts_of_running(RunState.GATHERING)
        .where(CampaignPart.reminded_at.is_(None), CampaignRun.confirm_by >= today)
        .with_only_columns(CampaignPart.id, CampaignRun.confirm_by)
        .order_by(CampaignPart.id)
    )
    rows = db.session.execute(waiting).all()
    return [part_id for part_id, confirm_by in rows if confirm_by and reminder_day(confirm_by) <= today]


def runs_to_launch(*, now: datetime) -> Sequence[int]:
    """Return the ids of runs whose launch day has come."""
    due = (
        select(CampaignRun.id)
        .join(Campaign, Campaign.id == CampaignRun.campaign_id)
        .where(
            Campaign.state == CampaignState.RUNNING,
            CampaignRun.state == RunState.GATHERING,
            CampaignRun.launch_on <= local_day(now),
        )
        .order_by(CampaignRun.launch_on, CampaignRun.id)
    )
    return db.session.scalars(due).all()


def unsettled_parts(run_id: int) -> Sequence[int]:
    """Return the ids of a run's parts that have no wave yet and may get one."""
    parts = select(CampaignPart.id).where(
        CampaignPart.run_id == run_id, CampaignPart.wave_id.is_(None), CampaignPart.is_settled.is_(False)
    )
    return db.session.scalars(parts.order_by(CampaignPart.id)).all()


def open_waves(campaign_id: int) -> Sequence[Wave]:
    """Return the open waves a campaign made, in the order of their ids."""
    waves = (
        select(Wave)
        .join(CampaignPart, CampaignPart.wave_id == Wave.id)
        .join(CampaignRun, CampaignRun.id == CampaignPart.run_id)
        .where(CampaignRun.campaign_id == campaign_id, Wave.state == WaveState.OPEN)
        .order_by(Wave.id)
    )
    return db.session.scalars(waves).unique().all()


def _parts_of_running(state: RunState) -> Select[CampaignPart]:
    return (
        select(CampaignPart)
        .join(CampaignRun, CampaignRun.id == CampaignPart.run_id)
        .join(Campaign, Campaign.id == CampaignRun.campaign_id)
        .where(Campaign.state == CampaignState.RUNNING, CampaignRun.state == state)
    )
