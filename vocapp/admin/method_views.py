"""How the numbers are made, for everybody; and the versions of the method, for those who may change it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from surveys.method_words import chapters_of
from vocapp.admin.method_forms import DraftForm, number_from
from vocapp.admin.method_page import (
    ask_for_force,
    changes_against_force,
    chapters_on,
    is_in_the_works,
    may_approve,
    preview_on,
    versions_page,
    what_if,
    work_out,
)
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import requested_id, requested_page, requested_text
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.method.models import MethodVersion
from vocapp.method.queries import DECIDERS, version_numbered
from vocapp.method.rules import VersionState
from vocapp.method.service import (
    SavedMeanwhile,
    approve,
    begin_draft,
    discard_draft,
    note_review,
    refuse,
    save_draft,
    take_back,
)

method = Blueprint("method", __name__, url_prefix="/method")
parameters = Blueprint("parameters", __name__, url_prefix="/method/parameters")


@method.get("")
def how() -> str:
    """Say in plain words how the numbers are made, with the values in force."""
    in_force, chapters = chapters_on(utcnow().date())
    may_change = current_person().role in DECIDERS
    return render_template("method/how.html", method=in_force, chapters=chapters, may_change=may_change)


@parameters.get("")
def index() -> str:
    """Show the version in force, what is open, and all versions before."""
    return render_template("method/versions.html", shown=versions_page(utcnow().date()))


@parameters.post("/draft")
def begin() -> ResponseReturnValue:
    """Begin a draft with the values in force, or with those of another version."""
    number, like = 0, request.form.get("like", type=int)
    with told():
        number = begin_draft(like=like, by=current_person(), now=utcnow()).number
    return redirect(url_for("parameters.show", version=number) if number else url_for("parameters.index"))


@parameters.route("/<int:version>", methods=["GET", "POST"])
def show(version: int) -> ResponseReturnValue:
    """Show a version; a draft can be changed and saved."""
    found = version_numbered(version) or abort(404)
    form = DraftForm()
    if request.method == "GET":
        form.show(found)
    if form.validate_on_submit() and is_saved(found, form):
        work_out(version, now=utcnow())
        return redirect(url_for("parameters.preview", version=version))
    shown: dict[str, Any] = {"version": found, "changes": changes_against_force(found)}
    shown["chapters"] = chapters_of(found.chosen)
    is_draft = found.state == VersionState.DRAFT
    return render_template("method/draft.html" if is_draft else "method/version.html", form=form, **shown)


@parameters.get("/<int:version>/preview")
def preview(version: int) -> ResponseReturnValue:
    """Show who would change colour; nothing changes yet."""
    found = open_or_404(version)
    kept = preview_on(found, utcnow())
    region, tier_id = requested_text("region"), requested_id("tier")
    shown: dict[str, Any] = {"version": found, "changes": changes_against_force(found)}
    shown["is_in_the_works"] = is_in_the_works(found)
    shown["may_approve"] = may_approve(found, current_person())
    if kept is not None:
        shown["result"] = what_if(kept.moves or (), region=region, tier_id=tier_id, number=requested_page())
    return render_template("method/preview.html", kept=kept, **{"result": None, **shown})


@parameters.post("/<int:version>/work-out")
def work_it_out(version: int) -> ResponseReturnValue:
    """Work out anew who would change colour, or have it done in the background."""
    try:
        work_out(version, now=utcnow())
    except DomainError as refusal:
        flash(str(refusal), "error")
    return redirect(url_for("parameters.preview", version=version))


@parameters.post("/<int:version>/force")
def force(version: int) -> ResponseReturnValue:
    """Put a draft into force, or ask a second person to approve it."""
    try:
        found = ask_for_force(version, seen=seen_save(), by=current_person(), now=utcnow())
    except DomainError as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("parameters.preview", version=version))
    flash(force_words(found), "success")
    return redirect(url_for("parameters.index"))


@parameters.post("/<int:version>/approve")
def approve_it(version: int) -> ResponseReturnValue:
    """Approve what somebody else asked for."""
    with told():
        flash(force_words(approve(version, seen=seen_save(), by=current_person(), now=utcnow())), "success")
    return redirect(url_for("parameters.index"))


@parameters.post("/<int:version>/refuse")
def refuse_it(version: int) -> ResponseReturnValue:
    """Refuse what somebody else asked for, with a reason."""
    place = url_for("parameters.preview", version=version)
    with told():
        refuse(version, why=request.form.get("why", ""), by=current_person(), now=utcnow())
        flash(_("Refused; the version in force stays."), "success")
        place = url_for("parameters.index")
    return redirect(place)


@parameters.post("/<int:version>/take-back")
def take_it_back(version: int) -> ResponseReturnValue:
    """Make a draft again of what waits for approval."""
    with told():
        take_back(version, by=current_person(), now=utcnow())
        flash(_("It is a draft again."), "success")
    return redirect(url_for("parameters.index"))


@parameters.post("/<int:version>/discard")
def discard(version: int) -> ResponseReturnValue:
    """Throw a draft away."""
    with told():
        discard_draft(version, by=current_person())
        flash(_("The draft is gone; the version in force stays."), "success")
    return redirect(url_for("parameters.index"))


@parameters.post("/<int:version>/reviewed")
def reviewed(version: int) -> ResponseReturnValue:
    """Note that the version in force was looked at and stays."""
    with told():
        note_review(version, by=current_person(), today=utcnow().date())
        flash(_("Noted; the next look is due in a year."), "success")
    return redirect(url_for("parameters.index"))


def open_or_404(number: int) -> MethodVersion:
    """Return a draft or a version that waits; for others there is nothing to preview."""
    found = version_numbered(number)
    if found is None or found.state not in (VersionState.DRAFT, VersionState.WAITING):
        abort(404)
    return found


def seen_save() -> int:
    """Return the save number that the sent page was made of."""
    return number_from(request.form.get("seen", ""))


def force_words(version: MethodVersion) -> str:
    """Say what became of the request to put a version into force."""
    if version.state == VersionState.WAITING:
        return str(_("It waits for a second person: accounts of several regions would change colour."))
    return str(_("Version %(number)s is in force; the scores follow in a minute.", number=version.number))


def is_saved(draft: MethodVersion, form: DraftForm) -> bool:
    """Store a sent draft; when a value is wrong or somebody else was faster, write nothing and say so."""
    chosen = form.parameters()
    if chosen is None:
        return False
    note, seen, me = form.note.data or "", form.save_number, current_person()
    try:
        with transaction():
            save_draft(draft.number, chosen, note=note, seen=seen, by=me, now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        if isinstance(refusal, SavedMeanwhile):
            form.seen.data = str(draft.saves)
        return False
    flash(_("Saved. Nothing applies before it is put into force."), "success")
    return True
