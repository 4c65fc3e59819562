"""A review as slides and tables: native charts, numbers as numbers, the same bytes for the same snapshot."""

from io import BytesIO

import pytest
from openpyxl import load_workbook
from pptx import Presentation

from tests.builders import NOW, a_user, an_account
from tests.vocapp.relationship.builders import rescored
from tests.vocapp.reports.builders import an_account_with_a_story, neighbours
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.models import Report
from vocapp.reports.printing import other_form
from vocapp.reports.rules import Order, ReportKind, ReportState, snapshot_id


@pytest.fixture
def leader(app):
    return a_user(RoleName.LEADER)


def review_of(leader):
    return take_snapshot(Order(ReportKind.PORTFOLIO, reader_id=leader.id), now=NOW)


@pytest.fixture
def review(leader):
    an_account_with_a_story("=HYPERLINK(0) & <b>Söhne</b>")
    neighbours(12)
    rescored(on=NOW.date())
    return review_of(leader)


def test_slides_have_native_charts_with_words_and_the_snapshot_on_each(review):
    content = other_form(review, "pptx")
    assert content == other_form(review, "pptx")
    slides = Presentation(BytesIO(content)).slides
    charts = [shape for slide in slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) >= 3
    assert all(shape._element.nvGraphicFramePr.cNvPr.get("descr") for shape in charts)
    bubbles = charts[0].chart
    assert sum(len(series.values) for series in bubbles.plots[0].series) == len(review["chart"]["bubbles"])
    assert all(snapshot_id(review) in slide.notes_slide.notes_text_frame.text for slide in slides)
    assert all(slide.shapes.title.text_frame.text for slide in slides)


def test_tables_hold_numbers_and_no_formula(review):
    book = load_workbook(BytesIO(other_form(review, "xlsx")))
    accounts = list(book["Accounts"].iter_rows(values_only=True))
    assert len(accounts) == 14
    (named,) = [row for row in accounts if "HYPERLINK" in row[0]]
    assert named[0].startswith("'=")
    assert isinstance(named[4], float)
    assert book["About"]["B4"].value == snapshot_id(review)
    assert "Accounts to talk about" in book.sheetnames


def test_an_empty_company_has_slides_and_tables_too(leader):
    review = review_of(leader)
    slides = Presentation(BytesIO(other_form(review, "pptx"))).slides
    said = [shape.text_frame.text for slide in slides for shape in slide.shapes if shape.has_text_frame]
    assert any("Not enough answers to say" in text for text in said)
    assert load_workbook(BytesIO(other_form(review, "xlsx")))["Accounts"].max_row == 1


def test_both_can_be_taken_home_and_other_kinds_have_neither(client, review, leader):
    from tests.builders import save

    client.sign_in(leader)
    done = {"state": ReportState.READY, "pdf": b"%PDF", "requested_by": leader.id, "snapshot_id": "x"}
    report = save(Report(kind="portfolio", snapshot=review, **done))
    for ending, begins in (("pptx", b"PK"), ("xlsx", b"PK")):
        assert client.get(f"/reports/{report.id}/report.{ending}").data.startswith(begins)
    other = save(Report(kind="account", account_id=an_account().id, snapshot={"kind": "account"}, **done))
    assert client.get(f"/reports/{other.id}/report.pptx").status_code == 404
    with pytest.raises(DomainError, match="Only the portfolio review"):
        other_form({"kind": "account", "language": "en"}, "pptx")
