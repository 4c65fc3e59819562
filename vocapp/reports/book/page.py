"""The HTML of a CSM's book."""

from collections.abc import Mapping
from typing import Any

from vocapp.reports.book import phrases
from vocapp.reports.paging import written
from vocapp.reports.portfolio.phrases import status_word, worth_words


def book_page(snapshot: Mapping[str, Any]) -> str:
    """Return the HTML that is printed for the snapshot of a book."""
    return written(
        "pdf/book.html",
        snapshot,
        specs={},
        say=phrases,
        status_word=status_word,
        worth_words=worth_words,
    )
