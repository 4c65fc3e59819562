"""What follows the end of a wave: silence is now known, so every account it asked is rescored."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.core.db import reading
from vocapp.workflows.rescore import rescore_some


def wave_closed(payload: Mapping[str, Any]) -> None:
    """Rescore the accounts of a closed wave. Safe to run twice."""
    with reading() as session:
        asked = session.scalars(
            select(Invitation.account_id).where(Invitation.wave_id == payload["wave_id"]).distinct()
        ).all()
    rescore_some(sorted(asked), now=utcnow())
