"""Pages beside the results: who answered, whether a change is real, and what goes with the rating."""

from flask import Blueprint, render_template

from surveys.translation import phrase_book
from vocapp.core.web import requested_id
from vocapp.results.driver_page import driver_page, place_words
from vocapp.results.turnout import compared, turnout_in
from vocapp.results.views import scope_of_survey, scope_of_wave

turnout = Blueprint("turnout", __name__)


@turnout.get("/waves/<int:wave_id>/who-answered")
def wave(wave_id: int) -> str:
    """Show who answered a wave, when, and whether they speak for the others."""
    scope = scope_of_wave(wave_id)
    return render_template(
        "results/turnout.html", scope=scope, turnout=turnout_in(scope), languages=phrase_book().languages
    )


@turnout.get("/waves/<int:wave_id>/change")
def change(wave_id: int) -> str:
    """Show whether a wave's result differs from an earlier one by more than chance."""
    scope = scope_of_wave(wave_id)
    found = compared(scope, requested_id("with"))
    return render_template("results/change.html", scope=scope, found=found)


@turnout.get("/surveys/<key>/drivers")
def drivers(key: str) -> str:
    """Show which of the things people rate go with their rating of us."""
    scope = scope_of_survey(key)
    shown = None if scope.survey.is_confidential else driver_page(scope)
    return render_template("results/drivers.html", scope=scope, shown=shown, place_words=place_words)
