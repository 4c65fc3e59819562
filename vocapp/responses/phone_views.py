"""Writing down an answer that was given by phone."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from surveys.answers import Answers
from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.telling import day_of, reader_zone
from vocapp.responses.phone import PhoneNotes, callable_invitation, read_notes, record_phone_answer, unasked
from vocapp.responses.phone_forms import PREFIX, CallForm
from vocapp.responses.phone_page import phone_page

phone = Blueprint("phone", __name__)


@phone.route("/invitations/<int:invitation_id>/phone", methods=["GET", "POST"])
def enter(invitation_id: int) -> ResponseReturnValue:
    """Show the questions of a survey to somebody on the phone, and keep what the other one says."""
    invitation = invitation_or_404(invitation_id)
    form = CallForm(prefix=PREFIX, called_on=day_of(utcnow()))
    answers = None
    if request.method == "POST":
        is_kept, answers = try_to_keep(invitation, form)
        if is_kept:
            flash(_("The answer is saved, marked as given by phone."), "success")
            return redirect(url_for("people.show", contact_id=invitation.contact_id))
    page = phone_page(invitation_or_404(invitation_id), answers, now=utcnow())
    return render_template("responses/phone.html", page=page, form=form), 422 if answers else 200


def try_to_keep(invitation: Invitation, form: CallForm) -> tuple[bool, Answers]:
    """Keep a sent form, or tell what stands in the way; return whether it was kept, and what it says."""
    answers = read_notes(invitation, request.form.to_dict(flat=False))
    if not form.validate() or not form.called_on.data:
        return False, answers
    notes = PhoneNotes(request.form.to_dict(flat=False), form.called_on.data, form.seen.data or 0)
    try:
        with transaction():
            held = invitation_or_404(invitation.id, is_locked=True)
            answers = record_phone_answer(held, notes, by=current_person(), zone=reader_zone(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False, answers
    return answers.is_valid and not unasked(invitation, answers), answers


def invitation_or_404(invitation_id: int, *, is_locked: bool = False) -> Invitation:
    """Return an invitation of an account the signed-in user may see."""
    return callable_invitation(current_person(), invitation_id, is_locked=is_locked) or abort(404)
