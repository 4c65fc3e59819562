"""Campaigns do what is due: runs open, CSMs are reminded, waves are made, pilots are released."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from vocapp.campaigns.control import release_pilot
from vocapp.campaigns.models import Wave
from vocapp.campaigns.piloting import pilots_to_release
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.series.queries import parts_to_remind, running_campaigns, runs_to_launch
from vocapp.series.running import (
    begin_launch,
    end_launch,
    finish_campaign,
    launch_part,
    open_due_run,
    remind_of_roster,
)


def run_campaigns(_payload: Mapping[str, Any]) -> None:
    """Take every step that is due, each in a transaction of its own; taken again, nothing happens twice."""
    now = utcnow()
    with reading():
        campaigns = running_campaigns()
    for campaign_id in campaigns:
        with transaction():
            open_due_run(campaign_id, now=now)
    with reading():
        reminders, runs, pilots = (
            parts_to_remind(now=now),
            runs_to_launch(now=now),
            pilots_to_release(now=now),
        )
    for part_id in reminders:
        with transaction():
            remind_of_roster(part_id, now=now)
    for run_id in runs:
        _launch(run_id)
    for wave_id in pilots:
        # Somebody may close the wave at this moment.
        with suppress(DomainError), transaction():
            release_pilot(db.session.get_one(Wave, wave_id), by=None, now=now)
    for campaign_id in campaigns:
        with transaction():
            finish_campaign(campaign_id)


def _launch(run_id: int) -> None:
    now = utcnow()
    with transaction():
        parts = begin_launch(run_id, now=now)
    for part_id in parts:
        with transaction():
            launch_part(part_id, now=now)
    with transaction():
        end_launch(run_id, now=now)
