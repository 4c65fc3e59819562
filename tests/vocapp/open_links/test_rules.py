"""What may show a survey, and what may be asked of people without a name."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.catalog import load_survey
from surveys.questions import QuestionKind
from vocapp.open_links.rules import origin_of, speaks_by_name, without_names

NPS = load_survey("nps")


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        (" https://Example.COM/ ", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_an_origin_is_a_scheme_a_host_and_a_port(written, origin):
    assert origin_of(written) == origin


@pytest.mark.parametrize(
    "written",
    [
        "",
        "example.com",
        "http://example.com",
        "https://example.com/page",
        "https://*.example.com",
        "https://example.com; script-src *",
        "https://example.com https://other.example",
        "https://example.com\nX: y",
        "https://user@example.com",
        "https://example.com:99999",
        "https://example.com:0",
        "https://example..com",
        "https://-example.com",
        "javascript:alert(1)",
        "null",
        "*",
        "'self'",
        "https://" + "a" * 300,
        "http://localhost.example.com",
    ],
)
def test_anything_else_may_show_nothing(written):
    assert origin_of(written) is None


@given(st.text(max_size=80))
def test_no_text_smuggles_anything_into_the_policy(written):
    origin = origin_of(f"https://{written}")
    assert origin is None or not set(origin) & set(" ;,'\"\r\n\t*")


def test_nobody_without_a_name_is_asked_how_to_reach_them():
    kept = without_names(NPS)
    assert "may_contact" in {question.key for question in NPS.questions}
    assert "may_contact" not in {question.key for question in kept.questions}
    assert kept.rating_question == NPS.rating_question
    kinds = {question.kind for question in kept.questions}
    assert not kinds & {QuestionKind.CONTACT, QuestionKind.REFERRAL}


def test_a_survey_that_calls_people_by_name_is_known():
    assert not speaks_by_name(NPS)
    rating = NPS.rating_question
    words = {
        code: replace(text, prompt="Dear {{ first_name }}, how …?") for code, text in rating.texts.items()
    }
    page = replace(NPS.pages[0], questions=(replace(rating, texts=words),))
    assert speaks_by_name(replace(NPS, pages=(page,)))
