"""What can be done while a wave runs: pause, resume, the pilot, and one person at a time."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles
from vocapp.campaigns.access import changeable_or_leave, invitation_or_404, visible_wave_or_404
from vocapp.campaigns.change_forms import ChangeForm
from vocapp.campaigns.changing import change_wave, effects_of, plan_of
from vocapp.campaigns.control import (
    pause_wave,
    release_pilot,
    resend,
    resume_wave,
    stop_at_pilot,
    stop_person,
    write_again,
)
from vocapp.core.clock import utcnow
from vocapp.core.formats import moment
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName
from vocapp.identity.telling import told

wave_control = Blueprint("wave_control", __name__, url_prefix="/waves/<int:wave_id>")


@wave_control.post("/pause")
def pause(wave_id: int) -> ResponseReturnValue:
    """Let the mails of a wave wait."""
    wave = visible_wave_or_404(wave_id)
    with told():
        pause_wave(wave, by=current_person(), now=utcnow())
        flash(_("The wave pauses. No mail leaves until you resume it; answers still arrive."), "success")
    return back_to_wave(wave_id)


@wave_control.post("/resume")
def resume(wave_id: int) -> ResponseReturnValue:
    """Let a paused wave go on."""
    wave = visible_wave_or_404(wave_id)
    with told():
        resume_wave(wave, by=current_person())
        flash(_("The wave goes on. What waited leaves in working hours where each person is."), "success")
    return back_to_wave(wave_id)


@wave_control.route("/to-come", methods=["GET", "POST"])
@for_roles(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)
def change(wave_id: int) -> ResponseReturnValue:
    """Change what is still to come of a wave, after a look at what that means."""
    wave = changeable_or_leave(wave_id)
    form, effects, is_done = ChangeForm(plan_of(wave)), None, False
    if form.validate_on_submit():
        with told():
            if request.form.get("go") == "change":
                is_done = change_wave(wave, form.plan(), by=current_person(), now=utcnow())
            effects = effects_of(wave, form.plan(), now=utcnow())
    if is_done:
        flash(_("Changed. What was sent stays as it was."), "success")
        return back_to_wave(wave_id)
    return render_template("campaigns/change.html", wave=wave, form=form, effects=effects)


@wave_control.post("/pilot")
def release(wave_id: int) -> ResponseReturnValue:
    """Ask the others after a pilot."""
    wave = visible_wave_or_404(wave_id)
    with told():
        if release_pilot(wave, by=current_person(), now=utcnow()):
            flash(_("Everybody else is asked now."), "success")
    return back_to_wave(wave_id)


@wave_control.post("/pilot/stop")
def stop_pilot(wave_id: int) -> ResponseReturnValue:
    """Let nobody follow a pilot."""
    wave = visible_wave_or_404(wave_id)
    with told():
        if stop_at_pilot(wave, by=current_person(), now=utcnow()):
            flash(_("Nobody else is asked. You can go on as long as the wave is open."), "success")
    return back_to_wave(wave_id)


@wave_control.post("/people/<int:invitation_id>/send-again")
def send_again(wave_id: int, invitation_id: int) -> ResponseReturnValue:
    """Send one person a fresh copy of their mail."""
    invitation = invitation_or_404(wave_id, invitation_id)
    with told():
        copy = resend(invitation, by=current_person(), now=utcnow())
        name, when = invitation.contact.full_name, moment(copy.next_attempt_at)
        flash(_("A fresh copy is on its way to %(name)s: %(when)s.", name=name, when=when), "success")
    return back_to_wave(wave_id)


@wave_control.post("/people/<int:invitation_id>/stop")
def stop(wave_id: int, invitation_id: int) -> ResponseReturnValue:
    """Write to one person no more in this wave."""
    invitation = invitation_or_404(wave_id, invitation_id)
    name = invitation.contact.full_name
    with told():
        reason = request.form.get("reason", "")
        if stop_person(invitation, reason=reason, by=current_person(), now=utcnow()):
            flash(_("%(name)s gets no more mail in this wave, and can still answer.", name=name), "success")
        else:
            flash(_("%(name)s is not asked in this wave.", name=name), "success")
    return back_to_wave(wave_id)


@wave_control.post("/people/<int:invitation_id>/write-on")
def write_on(wave_id: int, invitation_id: int) -> ResponseReturnValue:
    """Take back that one person is not written to."""
    invitation = invitation_or_404(wave_id, invitation_id)
    with told():
        write_again(invitation, by=current_person())
        flash(_("%(name)s is written to again.", name=invitation.contact.full_name), "success")
    return back_to_wave(wave_id)


def back_to_wave(wave_id: int) -> ResponseReturnValue:
    """Return to the list of people the wave's page was left with."""
    query = request.query_string.decode()
    return redirect(url_for("campaigns.show", wave_id=wave_id) + (f"?{query}" if query else ""))
