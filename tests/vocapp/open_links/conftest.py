"""The browser of the pages behind open links."""

from tests.journeys.browser import chromium, live, open_page, trouble

__all__ = ["chromium", "live", "open_page", "trouble"]
