"""What the pages of campaigns show: names for numbers, runs with their parts, rosters to confirm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vocapp.accounts.models import Account
from vocapp.accounts.queries import tiers_by_rank
from vocapp.campaigns.choosing import field_choices
from vocapp.campaigns.piloting import PilotStage, pilot_stage
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.questionnaires.queries import listed_surveys, proposed_key
from vocapp.rosters.models import RosterConfirmation
from vocapp.rosters.queries import latest_confirmations
from vocapp.series.models import Campaign, CampaignPart, CampaignRun
from vocapp.series.queries import (
    PartLine,
    accounts_of_part,
    confirmed_of_part,
    local_day,
    next_run,
    open_waves,
    ownerless_in,
    part_lines,
    runs_of,
)
from vocapp.series.rules import RunState, Turn

# A first launch is proposed so far ahead that CSMs can go through their rosters.
PROPOSED_LAUNCH = timedelta(days=21)
PROPOSED_LEAD = timedelta(days=4)


@dataclass(frozen=True)
class RunShown:
    """One run with the parts the reader may see, and their sums."""

    run: CampaignRun
    lines: Sequence[PartLine]

    @property
    def accounts(self) -> int:
        """How many accounts are in it."""
        return sum(line.accounts for line in self.lines)

    @property
    def confirmed(self) -> int:
        """How many of their rosters are confirmed."""
        return sum(line.confirmed for line in self.lines)

    @property
    def funnel(self) -> Sequence[int]:
        """How many people were planned, sent to, reached, and answered, over all waves."""
        counts = [line.counts for line in self.lines if line.counts is not None]
        return [
            sum(count.invited for count in counts),
            sum(count.sent for count in counts),
            sum(count.delivered for count in counts),
            sum(count.answered for count in counts),
        ]


@dataclass(frozen=True)
class CampaignShown:
    """A campaign's page. `pilots` are the pilots that are out, with the waves they belong to."""

    campaign: Campaign
    scope: Mapping[str, Sequence[str]]
    next: Turn | None
    runs: Sequence[RunShown]
    pilots: Sequence[tuple[int, PilotStage]]
    ownerless: int


@dataclass(frozen=True)
class RosterLine:
    """An account whose roster a CSM confirms for a run, and what was confirmed last."""

    account: Account
    is_confirmed: bool
    last: RosterConfirmation | None


def campaign_shown(campaign: Campaign, reader: User, *, now: datetime) -> CampaignShown:
    """Return what the page of a campaign shows to a reader."""
    runs = [RunShown(run, part_lines(run, reader)) for run in runs_of(campaign)]
    mine = {line.part.wave_id for run in runs for line in run.lines}
    stages = [(wave.id, pilot_stage(wave)) for wave in open_waves(campaign.id) if wave.id in mine]
    return CampaignShown(
        campaign=campaign,
        scope=scope_of(campaign),
        next=next_run(campaign, now=now),
        runs=runs,
        pilots=[(wave_id, stage) for wave_id, stage in stages if stage is not None],
        ownerless=ownerless_in(campaign),
    )


def scope_of(campaign: Campaign) -> dict[str, Sequence[str]]:
    """Return what narrows a campaign's accounts, by name; nothing means all customers."""
    return {
        "tiers": [tier.name for tier in tiers_by_rank() if tier.id in campaign.tiers],
        "segments": list(campaign.segments),
        "regions": list(campaign.regions),
    }


def roster_lines(part: CampaignPart) -> list[RosterLine]:
    """Return the accounts of a CSM's part, those to confirm first."""
    _count, confirmed = confirmed_of_part(part)
    accounts = db.session.scalars(accounts_of_part(part)).unique().all()
    last = latest_confirmations({account.id for account in accounts})
    lines = [RosterLine(account, account.id in confirmed, last.get(account.id)) for account in accounts]
    return sorted(lines, key=lambda line: line.is_confirmed)


def form_choices(user: User) -> dict[str, Any]:
    """Return what the form of a campaign offers."""
    return {
        "surveys": listed_surveys(),
        "tiers": tiers_by_rank(),
        "segments": field_choices(user, "segment"),
        "regions": field_choices(user, "region"),
    }


def proposed(now: datetime) -> dict[str, Any]:
    """Return what the form of a campaign begins with: the relationship NPS, on a Monday in three weeks."""
    launch_on = local_day(now) + PROPOSED_LAUNCH
    launch_on -= timedelta(days=launch_on.weekday())
    survey = proposed_key(listed_surveys())
    return {"survey": survey, "launch_on": launch_on, "confirm_by": launch_on - PROPOSED_LEAD}


Listed = tuple[Campaign, CampaignRun | None, Turn | None]


def list_lines(campaigns: Sequence[Campaign], *, now: datetime) -> list[Listed]:
    """Return campaigns with the run that is under way or was last, and the one to come."""
    lines = []
    for campaign in campaigns:
        runs = runs_of(campaign, limit=3)
        gathering = [run for run in runs if run.state == RunState.GATHERING]
        current = gathering[-1] if gathering else next(iter(runs), None)
        lines.append((campaign, current, next_run(campaign, now=now)))
    return lines
