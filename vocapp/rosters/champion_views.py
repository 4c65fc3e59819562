"""Asking a champion, for those who look after the account: choose, preview, send, withdraw, release."""

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import requested_id
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.identity.telling import told
from vocapp.rosters.asking_form import AskForm
from vocapp.rosters.asking_page import Preview, asking_page, preview_for
from vocapp.rosters.champion import request_roster, withdraw_request
from vocapp.rosters.champion_answers import keep_out as agree_to_keep_out
from vocapp.rosters.champion_answers import release as count_after_all
from vocapp.rosters.champion_queries import people_to_ask, revision_of
from vocapp.rosters.models import RosterRequest, RosterRevision

champion = Blueprint("champion", __name__)


@champion.route("/accounts/<int:account_id>/ask-champion", methods=["GET", "POST"])
def ask(account_id: int) -> ResponseReturnValue:
    """Ask a champion, or look first at what they will see (`go=look`)."""
    account = visible_or_404(Account, account_id)
    people = {person.id: person for person in people_to_ask(account.id)}
    form = AskForm(list(people.values()), champion=requested_id("champion") or next(iter(people), None))
    if form.validate_on_submit() and request.form.get("go") == "send" and _send(account, people, form):
        return redirect(url_for(".ask", account_id=account_id))
    return render_template(
        "rosters/ask_champion.html",
        form=form,
        asking=asking_page(account, now=utcnow()),
        preview=_preview(account, people, form),
        may_change=may_write(current_person().role),
    )


@champion.post("/roster-requests/<int:request_id>/withdraw")
def withdraw(request_id: int) -> ResponseReturnValue:
    """Take a request back and close its page."""
    asked = visible_or_404(RosterRequest, request_id)
    with told():
        withdraw_request(asked, by=current_person(), now=utcnow())
        flash(_("Withdrawn. The link does not work any more, and no further mail is sent."), "success")
    return redirect(url_for(".ask", account_id=asked.account_id))


@champion.post("/roster-requests/<int:request_id>/forms/<int:number>/release")
def release(request_id: int, number: int) -> ResponseReturnValue:
    """Count a doubtful form after all."""
    form = _form_or_404(request_id, number)
    with told():
        count_after_all(form, by=current_person(), now=utcnow())
        flash(_("Released. What it proposes waits among the suggestions."), "success")
    return redirect(url_for(".ask", account_id=form.request.account_id))


@champion.post("/roster-requests/<int:request_id>/forms/<int:number>/keep-out")
def keep_out(request_id: int, number: int) -> ResponseReturnValue:
    """Agree that a doubtful form is no answer."""
    form = _form_or_404(request_id, number)
    with told():
        agree_to_keep_out(form, by=current_person(), now=utcnow())
        flash(_("Kept out; it changes nothing."), "success")
    return redirect(url_for(".ask", account_id=form.request.account_id))


def _form_or_404(request_id: int, number: int) -> RosterRevision:
    asked = visible_or_404(RosterRequest, request_id)
    form = revision_of(asked.id, number)
    if form is None or form.quarantine_reason is None:
        abort(404)
    return form


def _send(account: Account, people: Mapping[int, Contact], form: AskForm) -> bool:
    """Ask the person chosen; False when a rule refused, and the reader was told why."""
    person = people[form.champion.data]
    try:
        with transaction():
            request_roster(account, person, sender=current_person(), note=_note(form), now=utcnow())
    except DomainError as refusal:
        flash(str(refusal), "error")
        return False
    flash(_("%(name)s gets your mail.", name=person.full_name), "success")
    return True


def _note(form: AskForm) -> str:
    return (form.note.data or "").strip()


def _preview(account: Account, people: Mapping[int, Contact], form: AskForm) -> Preview | None:
    """Return what the person chosen would get; of the first one while nobody we know is chosen."""
    person = people.get(form.champion.data or 0) or next(iter(people.values()), None)
    if person is None:
        return None
    return preview_for(account, person, sender=current_person(), note=_note(form), now=utcnow())
