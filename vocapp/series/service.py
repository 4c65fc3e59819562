"""Making campaigns, pausing and resuming them, calling them off."""

from datetime import datetime

from sqlalchemy import select, update

from vocapp.accounts.holding import NOT_THE_KEY
from vocapp.accounts.models import Tier
from vocapp.campaigns.control import pause_wave, release_pilot, resume_wave
from vocapp.campaigns.pilot import MOST_DAYS, MOST_PERCENT
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.outbox.notes import check_note
from vocapp.questionnaires.service import askable_version
from vocapp.series.models import Campaign, CampaignRun
from vocapp.series.queries import local_day, open_waves
from vocapp.series.rules import CampaignOrder, CampaignState, RunState, what_is_wrong

RUN_CAMPAIGNS = "run_campaigns"


def start_campaign(order: CampaignOrder, *, by: User, now: datetime) -> Campaign:
    """Make a campaign, which runs from now on. Raises `DomainError` with the first thing that cannot be."""
    wrong = what_is_wrong(
        order, today=local_day(now), most_pilot_percent=MOST_PERCENT, most_pilot_days=MOST_DAYS
    )
    if wrong:
        raise DomainError(wrong)
    check_note(order.personal_note)
    known = set(db.session.scalars(select(Tier.id)))
    if not known.issuperset(order.tiers):
        raise DomainError("One of these tiers is gone; choose again.")
    is_confirmed = order.confirm_by is not None
    campaign = Campaign(
        name=" ".join(order.name.split()),
        survey_id=askable_version(order.survey_key).survey_id,
        cadence=order.cadence,
        renewal_days=order.renewal_days,
        tiers=list(order.tiers),
        segments=list(order.segments),
        regions=list(order.regions),
        launch_on=order.launch_on,
        confirm_days=(order.launch_on - order.confirm_by).days if is_confirmed and order.confirm_by else None,
        unconfirmed=order.unconfirmed,
        length_days=order.length_days,
        personal_note=order.personal_note,
        pilot_percent=order.pilot_percent,
        pilot_days=order.pilot_days,
        created_by_id=by.id,
        created_at=now,
    )
    db.session.add(campaign)
    db.session.flush()
    _note("campaign_started", campaign, by)
    enqueue(RUN_CAMPAIGNS, {}, key=RUN_CAMPAIGNS)
    return campaign


def pause_campaign(campaign: Campaign, *, by: User, now: datetime) -> None:
    """Begin and launch no runs, and let the mails of the open waves wait. Once more changes nothing.

    Raises `DomainError` for a campaign that is over.
    """
    held = held_campaign(campaign.id)
    _require(held, CampaignState.RUNNING, CampaignState.PAUSED)
    if held.state == CampaignState.PAUSED:
        return
    held.state = CampaignState.PAUSED
    db.session.flush()
    for wave in open_waves(held.id):
        pause_wave(wave, by=by, now=now)
    _note("campaign_paused", held, by)


def resume_campaign(campaign: Campaign, *, by: User) -> None:
    """Let a paused campaign and its waves go on; a run it missed is made up for once."""
    held = held_campaign(campaign.id)
    _require(held, CampaignState.RUNNING, CampaignState.PAUSED)
    if held.state == CampaignState.RUNNING:
        return
    held.state = CampaignState.RUNNING
    db.session.flush()
    for wave in open_waves(held.id):
        resume_wave(wave, by=by)
    _note("campaign_resumed", held, by)
    enqueue(RUN_CAMPAIGNS, {}, key=RUN_CAMPAIGNS)


def cancel_campaign(campaign: Campaign, *, by: User) -> None:
    """Call a campaign off: no run begins or is launched any more. Waves that are out stay as they are."""
    held = held_campaign(campaign.id)
    _require(held, CampaignState.RUNNING, CampaignState.PAUSED)
    held.state = CampaignState.CANCELLED
    waiting = (CampaignRun.campaign_id == held.id, CampaignRun.state == RunState.GATHERING)
    db.session.execute(
        update(CampaignRun)
        .where(*waiting)
        .values(state=RunState.CANCELLED)
        .execution_options(synchronize_session="fetch")
    )
    db.session.flush()
    _note("campaign_cancelled", held, by)


def release_pilots(campaign: Campaign, *, by: User, now: datetime) -> int:
    """Ask the others after the pilots of all open waves of a campaign; return of how many waves."""
    held = held_campaign(campaign.id)
    _require(held, CampaignState.RUNNING, CampaignState.PAUSED)
    waves = open_waves(held.id)
    return sum(release_pilot(wave, by=by, now=now) for wave in waves)


def held_campaign(campaign_id: int) -> Campaign:
    """Return a campaign as it is now, held until the end of the transaction: before its runs and waves."""
    return db.session.get_one(Campaign, campaign_id, with_for_update=NOT_THE_KEY, populate_existing=True)


def _require(campaign: Campaign, *states: CampaignState) -> None:
    if campaign.state not in states:
        raise DomainError("This campaign is over; start a new one.")


def _note(action: str, campaign: Campaign, by: User) -> None:
    record_act(action, actor_id=by.id, subject_kind="campaign", subject_id=campaign.id)
