"""Whose wave is this? Views ask here before they show or change anything."""

from flask import abort, redirect, url_for

from vocapp.campaigns.models import Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.identity.guards import current_person


def visible_wave_or_404(wave_id: int) -> Wave:
    """Return a wave the signed-in user may see; another's ends in the same 404 as one that does not exist."""
    wave = db.session.scalar(visible_waves(current_person()).where(Wave.id == wave_id))
    return wave or abort(404)


def draft_or_leave(wave_id: int) -> Wave:
    """Return a draft the user may see; a wave that was launched meanwhile leads to its own page."""
    wave = visible_wave_or_404(wave_id)
    if wave.state != WaveState.DRAFT:
        abort(redirect(url_for("campaigns.show", wave_id=wave_id)))
    return wave
