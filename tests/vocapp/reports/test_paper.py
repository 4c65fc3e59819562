"""A snapshot in words and places, before anything is printed."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, an_account
from tests.vocapp.relationship.builders import a_closed_wave
from tests.vocapp.reports.builders import an_account_with_a_story, neighbours, say, snapshot_of
from vocapp.accounts.rules import AccountStatus
from vocapp.reports.account.charting import (
    cohort_spec,
)
from vocapp.reports.account.paper import PERSONAS, lay_out
from vocapp.reports.account.phrases import (
    verdict,
)
from vocapp.reports.printing import page_of_report
from vocapp.reports.texts import (
    direction,
    kept_together,
)

pytestmark = pytest.mark.usefixtures("app")


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_verdict_names_standing_cost_and_a_silent_decision_maker():
    snapshot = snapshot_of(an_account_with_a_story())
    assert plain(verdict(snapshot)) == (
        "A relationship at risk; silence costs it most; the decision maker has not answered for 3 waves."
    )


def test_the_verdict_says_how_others_fare():
    account = an_account_with_a_story()
    neighbours(12)
    snapshot = snapshot_of(account)
    snapshot["standings"]["strength"]["ci"] = [60, 90]
    assert "stronger than most accounts like it" in verdict(snapshot)


def test_nothing_measured_is_said_plainly():
    assert plain(verdict(snapshot_of(an_account()))).startswith("There is nothing to judge yet: ")


def test_what_was_not_measured_cost_no_known_points():
    snapshot = snapshot_of(an_account_with_a_story())
    snapshot["score"]["measures"]["sentiment"]["value"] = None
    assert [cause for cause, _points in lay_out(snapshot).lost] == ["footprint", "engagement"]


def test_an_account_never_scored_is_said_plainly():
    snapshot = snapshot_of(an_account())
    snapshot["score"] = None
    assert plain(verdict(snapshot)) == "There is nothing to judge yet: no scores have been computed."


def test_an_account_that_left_is_said_to_have_left():
    snapshot = snapshot_of(an_account_with_a_story(status=AccountStatus.CHURNED))
    assert verdict(snapshot).startswith("No longer a customer")


def test_one_answer_is_called_a_hint():
    account = an_account_with_a_story()
    snapshot = snapshot_of(account)
    snapshot["score"]["answers"] = 1
    snapshot["score"]["measures"]["sentiment"]["n"] = 1
    assert "one answer is a hint, not a picture" in plain(verdict(snapshot))
    assert "one answer: treat as a hint" in page_of_report(snapshot)


def test_a_short_sentence_stays_as_it_is():
    assert kept_together("Just two") == "Just\N{NO-BREAK SPACE}two"


@pytest.mark.parametrize(
    ("text", "way"), [("“الدعم” ok", "rtl"), ("12 fine, والفواتير", "ltr"), ("…", "ltr")]
)
def test_a_quote_runs_the_way_of_its_first_letter(text, way):
    assert direction(text) == way


def test_dots_lie_between_the_ends_of_the_line():
    account = an_account_with_a_story()
    neighbours(12)
    line = lay_out(snapshot_of(account)).strength.line
    assert all(line.low <= x <= line.high for x, _y in line.dots)


def test_without_a_cohort_no_dots_are_drawn():
    assert lay_out(snapshot_of(an_account_with_a_story())).strength.line.dots == []


def test_points_reached_and_lost_fill_the_bar():
    pieces = lay_out(snapshot_of(an_account_with_a_story())).lost_bar
    assert sum(length for _part, _start, length in pieces) == pytest.approx(100, abs=0.1)


def test_many_personas_share_the_last_line():
    snapshot = snapshot_of(an_account_with_a_story())
    snapshot["people"] = [{"persona": f"P{number}", "outcomes": {"silent": 1}} for number in range(9)]
    rows = lay_out(snapshot).rows
    assert len(rows) == PERSONAS
    assert (rows[-1].others, rows[-1].total) == (4, 4)


def test_many_people_become_a_bar():
    snapshot = snapshot_of(an_account_with_a_story())
    snapshot["people"] = [{"persona": "Power user", "outcomes": {"answered": 100, "silent": 300}}]
    row = lay_out(snapshot).rows[0]
    assert row.marks == ()
    assert [piece[0] for piece in row.bars] == ["answered", "silent"]


def test_the_chart_names_this_account_only():
    account = an_account_with_a_story()
    neighbours(12)
    spec = cohort_spec(snapshot_of(account))
    assert spec is not None
    names = {
        row["name"]
        for layer in spec["layer"]
        for row in layer["data"]["values"]
        if "status" in row and row["name"]
    }
    assert names == {account.name}


def test_without_ten_others_there_is_no_chart_and_a_reason():
    snapshot = snapshot_of(an_account_with_a_story())
    assert cohort_spec(snapshot) is None
    assert "There are not ten other accounts to compare with." in page_of_report(snapshot)


def test_without_answers_the_page_says_so_instead_of_drawing():
    page = page_of_report(snapshot_of(an_account()))
    assert "Not enough answers to say." in page
    assert "No people are known at this account yet." in page


def test_markup_and_template_signs_in_a_comment_are_only_letters():
    account = an_account_with_a_story()
    hostile = "<script>alert(1)</script> {{ 7 * 7 }} {% raw %} %(name)s {first_name}"
    say(a_contact(account), a_closed_wave(NOW - timedelta(days=40)), 8, hostile)
    page = page_of_report(snapshot_of(account))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }} {% raw %} %(name)s {first_name}" in page


def test_markup_in_an_account_name_is_only_letters():
    page = page_of_report(snapshot_of(an_account_with_a_story('<img src="file:///etc/passwd">')))
    assert '<img src="file' not in page
