"""Waves whose time is over are closed, and sent mails that did not come back count as delivered."""

from collections.abc import Mapping
from typing import Any

from vocapp.campaigns.queries import waves_to_close
from vocapp.campaigns.service import close_wave, mark_delivered
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction


def close_due_waves(_payload: Mapping[str, Any]) -> None:
    """Close every wave that is due, each in its own transaction; two schedulers close it once."""
    now = utcnow()
    with transaction():
        mark_delivered(now=now)
        due = waves_to_close(now=now)
    for wave_id in due:
        with transaction():
            close_wave(wave_id, now=now, is_due_only=True)
