"""Once a day: mails that came in long ago are let go, and what was read from them stays."""

from collections.abc import Mapping
from datetime import timedelta
from time import monotonic
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.gateways import gateways
from vocapp.core.stopping import is_stopping
from vocapp.inbound.letting_go import let_go_of_old

# Within the lease of the job; what is left goes the next day.
SLICE_SECONDS = 600.0


def let_mail_go(_payload: Mapping[str, Any]) -> None:
    """Empty what is older than is kept, some at a time; may end at any moment and be done again."""
    before = utcnow() - timedelta(days=gateways().settings.inbound.keep_days)
    ends, last = monotonic() + SLICE_SECONDS, 0
    while not is_stopping() and monotonic() < ends:
        with transaction():
            emptied = let_go_of_old(before=before, after_id=last)
        if emptied is None:
            break
        last = emptied
