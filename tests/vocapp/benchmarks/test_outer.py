"""Figures of others: brought in, shown where they fit, taken out again."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.builders import a_company, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.accounts.files import counts, import_text, reasons
from vocapp.accounts.columns import TableKind
from vocapp.accounts.tally import Tally
from vocapp.benchmarks.models import OuterBenchmark
from vocapp.benchmarks.outer_rules import OuterMeasure, Whose, best_figures
from vocapp.benchmarks.queries import figures_for
from vocapp.core.db import db
from vocapp.identity.rules import RoleName

HEADER = "measure,value,source,as_of,industry,region,low,high,respondents\n"
ROW = "NPS,32,Study of software,2026-01-31,Software,,10,50,1200\n"


@pytest.fixture(autouse=True)
def _company(app: object) -> None:
    a_company()


def bring(rows: str, **options: bool) -> Tally:
    return import_text(TableKind.BENCHMARKS, HEADER + rows, **options)


def stored() -> list[OuterBenchmark]:
    rows = select(OuterBenchmark).order_by(OuterBenchmark.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def test_a_figure_comes_in_with_its_source_and_a_second_time_changes_nothing():
    assert counts(bring(ROW)) == (1, 0, 0, 0, 0)
    (figure,) = stored()
    assert (figure.measure, figure.value, figure.low, figure.high) == ("nps", 0.32, 0.10, 0.50)
    assert (figure.industry, figure.region, figure.respondents) == ("Software", "", 1200)
    assert (figure.source, figure.as_of) == ("Study of software", date(2026, 1, 31))
    assert counts(bring(ROW)) == (0, 0, 1, 0, 0)
    assert counts(bring(ROW.replace(",32,", ",35,"))) == (0, 1, 0, 0, 0)
    assert [figure.value for figure in stored()] == [0.35]


def test_a_dry_run_writes_nothing():
    assert counts(bring(ROW, is_dry_run=True)) == (1, 0, 0, 0, 0)
    assert stored() == []


def test_the_same_figure_twice_in_a_file_counts_once():
    assert counts(bring(ROW + ROW)) == (1, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("happiness,32,S,2026-01-31,,,,,", "write one of nps, csat, ces, response_rate"),
        ("nps,132,S,2026-01-31,,,,,", "no figure from −100 to 100"),
        ("csat,-3,S,2026-01-31,,,,,", "no figure from 0 to 100"),
        ("csat,much,S,2026-01-31,,,,,", "no figure from 0 to 100"),
        ("nps,nan,S,2026-01-31,,,,,", "no figure from"),
        ("nps,32,S,2099-01-31,,,,,", "lies ahead"),
        ("nps,32,,2026-01-31,,,,,", "where the figure comes from"),
        ("nps,32,S,2026-01-31,,,40,50,", "outside low and high"),
        ("nps,32,S,2026-01-31,,,,,-5", "no number of people"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason_and_stops_no_other(row: str, reason: str):
    tally = bring(f"{row}\n{ROW}")
    assert counts(tally) == (1, 0, 0, 0, 1)
    assert reason in reasons(tally)


def test_percent_signs_and_decimals_are_read():
    bring("csat,81.5 %,S,2026-01-31,,,,,\n")
    assert [figure.value for figure in stored()] == [pytest.approx(0.815)]


WORDS = st.text(st.characters(blacklist_characters='",;\t\r\n', codec="utf-8"), max_size=12)


@given(st.lists(WORDS, min_size=9, max_size=9))
def test_any_row_at_all_is_taken_or_refused(cells: list[str]):
    tally = bring(",".join(cells) + "\n", is_dry_run=True)
    assert tally.created + len(tally.errors) <= 1


@dataclass(frozen=True)
class Figure:
    """A figure to choose among."""

    measure: str = "nps"
    industry: str = ""
    region: str = ""
    as_of: date = date(2026, 1, 1)


def test_the_closest_figure_is_chosen_and_of_two_alike_the_newer():
    wide, old = Figure(), Figure(industry="Software", as_of=date(2024, 1, 1))
    new, near = Figure(industry="software"), Figure(region="EMEA")
    figures = [new, near, old, wide]
    assert best_figures(figures, Whose("Software", "EMEA")) == {OuterMeasure.NPS: new}
    assert best_figures(figures, Whose("Energy", "EMEA")) == {OuterMeasure.NPS: near}
    assert best_figures(figures, Whose("Energy", "APAC")) == {OuterMeasure.NPS: wide}
    assert best_figures([near], Whose("Energy", "")) == {}


def test_figures_stand_on_the_benchmarks_page_and_an_administrator_takes_them_out(client: CheckingClient):
    bring(ROW)
    client.sign_in(a_user(RoleName.ADMIN))
    page = client.get("/benchmarks").text
    assert "Study of software" in page
    assert "+32" in page
    (figure,) = stored()
    assert client.post(f"/benchmarks/outside/{figure.id}/forget").status_code == 302
    assert stored() == []
    assert client.post(f"/benchmarks/outside/{figure.id}/forget").status_code == 404


def test_a_csm_sees_figures_and_may_not_take_them_out(client: CheckingClient):
    bring(ROW)
    client.sign_in(a_user())
    assert "Study of software" in client.get("/benchmarks").text
    (figure,) = stored()
    assert client.post(f"/benchmarks/outside/{figure.id}/forget").status_code == 404
    assert len(stored()) == 1


def test_the_figure_that_fits_stands_beside_an_accounts_own_numbers(app: object):
    bring(ROW + "nps,12,Study of everybody,2026-01-31,,,,,\n")
    for industry, source in (("Software", "Study of software"), ("Energy", "Study of everybody")):
        found = figures_for(an_account(industry=industry))
        assert [figure.source for figure in found.values()] == [source]
