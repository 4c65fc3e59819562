"""Surveys in and out as files, and two versions side by side."""

from contextlib import closing

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import for_roles
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.comparing import comparison
from vocapp.questionnaires.queries import listed_survey, survey_of
from vocapp.questionnaires.transfer import import_survey, survey_file
from vocapp.questionnaires.transfer_forms import SurveyFileForm
from vocapp.questionnaires.trial import TrialOrder, definition_to_try

transfer = Blueprint("survey_transfer", __name__)

authors = for_roles(RoleName.ADMIN)


@transfer.route("/surveys/import", methods=["GET", "POST"])
@authors
def take_in() -> ResponseReturnValue:
    """Take a survey in as a draft, and say what could not be taken over."""
    form, imported = SurveyFileForm(), None
    if form.validate_on_submit():
        with closing(form.file.data) as file:
            content, filename, key = file.read(), file.filename or "", form.key.data or ""
        try:
            with transaction():
                imported = import_survey(content, filename, key=key, by=current_person(), now=utcnow())
        except DomainError as refusal:
            form.file.errors = [str(refusal)]
    page = render_template("questionnaires/import.html", form=form, imported=imported)
    return page, 422 if form.errors else 200


@transfer.get("/surveys/<key>/export.json")
def give_out(key: str) -> ResponseReturnValue:
    """Download a survey: its draft, one version, or what would be asked today."""
    definition = definition_to_try(TrialOrder(key, request.args.get("version", "")))
    response = Response(survey_file(definition or abort(404)), mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"{key}.json")
    return response


@transfer.get("/surveys/<key>/compare")
def compare(key: str) -> str:
    """Show what changed in meaning between two versions, and what else."""
    survey = survey_of(key) or listed_survey(key) or abort(404)
    found = comparison(key, request.args.get("before", ""), request.args.get("after", ""))
    return render_template("questionnaires/compare.html", survey=survey, comparison=found)
