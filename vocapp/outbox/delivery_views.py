"""Mail going out: what waits, how fast it goes, what failed and why, and what an administrator may do."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import page_of, requested_page
from vocapp.outbox.forms import PacingForm, RetryForm
from vocapp.outbox.going_out import (
    events_of,
    failures_by_cause,
    lane_lines,
    sent_since,
    waiting_messages,
    warm_up,
    whole_lane,
)
from vocapp.outbox.lanes import has_lanes, pacing
from vocapp.outbox.models import Message
from vocapp.outbox.operating import change_pacing, drop_message, let_mail_go, retry_message, stop_all_mail
from vocapp.outbox.pacing import EVERYTHING
from vocapp.outbox.queries import counts_by_state, troubled_messages

deliveries = Blueprint("deliveries", __name__, url_prefix="/mailbox/queue")


@deliveries.get("")
def index() -> str:
    """Show what goes out now, what is in the way, and the messages that failed or are in doubt."""
    now, cause = utcnow(), request.args.get("cause", "")
    return render_template(
        "outbox/deliveries.html",
        counts=counts_by_state(),
        waiting=waiting_messages(now=now),
        last_hour=sent_since(now - timedelta(hours=1)),
        last_day=sent_since(now - timedelta(days=1)),
        everything=whole_lane(now=now),
        lanes=lane_lines(now=now) if has_lanes() else None,
        pacing=pacing(),
        warm_up=warm_up(now=now),
        causes=failures_by_cause(),
        cause=cause,
        page=page_of(troubled_messages(cause=cause), number=requested_page()),
    )


@deliveries.get("/<int:message_id>")
def show(message_id: int) -> str:
    """Show one message: where it stands, what was heard of it, and what can be done."""
    message = db.get_or_404(Message, message_id)
    return render_template(
        "outbox/delivery.html", message=message, events=events_of(message), form=RetryForm()
    )


@deliveries.post("/<int:message_id>/retry")
def retry(message_id: int) -> ResponseReturnValue:
    """Let a message go out once more."""
    db.get_or_404(Message, message_id)
    is_accepted = RetryForm().is_twice_accepted.data
    try:
        with transaction():
            retry_message(message_id, is_twice_accepted=is_accepted, by_id=current_user.id, now=utcnow())
        flash(_("It goes out once more."), "success")
    except DomainError as problem:
        flash(str(problem), "error")
    return redirect(url_for("deliveries.show", message_id=message_id))


@deliveries.post("/<int:message_id>/drop")
def drop(message_id: int) -> ResponseReturnValue:
    """Give a message up."""
    db.get_or_404(Message, message_id)
    try:
        with transaction():
            drop_message(message_id, by_id=current_user.id)
        flash(_("It is given up."), "success")
    except DomainError as problem:
        flash(str(problem), "error")
    return redirect(url_for("deliveries.index"))


@deliveries.post("/stop")
def stop() -> ResponseReturnValue:
    """Stop all mail."""
    with transaction():
        stop_all_mail(by_id=current_user.id, now=utcnow())
    flash(_("All mail is stopped. Password links and alerts to people here still go out."), "success")
    return redirect(url_for("deliveries.index"))


@deliveries.post("/resume")
def resume() -> ResponseReturnValue:
    """Let a lane go on, or everything."""
    with transaction():
        is_resumed = let_mail_go(request.form.get("lane", EVERYTHING), by_id=current_user.id, now=utcnow())
    flash(_("It goes on.") if is_resumed else _("Nothing held it."), "success" if is_resumed else "info")
    return redirect(url_for("deliveries.index"))


@deliveries.route("/pace", methods=["GET", "POST"])
def pace() -> ResponseReturnValue:
    """Decide how fast mail goes out."""
    form = PacingForm(obj=pacing())
    if form.validate_on_submit():
        with transaction():
            change_pacing(
                per_minute=form.per_minute.data or 0,
                warm_up_from=form.warm_up_from.data,
                by_id=current_user.id,
            )
        flash(_("Saved."), "success")
        return redirect(url_for("deliveries.index"))
    return render_template("outbox/pace.html", form=form)
