"""The browser of the portfolio pages."""

from tests.journeys.browser import chromium, live, open_page, trouble

__all__ = ["chromium", "live", "open_page", "trouble"]
