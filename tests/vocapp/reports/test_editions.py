"""What a new edition says of the one it replaces, and sentences that name what they rest on."""

import copy

import pytest
from flask_babel import force_locale

from tests.vocapp.reports.builders import opened
from tests.vocapp.reports.samples import fullest_account, sample
from vocapp.reports.editions import edition_note, figures, replaced
from vocapp.reports.portfolio.phrases import lift_line
from vocapp.reports.printing import page_of_report, print_report

pytestmark = pytest.mark.usefixtures("app")

BEFORE = {"edition": 2, "id": "0123456789ab", "as_of": "2026-03-01"}
FIGURES = {"strength": 1, "footprint": 2, "engagement": 3, "sentiment": 4, "answers": 5}


def note(snapshot, language="en"):
    with force_locale(language):
        return edition_note(snapshot)


def test_a_new_edition_names_the_main_figures_that_changed_and_no_others():
    before = sample("account")
    after = copy.deepcopy(before)
    after["score"]["measures"]["strength"]["value"] += 4
    after["score"]["measures"]["footprint"]["value"] = None
    after["replaces"] = replaced(2, before, "0123456789ab")
    first = figures(before)
    strength, footprint = first["strength"], first["footprint"]
    said = note(after)
    assert f"relationship strength: {strength}, now {strength + 4}" in said
    assert f"footprint: {footprint}%, now not told" in said
    assert "engagement" not in said
    assert "0123456789ab" in page_of_report(after)
    assert "main figures are the same" in note({**before, "replaces": replaced(2, before, "0")})


def test_a_first_edition_and_one_of_before_there_were_notes_say_nothing():
    assert note(sample("account")) == ""
    assert note({**sample("portfolio"), "replaces": None}) == ""


def test_other_reports_say_only_which_one_they_replace():
    said = note({**sample("portfolio"), "replaces": replaced(2, sample("portfolio"), "0123456789ab")})
    assert said.startswith("replaces snapshot 0123456789ab of ")
    assert ";" not in said


@pytest.mark.parametrize(
    ("language", "paper", "audience"),
    [
        ("de", "letter", "internal"),
        ("ja", "letter", "customer"),
        ("fr", "a4", "internal"),
        ("ar", "a4", "customer"),
    ],
)
def test_the_fullest_new_edition_still_has_two_pages(language, paper, audience):
    full = fullest_account(language, paper, audience=audience)
    full["replaces"] = {**BEFORE, "figures": FIGURES}
    if audience == "customer":
        full["opinions_of"] = "2026-02-12"
    assert len(opened(print_report(full)).pages) == 2


@pytest.mark.parametrize(
    ("language", "quarter"),
    [("en", "Q3 2025"), ("de", "Q3 2025"), ("ja", "2025/Q3"), ("ar", "الربع الثالث 2025")],
)
def test_what_silence_has_gone_with_names_its_quarter(language, quarter):
    snapshot = sample("portfolio", language)
    before = copy.deepcopy(snapshot)
    snapshot["lift"] = {**(snapshot["lift"] or {}), "quarter": "2025-Q3", "ready_on": "2026-12-01"}
    with force_locale(language):
        said = lift_line(snapshot)
        assert lift_line(before)
    assert quarter in said
