"""Settings: how often people, accounts and surveys may be asked."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.campaigns.asked import budget_in_force, pace_of, paces_of_surveys
from vocapp.campaigns.budget_forms import BudgetForm, PaceForm
from vocapp.campaigns.budgeting import change_budget, change_pace
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.forms import Form
from vocapp.identity.guards import current_person
from vocapp.questionnaires.queries import survey_of

budgets = Blueprint("budgets", __name__, url_prefix="/settings/how-often")


@budgets.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Show and change how often anybody is asked."""
    form = BudgetForm(obj=budget_in_force())
    if form.validate_on_submit() and is_done(form, lambda: change_budget(form.budget(), by=current_person())):
        flash(_("Saved. Waves that are launched from now on keep to it."), "success")
        return redirect(url_for("budgets.index"))
    return render_template("campaigns/how_often.html", form=form, paces=paces_of_surveys())


@budgets.route("/<key>", methods=["GET", "POST"])
def pace(key: str) -> ResponseReturnValue:
    """Show and change how often one survey asks."""
    survey = survey_of(key) or abort(404)
    form = PaceForm(obj=pace_of(survey.id))
    if form.validate_on_submit() and is_done(
        form, lambda: change_pace(survey, form.pace(), by=current_person())
    ):
        flash(_("Saved."), "success")
        return redirect(url_for("budgets.index"))
    return render_template("campaigns/how_often_survey.html", form=form, survey=survey)


def is_done(form: Form, act: Callable[[], object]) -> bool:
    """Act in a transaction; when a rule says no, write nothing and tell the reason at the form."""
    try:
        with transaction():
            act()
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    return True
