"""The surveys that can be asked, as respondents see them."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from surveys.translation import phrase_book
from vocapp.core.frames import framed_page
from vocapp.identity.guards import current_person
from vocapp.questionnaires.catalog import survey_card, survey_cards
from vocapp.questionnaires.queries import versions_of
from vocapp.questionnaires.trial import ORDER_FIELDS, trial_page, wanted_trial

questionnaires = Blueprint("questionnaires", __name__)


@questionnaires.get("/surveys")
def index() -> str:
    """Show every survey."""
    return render_template("questionnaires/index.html", cards=survey_cards())


@questionnaires.get("/surveys/<key>")
def show(key: str) -> str:
    """Show one survey with its versions."""
    return render_template(
        "questionnaires/show.html",
        card=survey_card(key) or abort(404),
        versions=list(reversed(versions_of(key))),
        languages=phrase_book().languages,
    )


@questionnaires.get("/surveys/<key>/preview")
def preview(key: str) -> ResponseReturnValue:
    """Let somebody go through a survey the way a respondent meets it, in a frame; nothing is kept."""
    fields = request.args.to_dict(flat=False)
    order, me = wanted_trial(key, fields), current_person()
    said = {name: fields[name][0] for name in ORDER_FIELDS if name in fields}
    page = trial_page(order, fields, sender=me.name or me.email, order_fields=said)
    return framed_page(render_template("questionnaires/trial.html", page=page or abort(404)))
