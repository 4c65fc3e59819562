"""Whose wave is this? Views ask here before they show or change anything."""

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.campaigns.rules import CHANGEABLE, WaveState
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


def changeable_or_leave(wave_id: int) -> Wave:
    """Return a scheduled or open wave the user may see; any other says on its own page that it stays."""
    wave = visible_wave_or_404(wave_id)
    if wave.state not in CHANGEABLE:
        flash(_("Only a scheduled or open wave can be changed; this one is not."), "error")
        abort(redirect(url_for("campaigns.show", wave_id=wave_id)))
    return wave


def invitation_or_404(wave_id: int, invitation_id: int) -> Invitation:
    """Return an invitation of a wave the signed-in user may see, at an account they may see."""
    wave = visible_wave_or_404(wave_id)
    wanted = select(Invitation).where(
        Invitation.id == invitation_id,
        Invitation.wave_id == wave.id,
        Invitation.account_id.in_(visible_account_ids(current_person())),
    )
    return db.session.scalar(wanted) or abort(404)
