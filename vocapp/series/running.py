"""What a campaign does when its time comes: open a run, remind CSMs, make each CSM's wave, end.

Every step is safe to repeat and to be taken by two schedulers at once: the campaign is held first, and each
run, part and wave has a key of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from vocapp.campaigns.choosing import choosable_accounts
from vocapp.campaigns.drafting import add_accounts, start_draft
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Wave
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.outbox.preflight import refuse_unfit_sender
from vocapp.rosters.queries import confirmed_account_ids
from vocapp.series.mail import queue_roster_mail
from vocapp.series.models import Campaign, CampaignPart, CampaignRun
from vocapp.series.queries import (
    accounts_by_sender,
    last_launch,
    local_day,
    open_waves,
    plan_of,
    unsettled_parts,
)
from vocapp.series.rules import (
    Cadence,
    CampaignState,
    RunState,
    Unconfirmed,
    due_turn,
    wave_name,
)
from vocapp.series.service import held_campaign

LONGEST_PROBLEM = 300
NO_ACCOUNTS = "None of their accounts is in this run any more."
NONE_CONFIRMED = "No roster was confirmed in time."


def open_due_run(campaign_id: int, *, now: datetime) -> CampaignRun | None:
    """Open the run of a campaign whose time has come and tell its CSMs; None when there is none.

    A weekly run about renewals that concerns nobody is opened as well, and launched without a wave.
    """
    campaign = held_campaign(campaign_id)
    if campaign.state != CampaignState.RUNNING:
        return None
    turn = due_turn(plan_of(campaign), today=local_day(now), last_on=last_launch(campaign))
    if turn is None or _is_known(campaign, turn.period):
        return None
    run = CampaignRun(
        campaign_id=campaign.id,
        period=turn.period,
        launch_on=turn.launch_on,
        confirm_by=turn.confirm_by,
        state=RunState.GATHERING,
        opened_at=now,
    )
    db.session.add(run)
    db.session.flush()
    for part in _add_parts(campaign, run):
        queue_roster_mail(part, is_reminder=False, now=now)
    return run


def remind_of_roster(part_id: int, *, now: datetime) -> None:
    """Remind a CSM of their rosters, once."""
    part = db.session.get_one(CampaignPart, part_id, with_for_update=True, populate_existing=True)
    if part.reminded_at is None:
        part.reminded_at = now
        queue_roster_mail(part, is_reminder=True, now=now)
        db.session.flush()


def begin_launch(run_id: int, *, now: datetime) -> Sequence[int]:
    """Return the parts of a run that need a wave, whoever looks after its accounts by now included.

    None of them when the run or its campaign stopped, its day has not come, or nobody's mail may leave now:
    then every part says why, and the next time tries again.
    """
    run = _held_run(run_id)
    if run.state != RunState.GATHERING or run.launch_on > local_day(now):
        return []
    if run.campaign.state != CampaignState.RUNNING:
        return []
    parts = _add_parts(run.campaign, run)
    try:
        refuse_unfit_sender(now)
    except DomainError as refusal:
        for part in parts:
            part.problem = str(refusal)[:LONGEST_PROBLEM]
        db.session.flush()
        return []
    return unsettled_parts(run.id)


def launch_part(part_id: int, *, now: datetime) -> Wave | None:
    """Make the wave of one CSM's part and launch it, once; None when there is nobody to ask.

    Why not stands in the part.
    """
    known = db.session.get_one(CampaignPart, part_id)
    run = _held_run(known.run_id)
    part = db.session.get_one(CampaignPart, part_id, with_for_update=True, populate_existing=True)
    if part.wave_id is not None or part.is_settled or run.campaign.state != CampaignState.RUNNING:
        return None
    wanted, reason = _accounts_of(part, now=now)
    if not wanted:
        _settle(part, reason)
        return None
    try:
        with db.session.begin_nested():
            wave = _launched(part, wanted, now=now)
    except DomainError as refusal:
        _settle(part, str(refusal))
        return None
    part.wave_id, part.problem, part.is_settled = wave.id, "", True
    db.session.flush()
    return wave


def end_launch(run_id: int, *, now: datetime) -> bool:
    """Note that a run is out once every part has its wave or none; return whether this call did it."""
    run = _held_run(run_id)
    if run.state != RunState.GATHERING or run.launch_on > local_day(now) or unsettled_parts(run.id):
        return False
    run.state, run.launched_at = RunState.LAUNCHED, now
    db.session.flush()
    return True


def finish_campaign(campaign_id: int) -> bool:
    """End a campaign that asks once when its waves are closed; return whether this call did it."""
    campaign = held_campaign(campaign_id)
    if campaign.state != CampaignState.RUNNING or campaign.cadence != Cadence.ONCE:
        return False
    states = select(CampaignRun.state).where(CampaignRun.campaign_id == campaign.id)
    if db.session.scalars(states).all() != [RunState.LAUNCHED] or open_waves(campaign.id):
        return False
    campaign.state = CampaignState.FINISHED
    db.session.flush()
    return True


def _is_known(campaign: Campaign, period: str) -> bool:
    known = select(CampaignRun.id).where(CampaignRun.campaign_id == campaign.id, CampaignRun.period == period)
    return db.session.scalar(known) is not None


def _held_run(run_id: int) -> CampaignRun:
    # The campaign before its runs, whoever comes.
    held_campaign(db.session.get_one(CampaignRun, run_id).campaign_id)
    return db.session.get_one(CampaignRun, run_id, with_for_update=True, populate_existing=True)


def _add_parts(campaign: Campaign, run: CampaignRun) -> Sequence[CampaignPart]:
    """Give everybody who looks after accounts of a run a part in it; return all its parts."""
    for owner_id in accounts_by_sender(campaign, launch_on=run.launch_on):
        row = {"run_id": run.id, "owner_id": owner_id, "problem": "", "is_settled": False}
        new = insert_new(CampaignPart).values(row)
        db.session.execute(new.on_conflict_do_nothing(index_elements=["run_id", "owner_id"]))
    parts = select(CampaignPart).where(CampaignPart.run_id == run.id).order_by(CampaignPart.id)
    return db.session.scalars(parts).unique().all()


def _accounts_of(part: CampaignPart, *, now: datetime) -> tuple[Sequence[int], str]:
    """Return the accounts a part asks, and why none when it is none."""
    campaign, run = part.run.campaign, part.run
    theirs = accounts_by_sender(campaign, launch_on=run.launch_on).get(part.owner_id, [])
    if not theirs:
        return [], NO_ACCOUNTS
    if campaign.unconfirmed == Unconfirmed.LEAVE_OUT and run.confirm_by is not None:
        return sorted(confirmed_account_ids(theirs, on=local_day(now))), NONE_CONFIRMED
    return theirs, ""


def _launched(part: CampaignPart, account_ids: Sequence[int], *, now: datetime) -> Wave:
    campaign, owner = part.run.campaign, db.session.get_one(User, part.owner_id)
    name = wave_name(campaign.name, part.run.launch_on, Cadence(campaign.cadence))
    wave = start_draft(owner, survey_key=campaign.survey.key, name=name, now=now)
    add_accounts(wave, choosable_accounts(owner, only=account_ids))
    wave.personal_note = campaign.personal_note
    wave.pilot_percent, wave.pilot_days = campaign.pilot_percent, campaign.pilot_days
    launch_wave(wave, at=None, now=now, closes_at=now + timedelta(days=campaign.length_days))
    return wave


def _settle(part: CampaignPart, problem: str) -> None:
    part.problem, part.is_settled = problem[:LONGEST_PROBLEM], True
    db.session.flush()
