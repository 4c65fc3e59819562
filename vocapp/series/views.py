"""Campaigns: the list, a new one, how one stands, and the rosters a CSM confirms for it."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import page_of, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName
from vocapp.identity.telling import told
from vocapp.series.forms import CampaignForm
from vocapp.series.models import Campaign
from vocapp.series.queries import part_of, visible_campaigns
from vocapp.series.service import (
    cancel_campaign,
    pause_campaign,
    release_pilots,
    resume_campaign,
    start_campaign,
)
from vocapp.series.showing import campaign_shown, form_choices, list_lines, proposed, roster_lines

series = Blueprint("series", __name__, url_prefix="/campaigns")

in_charge = for_roles(RoleName.ADMIN, RoleName.LEADER)


@series.get("")
def index() -> ResponseReturnValue:
    """List the campaigns the user may see, newest first."""
    page = page_of(visible_campaigns(current_person()), number=requested_page())
    return render_template("series/index.html", page=page, lines=list_lines(page.items, now=utcnow()))


@series.route("/new", methods=["GET", "POST"])
@in_charge
def new() -> ResponseReturnValue:
    """Make a campaign."""
    form = CampaignForm(data=proposed(utcnow()))
    form.offer(**form_choices(current_person()))
    if form.validate_on_submit():
        started = started_from(form)
        if started is not None:
            return redirect(url_for("series.show", campaign_id=started))
    return render_template("series/new.html", form=form)


@series.get("/<int:campaign_id>")
def show(campaign_id: int) -> ResponseReturnValue:
    """Show how a campaign stands: who confirmed, who was asked, who answered, and what comes next."""
    campaign = visible_or_404(campaign_id)
    shown = campaign_shown(campaign, current_person(), now=utcnow())
    mine = part_of(campaign.id, current_person().id)
    return render_template("series/show.html", shown=shown, mine=mine)


@series.get("/<int:campaign_id>/rosters")
def rosters(campaign_id: int) -> ResponseReturnValue:
    """List the accounts whose rosters the signed-in CSM confirms."""
    campaign = visible_or_404(campaign_id)
    part = part_of(campaign.id, current_person().id) or abort(404)
    return render_template("series/rosters.html", part=part, lines=roster_lines(part))


@series.post("/<int:campaign_id>/pause")
@in_charge
def pause(campaign_id: int) -> ResponseReturnValue:
    """Let a campaign and its open waves wait."""
    campaign = visible_or_404(campaign_id)
    with told():
        pause_campaign(campaign, by=current_person(), now=utcnow())
        flash(_("The campaign pauses: no run begins, and no mail of its waves leaves."), "success")
    return redirect(url_for("series.show", campaign_id=campaign_id))


@series.post("/<int:campaign_id>/resume")
@in_charge
def resume(campaign_id: int) -> ResponseReturnValue:
    """Let a paused campaign go on."""
    campaign = visible_or_404(campaign_id)
    with told():
        resume_campaign(campaign, by=current_person())
        flash(_("The campaign goes on."), "success")
    return redirect(url_for("series.show", campaign_id=campaign_id))


@series.post("/<int:campaign_id>/cancel")
@in_charge
def cancel(campaign_id: int) -> ResponseReturnValue:
    """Call a campaign off."""
    campaign = visible_or_404(campaign_id)
    with told():
        cancel_campaign(campaign, by=current_person())
        flash(_("The campaign is called off. Waves that are out stay open until they end."), "success")
    return redirect(url_for("series.show", campaign_id=campaign_id))


@series.post("/<int:campaign_id>/pilots")
@in_charge
def release(campaign_id: int) -> ResponseReturnValue:
    """Ask the others after the pilots of a campaign's waves."""
    campaign = visible_or_404(campaign_id)
    with told():
        if release_pilots(campaign, by=current_person(), now=utcnow()):
            flash(_("Everybody else is asked now."), "success")
    return redirect(url_for("series.show", campaign_id=campaign_id))


def visible_or_404(campaign_id: int) -> Campaign:
    """Return a campaign the signed-in user may see, or end in a 404."""
    wanted = visible_campaigns(current_person()).where(Campaign.id == campaign_id)
    return db.session.scalar(wanted) or abort(404)


def started_from(form: CampaignForm) -> int | None:
    """Start the campaign a form describes and return its id; what cannot be is told above the form."""
    try:
        with transaction():
            campaign = start_campaign(form.order(), by=current_person(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return None
    flash(_("The campaign runs. CSMs hear of it when it is their turn."), "success")
    return campaign.id
