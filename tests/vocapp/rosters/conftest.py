"""The browser of the champion's page."""

from tests.journeys.browser import chromium, live, open_page, trouble

__all__ = ["chromium", "live", "open_page", "trouble"]
