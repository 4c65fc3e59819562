"""What others propose about people, for those who decide; confirming people; taking evidence back."""

from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import page_of, requested_id, requested_next, requested_page, row_id
from vocapp.freshness.absence import say_away
from vocapp.freshness.bulk import decide_suggestions
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.phrases import (
    accepted_line,
    column_name,
    decided_line,
    dismissed_line,
    shown_value,
    undone_line,
)
from vocapp.freshness.queries import (
    decided_lately,
    open_suggestions,
    visible_suggestion,
    visible_suggestions,
)
from vocapp.freshness.rules import SuggestionDecision
from vocapp.freshness.service import (
    accept_suggestion,
    confirm,
    dismiss_suggestion,
    reopen_suggestion,
    undo_evidence,
)
from vocapp.freshness.showing import by_account
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.identity.telling import told

freshness = Blueprint("freshness", __name__)

PER_PAGE = 25

# For the lists that other pages include: imported macros see no context, only what is global.
freshness.add_app_template_global(column_name)
freshness.add_app_template_global(shown_value)


@freshness.get("/suggestions")
def suggestions() -> str:
    """List what waits for a decision, by account; `account` (an id) shows one account's."""
    me, account_id = current_person(), requested_id("account")
    account = visible_or_404(Account, account_id) if account_id else None
    page = page_of(open_suggestions(me, account_id=account_id), number=requested_page(), size=PER_PAGE)
    return render_template(
        "freshness/suggestions.html",
        page=page,
        groups=by_account(page.items, reader=me),
        account=account,
        decided=decided_lately(me, account_id=account_id, now=utcnow()),
        may_change=may_write(me.role),
    )


@freshness.post("/suggestions/<int:suggestion_id>/accept")
def accept(suggestion_id: int) -> ResponseReturnValue:
    """Do what somebody proposes, with what the CSM says about it."""
    suggestion = suggestion_or_404(suggestion_id)
    with told():
        contact = accept_suggestion(
            suggestion,
            by=current_person(),
            now=utcnow(),
            is_confirmed="is_confirmed" in request.form,
            is_somebody_new=request.form.get("who") == "new",
            email=request.form.get("email", ""),
        )
        flash(accepted_line(suggestion, contact) if contact else already_decided(), "success")
    return redirect(requested_next(default=url_for(".suggestions")))


@freshness.post("/suggestions/<int:suggestion_id>/dismiss")
def dismiss(suggestion_id: int) -> ResponseReturnValue:
    """Leave everything as it is, or confirm the person it is about."""
    suggestion, is_confirmed = suggestion_or_404(suggestion_id), request.form.get("act") == "confirm"
    with told():
        dismiss_suggestion(suggestion, by=current_person(), now=utcnow(), is_confirmed=is_confirmed)
        flash(dismissed_line(suggestion, is_confirmed=is_confirmed), "success")
    return redirect(requested_next(default=url_for(".suggestions")))


@freshness.post("/suggestions/<int:suggestion_id>/reopen")
def reopen(suggestion_id: int) -> ResponseReturnValue:
    """Take a decision back."""
    suggestion = suggestion_or_404(suggestion_id)
    with told():
        kept = reopen_suggestion(suggestion, by=current_person(), now=utcnow())
        flash(undone_line(kept), "warning" if kept else "success")
    return redirect(requested_next(default=url_for(".suggestions")))


@freshness.post("/suggestions/decide")
def decide() -> ResponseReturnValue:
    """Decide about all ticked suggestions at once; those of others are passed over."""
    decision = request.form.get("decision", type=SuggestionDecision) or abort(400)
    if not ticked_ids():
        flash(_("Nothing was decided: first tick the suggestions you mean."), "info")
        return redirect(requested_next(default=url_for(".suggestions")))
    chosen = visible_suggestions(current_person(), ticked_ids())
    with transaction():
        decided = decide_suggestions(chosen, decision, by=current_person(), now=utcnow())
    flash(decided_line(decision, decided.count), "success" if decided.count else "info")
    for refusal in decided.refusals:
        flash(refusal, "error")
    return redirect(requested_next(default=url_for(".suggestions")))


@freshness.post("/people/<int:contact_id>/confirm")
def confirm_person(contact_id: int) -> ResponseReturnValue:
    """Note that a person is still there, and go back to where that was said."""
    person = visible_or_404(Contact, contact_id)
    with transaction():
        confirm(person, by=current_person(), now=utcnow())
    flash(_("%(name)s is confirmed.", name=person.full_name), "success")
    return redirect(requested_next(default=url_for("people.show", contact_id=contact_id)))


@freshness.post("/people/<int:contact_id>/away")
def note_absence(contact_id: int) -> ResponseReturnValue:
    """Note until when a person is away; their mails wait."""
    person = visible_or_404(Contact, contact_id)
    with told():
        until = _last_day(request.form.get("until", ""))
        say_away(person, until=until, by=current_person(), now=utcnow())
        flash(
            _("Noted: %(name)s is away until %(day)s.", name=person.full_name, day=format_date(until)),
            "success",
        )
    return redirect(requested_next(default=url_for("people.show", contact_id=contact_id)))


def _last_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DomainError(_("Choose the last day they are away, as 2026-03-31.")) from None


@freshness.post("/evidence/<int:evidence_id>/undo")
def undo(evidence_id: int) -> ResponseReturnValue:
    """Take back what evidence did to a person."""
    evidence = visible_or_404(Evidence, evidence_id)
    with told():
        kept = undo_evidence(evidence, by=current_person(), now=utcnow())
        flash(undone_line(kept), "warning" if kept else "success")
    return redirect(requested_next(default=url_for("people.show", contact_id=evidence.contact_id)))


def suggestion_or_404(suggestion_id: int) -> Suggestion:
    """Return a suggestion about a customer of the signed-in user."""
    return visible_suggestion(current_person(), suggestion_id) or abort(404)


def ticked_ids() -> list[int]:
    """Return the numbers of the ticked suggestions, at most a page of them; nonsense is none."""
    return request.form.getlist("chosen", type=row_id)[:PER_PAGE]


def already_decided() -> str:
    """Return what to say about a decision somebody else took first."""
    return str(_("Somebody decided this already; nothing was changed."))
