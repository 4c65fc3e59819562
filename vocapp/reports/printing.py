"""From a snapshot to the bytes of its PDF."""

from collections.abc import Callable, Mapping
from typing import Any

import flask_babel

from vocapp.core.errors import DomainError
from vocapp.reports.account.page import account_page
from vocapp.reports.book.page import book_page
from vocapp.reports.portfolio.page import portfolio_page
from vocapp.reports.portfolio.slides import portfolio_slides
from vocapp.reports.portfolio.tables import portfolio_workbook
from vocapp.reports.rendering import SECONDS, render_pdf
from vocapp.reports.rules import ReportKind
from vocapp.reports.wave.page import wave_page

PAGES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    ReportKind.ACCOUNT: account_page,
    ReportKind.PORTFOLIO: portfolio_page,
    ReportKind.WAVE: wave_page,
    ReportKind.BOOK: book_page,
}


def page_of_report(snapshot: Mapping[str, Any]) -> str:
    """Return the HTML of a snapshot, in its language."""
    with flask_babel.force_locale(snapshot["language"]):
        return PAGES[snapshot["kind"]](snapshot)


def print_report(snapshot: Mapping[str, Any], *, seconds: float = SECONDS) -> bytes:
    """Return the PDF of a snapshot: the same snapshot gives the same bytes.

    Raises `RenderingFailed` when it cannot be laid out within `seconds`.
    """
    return render_pdf(page_of_report(snapshot), seconds=seconds)


# What can be had of a report beside its PDF: kind → ending → how it is made.
OTHER_FORMS: Mapping[str, Mapping[str, Callable[[Mapping[str, Any]], bytes]]] = {
    ReportKind.PORTFOLIO: {"pptx": portfolio_slides, "xlsx": portfolio_workbook},
}


def other_form(snapshot: Mapping[str, Any], ending: str) -> bytes:
    """Return a report as slides ("pptx") or tables ("xlsx"), from the same snapshot as its PDF.

    Raises `DomainError` for a kind of report that has no such form.
    """
    make = OTHER_FORMS.get(snapshot["kind"], {}).get(ending)
    if make is None:
        raise DomainError(
            "Only the portfolio review is there as slides (.pptx) and tables (.xlsx); take the PDF."
        )
    with flask_babel.force_locale(snapshot["language"]):
        return make(snapshot)
