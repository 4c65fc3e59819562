"""An administrator at the survey editor, and the browser of its pages."""

from tests.journeys.browser import chromium, live, open_page, trouble
from tests.vocapp.questionnaires.editing import author, editing

__all__ = ["author", "chromium", "editing", "live", "open_page", "trouble"]
