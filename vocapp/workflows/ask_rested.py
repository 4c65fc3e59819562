"""Whose waiting is over is asked in the wave that left them out."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from vocapp.campaigns.later import rested_people
from vocapp.campaigns.launching import ask_rested
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction

AT_ONCE = 200


def ask_rested_people(_payload: Mapping[str, Any]) -> None:
    """Ask everybody who rested or was away long enough, each wave in transactions of its own.

    Two at once ask nobody twice; what a dead worker left is found again.
    """
    now = utcnow()
    seen: set[tuple[int, int]] = set()
    while True:
        with reading():
            found = [(wave_id, contact_id) for wave_id, contact_id in rested_people(now=now, limit=AT_ONCE)]
        due: dict[int, list[int]] = defaultdict(list)
        for wave_id, contact_id in found:
            if (wave_id, contact_id) not in seen:
                due[wave_id].append(contact_id)
        if not due:
            return
        seen.update(found)
        for wave_id, contact_ids in due.items():
            with transaction():
                ask_rested(wave_id, contact_ids, now=now)
