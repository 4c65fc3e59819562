"""A wave's time has come: open it and plan its invitations, a few hundred at a time."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from vocapp.campaigns.audience import audience
from vocapp.campaigns.launching import open_wave, plan_invitations, record_exclusions, to_invite
from vocapp.campaigns.service import locked_wave
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction

BATCH = 200


def launch_wave(payload: Mapping[str, Any]) -> None:
    """Open the wave of `payload["wave_id"]` and plan everybody who may be asked at this moment.

    Each batch is a transaction of its own, so a worker that dies loses nothing: the next run goes on where
    this one stopped. A wave that was cancelled or closed meanwhile is left alone.
    """
    wave_id = int(payload["wave_id"])
    with transaction():
        if not open_wave(wave_id, now=utcnow()):
            return
    with transaction():
        wave = locked_wave(wave_id)
        if wave is None:
            return
        roster = audience(wave, now=utcnow())
        record_exclusions(wave_id, roster)
        waiting = to_invite(wave, roster.asked)
        # Colleagues count wherever the cut between two pieces falls.
        at_account = Counter(person.account_id for person in waiting)
    for start in range(0, len(waiting), BATCH):
        with transaction():
            some = waiting[start : start + BATCH]
            if not plan_invitations(wave_id, some, now=utcnow(), at_account=at_account):
                return
