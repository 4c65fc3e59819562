"""Settings: triggers, what they ask, what they did, and why somebody was not asked."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import page_of, requested_page, requested_text
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.triggers.forms import TriggerForm
from vocapp.triggers.models import Trigger
from vocapp.triggers.queries import LATELY, doings_since, firing_log, listed_triggers, order_of, titles_of
from vocapp.triggers.rules import Outcome
from vocapp.triggers.service import delete_trigger, save_trigger, switch_off, switch_on
from vocapp.triggers.showing import choices, spelled_out

triggers = Blueprint("triggers", __name__, url_prefix="/settings/triggers")


@triggers.get("")
def index() -> str:
    """List the triggers with what they did in the last 30 days."""
    now = utcnow()
    return render_template(
        "triggers/index.html",
        triggers=[(trigger, spelled_out(order_of(trigger), now=now)) for trigger in listed_triggers()],
        doings=doings_since(now - LATELY),
    )


@triggers.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Make a trigger; it is off until somebody switches it on."""
    return edited(None)


@triggers.route("/<int:trigger_id>", methods=["GET", "POST"])
def edit(trigger_id: int) -> ResponseReturnValue:
    """Change a trigger."""
    return edited(found(trigger_id))


def edited(trigger: Trigger | None) -> ResponseReturnValue:
    """Show the form of a trigger with what it would do in words, or store it."""
    form = TriggerForm()
    if request.method == "GET" and trigger is not None:
        form.show(order_of(trigger))
    form.offer(**choices())
    is_readable = form.validate_on_submit() if request.method == "POST" else trigger is not None
    if is_readable and request.form.get("go") == "save" and is_saved(trigger, form):
        return redirect(url_for("triggers.index"))
    words = spelled_out(form.order(), now=utcnow()) if is_readable else None
    return render_template("triggers/edit.html", form=form, trigger=trigger, words=words)


@triggers.post("/<int:trigger_id>/switch")
def switch(trigger_id: int) -> ResponseReturnValue:
    """Switch a trigger on or off."""
    trigger = found(trigger_id)
    with told():
        if request.form.get("to") == "on":
            switch_on(trigger, by=current_person(), now=utcnow())
            flash(_("%(name)s is on. It asks about what happens from now on.", name=trigger.name), "success")
        else:
            switch_off(trigger, by=current_person())
            flash(_("%(name)s is off. It asks nobody any more.", name=trigger.name), "success")
    return redirect(url_for("triggers.index"))


@triggers.post("/<int:trigger_id>/delete")
def delete(trigger_id: int) -> ResponseReturnValue:
    """Delete a trigger with its log; its waves and their answers stay."""
    with told():
        delete_trigger(found(trigger_id), by=current_person())
        flash(_("The trigger was deleted; its waves and answers stay."), "success")
    return redirect(url_for("triggers.index"))


@triggers.get("/<int:trigger_id>/log")
def log(trigger_id: int) -> str:
    """Show what became of each event: whom it asked, or why nobody."""
    trigger, outcome = found(trigger_id), requested_text("outcome")
    page = page_of(firing_log(trigger, outcome=outcome), number=requested_page())
    return render_template(
        "triggers/log.html",
        trigger=trigger,
        page=page,
        outcome=outcome,
        outcomes=list(Outcome),
        titles=titles_of(page.items),
    )


def found(trigger_id: int) -> Trigger:
    """Return a trigger, or end in a 404."""
    return db.session.get(Trigger, trigger_id) or abort(404)


def is_saved(trigger: Trigger | None, form: TriggerForm) -> bool:
    """Store a sent trigger; when it makes no sense, write nothing and tell the reason at the form."""
    try:
        with transaction():
            save_trigger(trigger, form.order(), by=current_person(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    flash(_("Saved.") if trigger else _("Saved. It asks nobody until you switch it on."), "success")
    return True
