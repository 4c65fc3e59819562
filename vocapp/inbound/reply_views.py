"""What people wrote in reply to our mails, for those who look after their accounts."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from surveys.answers import Answers
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import page_of, requested_next, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.inbound.models import InboundMail
from vocapp.inbound.reply_forms import ReplyAnswerForm
from vocapp.inbound.reply_queries import count_open_replies, replies_to, shown_replies, visible_reply
from vocapp.inbound.reply_rules import ScoreState
from vocapp.inbound.reply_service import (
    enter_answer,
    finish_reply,
    reopen_reply,
    stop_asking,
    suggested_answers,
)
from vocapp.responses.phone import ReplyNotes, read_notes, unasked
from vocapp.responses.phone_forms import PREFIX
from vocapp.responses.phone_page import phone_page
from vocapp.responses.phone_views import invitation_or_404
from vocapp.responses.views import rights

replies = Blueprint("replies", __name__, url_prefix="/replies")

PER_PAGE = 25


# The list is one of the tabs of the responses, and asks what those ask of the reader.
replies.context_processor(rights)


@replies.get("")
def index() -> str:
    """List the replies that wait, or (`view=done`) those somebody is done with."""
    me, is_done = current_person(), request.args.get("view") == "done"
    page = page_of(replies_to(me, is_done=is_done), number=requested_page(), size=PER_PAGE)
    return render_template(
        "inbound/replies.html",
        page=page,
        shown=shown_replies(page.items, now=utcnow()),
        is_done=is_done,
        open_count=count_open_replies(me) if is_done else page.total,
    )


@replies.get("/<int:mail_id>")
def show(mail_id: int) -> str:
    """Show one reply."""
    (shown,) = shown_replies([reply_or_404(mail_id)], now=utcnow())
    return render_template("inbound/reply.html", shown=shown)


@replies.post("/<int:mail_id>/done")
def finish(mail_id: int) -> ResponseReturnValue:
    """Be done with a reply."""
    with transaction():
        is_changed = finish_reply(reply_or_404(mail_id), by=current_person(), now=utcnow())
    if is_changed:
        flash(_("Done. You find it under “Done”, and can let it wait again."), "success")
    else:
        flash(_("Nothing changed: it was done already, or is being judged again. Look once more."), "info")
    return redirect(requested_next(default=url_for(".index")))


@replies.post("/<int:mail_id>/reopen")
def reopen(mail_id: int) -> ResponseReturnValue:
    """Let a reply wait again."""
    with transaction():
        is_changed = reopen_reply(reply_or_404(mail_id), by=current_person())
    if is_changed:
        flash(_("It waits again."), "success")
    else:
        flash(_("Nothing changed: it waits already, or is being judged again. Look once more."), "info")
    return redirect(requested_next(default=url_for(".index")))


@replies.post("/<int:mail_id>/stop-asking")
def stop(mail_id: int) -> ResponseReturnValue:
    """Ask whoever wrote nothing more."""
    reply = reply_or_404(mail_id)
    with told():
        stop_asking(reply, by=current_person(), now=utcnow())
        flash(_("They are asked nothing any more. Their answers stay."), "success")
    return redirect(requested_next(default=url_for(".index")))


@replies.route("/<int:mail_id>/answer", methods=["GET", "POST"])
def answer(mail_id: int) -> ResponseReturnValue:
    """Show the questions with what a reply says filled in, and keep it as the answer once it is saved."""
    reply, form, answers = answerable_or_404(mail_id), ReplyAnswerForm(prefix=PREFIX), None
    if request.method == "POST":
        is_kept, answers = try_to_keep(reply, form)
        if is_kept:
            flash(_("The answer is saved, marked as given in a reply. The reply is done."), "success")
            return redirect(url_for(".index"))
    invitation = invitation_or_404(reply.invitation_id or 0)
    suggested = suggested_answers(reply, invitation)
    page = phone_page(invitation, answers, suggested=suggested, now=utcnow())
    return render_template("inbound/answer.html", page=page, form=form, reply=reply), 422 if answers else 200


def try_to_keep(reply: InboundMail, form: ReplyAnswerForm) -> tuple[bool, Answers]:
    """Keep a sent form, or tell what stands in the way; return whether it was kept, and what it says."""
    invitation, sent = invitation_or_404(reply.invitation_id or 0), request.form.to_dict(flat=False)
    answers = read_notes(invitation, sent)
    if not form.validate():
        return False, answers
    notes = ReplyNotes(sent, form.seen.data or 0, mail_id=reply.id, replied_at=reply.received_at)
    try:
        with transaction():
            held = invitation_or_404(invitation.id, is_locked=True)
            answers = enter_answer(reply, held, notes, by=current_person(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False, answers
    return answers.is_valid and not unasked(invitation, answers), answers


def reply_or_404(mail_id: int) -> InboundMail:
    """Return a reply the signed-in user may read."""
    return visible_reply(current_person(), mail_id) or abort(404)


def answerable_or_404(mail_id: int) -> InboundMail:
    """Return a reply with a number that belongs to a question asked openly, and to whoever was asked."""
    reply = reply_or_404(mail_id)
    (shown,) = shown_replies([reply], now=utcnow())
    if reply.invitation is None or shown.score_state in (None, ScoreState.FOREIGN):
        abort(404)
    return reply
