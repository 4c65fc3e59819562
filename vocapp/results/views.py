"""Results of a wave and of a survey: live, filtered, and every raw answer as a file."""

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from surveys.bands import Band
from vocapp.accounts.access import for_roles
from vocapp.accounts.downloads import table_response
from vocapp.accounts.queries import personas_in_order
from vocapp.core.web import requested_id, requested_page, requested_text
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName
from vocapp.results.charting import band_words, kind_name, rating_charts
from vocapp.results.details import choices_of, details_of
from vocapp.results.driver_rules import items_of
from vocapp.results.exporting import raw_answer_table
from vocapp.results.in_confidence import confidential_results
from vocapp.results.open_answers import open_answer_table, open_link_by_id
from vocapp.results.overview import Asked, asked_versions, mark_of, overview_of
from vocapp.results.queries import Scope, survey_by_key, wave_with_results, waves_of
from vocapp.results.rules import ResultsFilter
from vocapp.results.saying import staff_sayer

results = Blueprint("results", __name__)


@results.get("/waves/<int:wave_id>/results")
def wave(wave_id: int) -> str:
    """Show what a wave has brought so far."""
    return shown(scope_of_wave(wave_id))


@results.get("/surveys/<key>/results")
def survey(key: str) -> str:
    """Show what all waves of a survey have brought."""
    return shown(scope_of_survey(key))


@results.get("/waves/<int:wave_id>/results/live")
def wave_live(wave_id: int) -> ResponseReturnValue:
    """Return the part of a wave's results that moves by itself, or nothing while it stands still."""
    return live(scope_of_wave(wave_id))


@results.get("/surveys/<key>/results/live")
def survey_live(key: str) -> ResponseReturnValue:
    """Return the part of a survey's results that moves by itself, or nothing while it stands still."""
    return live(scope_of_survey(key))


@results.get("/waves/<int:wave_id>/results/export.<any(csv, xlsx, json):file_format>")
def wave_export(wave_id: int, file_format: str) -> ResponseReturnValue:
    """Download every answer of a wave."""
    return table_response(raw_answer_table(scope_of_wave(wave_id), wanted_results().people), file_format)


@results.get("/surveys/<key>/results/export.<any(csv, xlsx, json):file_format>")
def survey_export(key: str, file_format: str) -> ResponseReturnValue:
    """Download every answer to a survey."""
    return table_response(raw_answer_table(scope_of_survey(key), wanted_results().people), file_format)


@results.get("/open-links/<int:link_id>/answers.<any(csv, xlsx, json):file_format>")
@for_roles(RoleName.ADMIN, RoleName.LEADER)
def open_export(link_id: int, file_format: str) -> ResponseReturnValue:
    """Download every answer that came in through an open link."""
    link = open_link_by_id(link_id) or abort(404)
    return table_response(open_answer_table(link), file_format)


def shown(scope: Scope) -> str:
    """Return the page of a scope."""
    if scope.survey.is_confidential:
        return shown_in_confidence(scope)
    wanted, asked = wanted_results(), asked_versions(scope)
    return render_template(
        "results/show.html",
        **moving_part(scope, wanted),
        details=details_of(scope, wanted, asked, page=requested_page()),
        choices=choices_of(scope),
        has_drivers=scope.wave is None and bool(items_of(asked[0].definition)),
    )


def shown_in_confidence(scope: Scope) -> str:
    """Return the page of a confidential scope: groups of one wave, or the waves to choose among."""
    asked = asked_versions(scope)[0]
    found = confidential_results(scope, asked, wanted_results(), page=requested_page())
    return render_template(
        "results/confidential.html",
        scope=scope,
        asked=asked,
        found=found,
        charts=rating_charts([found.rating]) if found.rating else [],
        waves=waves_of(scope),
        personas={persona.id: persona.name for persona in personas_in_order()},
        **words_for(asked),
    )


def live(scope: Scope) -> ResponseReturnValue:
    """Return the moving part, or 204 when it is what the page already shows."""
    wanted = wanted_results().people
    if scope.survey.is_confidential or mark_of(scope, wanted) == request.args.get("seen"):
        return "", 204
    return render_template("results/_live.html", **moving_part(scope, wanted))


def moving_part(scope: Scope, wanted: ResultsFilter) -> dict[str, Any]:
    """Return what the moving part of the page shows."""
    asked = asked_versions(scope)
    overview = overview_of(scope, wanted.people, asked)
    return {
        "scope": scope,
        "wanted": wanted,
        "asked": asked[0],
        "overview": overview,
        "charts": rating_charts(overview.ratings),
        **words_for(asked[0]),
    }


def words_for(asked: Asked) -> dict[str, Any]:
    """Return how the pages speak of a survey: its questions, the classes and kinds of its ratings."""
    say = staff_sayer(asked.definition)
    return {"say": say, "band_words": band_words, "kind_name": kind_name}


def scope_of_wave(wave_id: int) -> Scope:
    """Return a wave the signed-in user may see the results of; another's ends in 404."""
    found = wave_with_results(current_person(), wave_id) or abort(404)
    return Scope(found.survey_version.survey, found, current_person())


def scope_of_survey(key: str) -> Scope:
    """Return all waves of a survey; one that was never published ends in 404."""
    return Scope(survey_by_key(key) or abort(404), None, current_person())


def wanted_results() -> ResultsFilter:
    """Return the filter the address asks for; nonsense filters nothing."""
    band = request.args.get("class", "")
    return ResultsFilter(
        wave_id=requested_id("wave"),
        tier_id=requested_id("tier"),
        persona_id=requested_id("persona"),
        owner_id=requested_id("owner"),
        region=requested_text("region"),
        language=requested_text("language"),
        source=requested_text("source"),
        band=Band(band) if band in set(Band) else None,
        theme=requested_text("theme"),
        question=requested_text("question"),
        text=requested_text("q"),
    )
