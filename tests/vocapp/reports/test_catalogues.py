"""What reports say in other languages: nothing left in English, no value lost, nothing stale."""

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from tests.builders import NOW, a_user
from tests.catalogues import catalogue_in, catalogue_path, misfits, missing, stale, texts_of_reports, updated
from tests.catalogues import written as file_of
from tests.vocapp.reports.builders import an_account_with_a_story, neighbours, snapshot_of
from vocapp.campaigns.models import Wave
from vocapp.core.catalogues import SOURCE, report_languages, translations_in
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import page_of_report
from vocapp.reports.reasons import REASONS, reason
from vocapp.reports.rules import Audience, Order, ReportKind

TEXTS = texts_of_reports()
HOW = "Run `python -m tests.catalogues`, then translate what is empty in the file."


@pytest.mark.parametrize("language", [language for language in report_languages() if language != SOURCE])
def test_a_catalogue_says_just_what_reports_say(language):
    catalogue = catalogue_in(language)
    path = catalogue_path(language)
    assert missing(TEXTS, catalogue) == [], f"{path} does not translate these. {HOW}"
    assert misfits(catalogue) == [], (
        f"{path}: values differ from those of the English text, or there is markup"
    )
    assert stale(TEXTS, catalogue) == [], f"{path} translates what nobody says any more. {HOW}"
    as_it_should_be = file_of(updated(TEXTS, language, catalogue))
    assert path.read_bytes() == as_it_should_be, f"{path} is out of order. {HOW}"
    assert b"Needs review by a native speaker" in as_it_should_be


class Recorder:
    """Stands behind a catalogue and keeps what it did not know."""

    def __init__(self):
        self.asked = []

    def gettext(self, text):
        self.asked.append(text)
        return text

    def ngettext(self, one, many, count):
        self.asked.append(one)
        return one if count == 1 else many


def left_in_english(snapshot, *, language: str) -> list[str]:
    """The texts a report asks for that its catalogue does not have."""
    catalogue, recorder = translations_in(language), Recorder()
    catalogue.add_fallback(recorder)
    try:
        page = page_of_report({**snapshot, "language": language})
    finally:
        catalogue._fallback = None
    assert f'lang="{language}"' in page
    return recorder.asked


def test_reports_ask_for_nothing_that_is_not_translated(app: Flask) -> None:
    leader, account = a_user(role=RoleName.LEADER), an_account_with_a_story()
    neighbours(12)
    orders = [
        Order(ReportKind.ACCOUNT, account_id=account.id, audience=Audience.CUSTOMER),
        Order(ReportKind.PORTFOLIO, reader_id=leader.id, has_appendix=True),
        *(
            Order(ReportKind.WAVE, wave_id=wave, reader_id=leader.id)
            for wave in db.session.scalars(select(Wave.id))
        ),
        Order(ReportKind.BOOK, user_id=account.owner_id, reader_id=leader.id),
    ]
    snapshots = [snapshot_of(account), *(take_snapshot(order, now=NOW) for order in orders)]
    with app.test_request_context("/"):
        asked = [left_in_english(snapshot, language="ar") for snapshot in snapshots]
    assert asked == [[]] * len(snapshots)


def test_reasons_of_the_engine_are_translated_whatever_their_numbers(app: Flask) -> None:
    with app.test_request_context("/"), force_locale("de"):
        said = reason("no comparison: it takes 10 other accounts with a value, and there are 3")
        assert said == "kein Vergleich: Dafür braucht es 10 andere Kunden mit einem Wert, es gibt 3"
        assert all(reason(text) != text for text in REASONS if "%" not in text)
        assert reason("a reason of 2 parts nobody has translated") == (
            "a reason of 2 parts nobody has translated"
        )
