"""Pages on which a CSM says what they think, sees what waits to be said, and keeps notes."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact, Note
from vocapp.accounts.queries import house_rules
from vocapp.accounts.rules import ContactStatus
from vocapp.assessments import notes
from vocapp.assessments.beside import our_view
from vocapp.assessments.due import due_page, requested_due
from vocapp.assessments.forms import AccountAssessmentForm, AssessmentForm, NoteForm, PersonAssessmentForm
from vocapp.assessments.queries import assessed_history, last_assessed, latest_assessments, stakeholders
from vocapp.assessments.service import record_assessment, refuse_absent
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.navigation import is_known
from vocapp.core.web import requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write, sees_all_accounts

assessments = Blueprint("assessments", __name__)


@assessments.context_processor
def rights() -> dict[str, Any]:
    """Tell templates what the signed-in user may do."""
    role = current_person().role
    return {"may_change": may_write(role), "sees_all": sees_all_accounts(role)}


@assessments.get("/assessments")
def due() -> str:
    """List the accounts that wait for an assessment, worst first."""
    wanted = requested_due()
    return render_template(
        "assessments/due.html",
        shown=due_page(current_person(), wanted, number=requested_page(), on=today()),
        wanted=wanted,
        days=house_rules().assessment_days,
    )


@assessments.route("/accounts/<int:account_id>/assess", methods=["GET", "POST"])
def assess_account(account_id: int) -> ResponseReturnValue:
    """Answer the questions about an account; beside them what was said before."""
    account = visible_or_404(Account, account_id)
    form = AccountAssessmentForm()
    if form.validate_on_submit():
        save_assessment(form, account, None)
        return redirect(way_back(account_url(account_id)))
    return render_template(
        "assessments/account.html",
        account=account,
        form=form,
        **said_before(account_id, None),
        people=stakeholders(account_id),
        assessed=latest_assessments([account_id]),
    )


@assessments.route("/people/<int:contact_id>/assess", methods=["GET", "POST"])
def assess_contact(contact_id: int) -> ResponseReturnValue:
    """Answer the questions about a stakeholder; beside them what was said before."""
    person = visible_or_404(Contact, contact_id)
    form = PersonAssessmentForm()
    if request.method == "POST":
        refuse_absent(person)
    if form.validate_on_submit():
        save_assessment(form, person.account, person)
        return redirect(person_url(contact_id))
    return render_template(
        "assessments/person.html",
        person=person,
        has_left=person.status == ContactStatus.LEFT,
        form=form,
        **said_before(person.account_id, contact_id),
    )


@assessments.get("/accounts/<int:account_id>/notes")
@assessments.get("/people/<int:contact_id>/notes")
def list_notes(account_id: int | None = None, contact_id: int | None = None) -> str:
    """List all notes about an account, with those about its people, or about one person."""
    account, person = subject_of(account_id, contact_id)
    own = our_view(
        account.id,
        contact_id,
        reader=current_person(),
        on=today(),
        number=requested_page(),
        notes_shown=notes.NOTES_PER_PAGE,
    )
    back = subject_url(account.id, contact_id)
    return render_template("assessments/notes.html", own=own, account=account, person=person, back=back)


@assessments.post("/accounts/<int:account_id>/notes")
@assessments.post("/people/<int:contact_id>/notes")
def add_note(account_id: int | None = None, contact_id: int | None = None) -> ResponseReturnValue:
    """Keep a note about an account or a person; one that cannot be kept is shown again, with its text."""
    account, person = subject_of(account_id, contact_id)
    form, back = NoteForm(), subject_url(account.id, contact_id)
    if not form.validate_on_submit():
        return render_template("assessments/note.html", form=form, account=account, person=person, back=back)
    with transaction():
        notes.add_note(account, form.text.data or "", contact=person, by=current_person(), now=utcnow())
    flash(_("The note is kept."), "success")
    return redirect(f"{back}#notes")


@assessments.post("/notes/<int:note_id>/remove")
def remove_note(note_id: int) -> ResponseReturnValue:
    """Take back a note of one's own."""
    note = visible_or_404(Note, note_id)
    back = subject_url(note.account_id, note.contact_id)
    with transaction():
        notes.remove_note(note, by=current_person())
    flash(_("The note is gone."), "success")
    return redirect(f"{back}#notes")


def save_assessment(form: AssessmentForm, account: Account, person: Contact | None) -> None:
    """Store a form that is filled in, and say so."""
    with transaction():
        record_assessment(
            account,
            form.ratings(),
            contact=person,
            note=form.note.data or "",
            by=current_person(),
            now=utcnow(),
        )
    flash(_("Your assessment is saved."), "success")


def said_before(account_id: int, contact_id: int | None) -> dict[str, Any]:
    """Return what a guided page shows beside its questions: the latest assessment, and all of them."""
    return {
        "last": last_assessed(account_id, contact_id, on=today()),
        "history": assessed_history(account_id, contact_id, number=requested_page(), on=today()),
        "days": house_rules().assessment_days,
    }


def today() -> date:
    """Return the present day."""
    return utcnow().date()


def subject_of(account_id: int | None, contact_id: int | None) -> tuple[Account, Contact | None]:
    """Return the account an address names, or the person and their account; 404 for what is not theirs."""
    if contact_id is None:
        return visible_or_404(Account, account_id or 0), None
    person = visible_or_404(Contact, contact_id)
    return person.account, person


def way_back(usual: str) -> str:
    """Return where a form leads when it is done: to the list it was opened from, or to the usual page."""
    return url_for("assessments.due") if request.args.get("from") == "list" else usual


def account_url(account_id: int) -> str:
    """Return the address of an account's page."""
    if is_known("portfolio.account"):
        return url_for("portfolio.account", account_id=account_id)
    return url_for("assessments.assess_account", account_id=account_id)


def person_url(contact_id: int) -> str:
    """Return the address of a person's page."""
    if is_known("people.show"):
        return url_for("people.show", contact_id=contact_id)
    return url_for("assessments.assess_contact", contact_id=contact_id)


def subject_url(account_id: int, contact_id: int | None) -> str:
    """Return the address of the page a note stands on."""
    return account_url(account_id) if contact_id is None else person_url(contact_id)
