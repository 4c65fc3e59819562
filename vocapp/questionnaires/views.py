"""The surveys that can be asked, as respondents see them."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from surveys.merging import fill_merge_fields
from surveys.translation import best_language, phrase, phrase_book
from vocapp.core.frames import framed_page
from vocapp.identity.queries import company
from vocapp.questionnaires.queries import listed_survey, listed_surveys

questionnaires = Blueprint("questionnaires", __name__)


@questionnaires.get("/surveys")
def index() -> str:
    """Show every survey with a preview in one language."""
    languages = phrase_book().languages
    chosen = best_language([request.args.get("language")], languages)
    return render_template(
        "questionnaires/index.html", surveys=listed_surveys(), languages=languages, chosen=chosen
    )


@questionnaires.get("/surveys/<key>/preview")
def preview(key: str) -> ResponseReturnValue:
    """Show the questions of a survey the way a respondent meets them, for a frame."""
    survey = listed_survey(key) or abort(404)
    code = best_language([request.args.get("language")], survey.definition.languages)
    ours = company()
    return framed_page(
        render_template(
            "questionnaires/preview.html",
            survey=survey,
            language=code,
            direction=phrase_book().languages[code].direction,
            names={"company": ours.name if ours else "…"},
            fill=fill_merge_fields,
            say=phrase,
        )
    )
