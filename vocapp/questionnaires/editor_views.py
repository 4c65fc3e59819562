"""The survey editor: drafts begun, changed step by step, undone, discarded, published."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import row_id
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.questionnaires.catalog import changes_since, new_definition, sources
from vocapp.questionnaires.drafting import (
    StaleDraft,
    Work,
    archive,
    discard,
    new_survey,
    publish_draft,
    redo,
    start_draft,
    unarchive,
    undo,
)
from vocapp.questionnaires.editor import open_editor
from vocapp.questionnaires.edits import typed_in
from vocapp.questionnaires.forms import NewSurveyForm
from vocapp.questionnaires.models import SurveyDraft
from vocapp.questionnaires.operating import operate
from vocapp.questionnaires.operations import OPERATIONS
from vocapp.questionnaires.queries import draft_of

survey_editor = Blueprint("survey_editor", __name__, url_prefix="/surveys")


@survey_editor.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Begin a survey: empty, from the library, or as a copy."""
    form = NewSurveyForm(copies=sources(), source=request.args.get("source", ""))
    if form.validate_on_submit():
        said = {name: form.data[name] for name in ("key", "name", "language")}
        try:
            with transaction():
                definition = new_definition(form.source.data, **said)
                draft = new_survey(definition, what=_("Began"), by=current_person(), now=utcnow())
            return redirect(url_for("survey_editor.edit", key=draft.survey.key))
        except DomainError as refusal:
            form.key.errors = [str(refusal)]
    return render_template("questionnaires/new.html", form=form), 422 if form.errors else 200


@survey_editor.post("/<key>/draft")
def start(key: str) -> ResponseReturnValue:
    """Begin the next version of a survey, or go on with its draft."""
    with told():
        start_draft(key, by=current_person(), now=utcnow())
    return redirect(url_for("survey_editor.edit", key=key))


@survey_editor.get("/<key>/edit")
def edit(key: str) -> ResponseReturnValue:
    """Show the draft of a survey at one place."""
    draft = draft_of(key)
    if draft is None:
        return redirect(url_for("questionnaires.show", key=key))
    return _editor(draft)


@survey_editor.post("/<key>/edit/<operation>")
def change(key: str, operation: str) -> ResponseReturnValue:
    """Change the draft of a survey by one operation."""
    if operation not in OPERATIONS:
        abort(404)
    try:
        with transaction():
            at = operate(key, operation, request.form, _work())
    except DomainError as refusal:
        return _refused(key, refusal)
    return redirect(_address(key, at))


@survey_editor.post("/<key>/undo")
def back(key: str) -> ResponseReturnValue:
    """Take the last step of a draft back."""
    try:
        with transaction():
            undo(key, _work())
    except DomainError as refusal:
        return _refused(key, refusal)
    return redirect(_address(key, request.form.get("at", "")))


@survey_editor.post("/<key>/redo")
def again(key: str) -> ResponseReturnValue:
    """Do the step again that was taken back."""
    try:
        with transaction():
            redo(key, _work())
    except DomainError as refusal:
        return _refused(key, refusal)
    return redirect(_address(key, request.form.get("at", "")))


@survey_editor.route("/<key>/publish", methods=["GET", "POST"])
def publish(key: str) -> ResponseReturnValue:
    """Show what a version would change, and publish it."""
    draft = draft_of(key) or abort(404)
    if request.method == "POST":
        with told():
            version = publish_draft(key, _work())
            flash(_("Version %(number)s is published and frozen.", number=version.number), "success")
        if draft_of(key) is None:
            return redirect(url_for("questionnaires.show", key=key))
        return redirect(url_for("survey_editor.publish", key=key))
    editor = open_editor(draft, at="", language="")
    return render_template("questionnaires/publish.html", editor=editor, changes=changes_since(draft))


@survey_editor.post("/<key>/discard")
def forget(key: str) -> ResponseReturnValue:
    """Forget a draft; published versions stay."""
    try:
        with transaction():
            discard(key, _work())
    except DomainError as refusal:
        return _refused(key, refusal)
    flash(_("The draft is gone."), "success")
    return redirect(url_for("questionnaires.index"))


@survey_editor.post("/<key>/archive")
def put_away(key: str) -> ResponseReturnValue:
    """Offer a survey for no new wave any more."""
    with told():
        archive(key, by=current_person(), now=utcnow())
    return redirect(url_for("questionnaires.show", key=key))


@survey_editor.post("/<key>/unarchive")
def take_back(key: str) -> ResponseReturnValue:
    """Offer a survey for new waves again."""
    with told():
        unarchive(key, by=current_person())
    return redirect(url_for("questionnaires.show", key=key))


def _work() -> Work:
    try:
        step = row_id(request.form.get("step", ""))
    except ValueError:
        abort(400)
    return Work(current_person(), utcnow(), step)


def _address(key: str, at: str) -> str:
    return url_for("survey_editor.edit", key=key, at=at, into=request.form.get("into"))


def _editor(draft: SurveyDraft, **trouble: Any) -> str:
    asked = request.form if request.method == "POST" else request.args
    editor = open_editor(draft, at=asked.get("at", ""), language=asked.get("into", ""))
    return render_template(
        "questionnaires/edit.html", editor=editor, **{"refusal": "", "typed": (), **trouble}
    )


def _refused(key: str, refusal: DomainError) -> ResponseReturnValue:
    """Show the draft as it stands, why a change was not made, and what was typed for it."""
    draft = draft_of(key)
    if draft is None:
        flash(str(refusal), "error")
        return redirect(url_for("questionnaires.index"))
    page = _editor(draft, refusal=str(refusal), typed=typed_in(request.form))
    return page, 409 if isinstance(refusal, StaleDraft) else 422
