"""Whoever answered a wave hears what was done about the answers."""

from collections.abc import Mapping
from typing import Any

from vocapp.campaigns.afterwards import queue_what_came_of_it
from vocapp.core.db import transaction


def tell_answered(payload: Mapping[str, Any]) -> None:
    """Queue the mail to everybody who answered a wave, some hundred to a transaction. Safe to run twice."""
    last: int | None = 0
    while last is not None:
        with transaction():
            last = queue_what_came_of_it(payload["wave_id"], after=last)
