"""Campaigns for tests: CSMs with accounts and people, and a campaign that asks them."""

from datetime import date, datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_survey_version, a_user, an_account, save
from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.rosters.models import RosterConfirmation
from vocapp.series.models import Campaign, CampaignPart, CampaignRun
from vocapp.series.rules import Cadence
from vocapp.workflows.run_campaigns import run_campaigns

TODAY = NOW.date()


def a_csm_with_accounts(accounts: int = 1, *, people: int = 1, **values: Any) -> tuple[User, list[Account]]:
    csm = a_user()
    theirs = [an_account(owner_id=csm.id, **values) for _unused in range(accounts)]
    for account in theirs:
        for _unused in range(people):
            a_contact(account)
    return csm, theirs


def a_campaign(**values: Any) -> Campaign:
    """A running campaign that asks everybody once, today, without rosters to confirm."""
    defaults = {
        "name": "Spring check",
        "survey_id": a_survey_version().survey_id,
        "cadence": Cadence.ONCE,
        "launch_on": TODAY,
        "confirm_days": None,
    }
    return save(Campaign(**{**defaults, **values}))


def a_campaign_part(owner: User, wave: Wave | None = None, **values: Any) -> CampaignPart:
    """A CSM's part in a run whose rosters are being confirmed."""
    campaign = a_campaign(confirm_days=1, **values)
    dates = {"launch_on": TODAY + days(5), "confirm_by": TODAY + days(4)}
    run = save(CampaignRun(campaign_id=campaign.id, period="2026-03-16", **dates))
    return save(CampaignPart(run_id=run.id, owner_id=owner.id, wave_id=wave.id if wave else None))


def run_at(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        run_campaigns({})


def run_on(day: date) -> None:
    run_at(datetime.combine(day, NOW.timetz()))


def days(count: int) -> timedelta:
    return timedelta(days=count)


def confirm(account: Account, at: datetime = NOW) -> RosterConfirmation:
    return save(RosterConfirmation(account_id=account.id, by_id=account.owner_id, at=at))


def runs_of(campaign: Campaign) -> list[CampaignRun]:
    rows = select(CampaignRun).where(CampaignRun.campaign_id == campaign.id).order_by(CampaignRun.launch_on)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def parts_of(run: CampaignRun) -> list[CampaignPart]:
    rows = select(CampaignPart).where(CampaignPart.run_id == run.id).order_by(CampaignPart.owner_id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def waves() -> list[Wave]:
    rows = select(Wave).order_by(Wave.owner_id, Wave.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))
