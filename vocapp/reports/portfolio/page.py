"""The HTML of a portfolio review."""

from collections.abc import Mapping
from typing import Any

from vocapp.reports.paging import written
from vocapp.reports.portfolio import phrases
from vocapp.reports.portfolio.charting import BINS_HEIGHT, BINS_WIDTH, bars, bubbles_spec


def portfolio_page(snapshot: Mapping[str, Any]) -> str:
    """Return the HTML that is printed for a portfolio snapshot."""
    return written(
        "pdf/portfolio.html",
        snapshot,
        specs={"bubbles": bubbles_spec(snapshot)},
        say=phrases,
        bars=bars(snapshot["spread"]["bins"]),
        bins_size=(BINS_WIDTH, BINS_HEIGHT),
    )
