"""Texts in the language of the moment: only what is forced is translated."""

import pytest
from flask_babel import force_locale, gettext, ngettext

from vocapp.core.catalogues import report_languages, translations_in


@pytest.fixture(autouse=True)
def _page(app):
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        yield


def test_every_language_of_the_surveys_has_a_catalogue():
    assert report_languages() == ["en", "ar", "de", "es", "fr", "ja", "pt"]


def test_only_a_forced_language_is_spoken():
    # A reader's browser chooses nothing: pages stay English.
    assert gettext("Strong") == "Strong"
    with force_locale("de_AT"):
        assert gettext("Strong") == "Stark"
        assert gettext("a text nobody has translated") == "a text nobody has translated"
    with force_locale("sv"):
        assert gettext("Strong") == "Strong"
    assert gettext("Strong") == "Strong"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", {0: "0 vague", 1: "1 vague", 2: "2 vagues"}),
        ("ja", {1: "1回", 5: "5回"}),
        ("ar", {1: "جولة واحدة", 2: "جولتين", 5: "5 جولات", 11: "11 جولة", 103: "103 جولات"}),
    ],
)
def test_each_language_counts_by_its_own_rule(language, said):
    with force_locale(language):
        assert {count: ngettext("%(num)s wave", "%(num)s waves", count) for count in said} == said


def test_a_catalogue_is_read_once():
    assert translations_in("de") is translations_in("de")
