"""Merge fields are plain replacement: nothing an author or a name contains is ever run."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.merging import fill_merge_fields, unknown_merge_fields

VALUES = {"first_name": "Ana", "company": "Nord & Söhne", "sender": "Ken"}


@pytest.mark.parametrize("text", ["Hello {{first_name}}", "Hello {{ first_name }}", "Hello {{first_name\t}}"])
def test_a_known_field_is_replaced(text: str) -> None:
    assert fill_merge_fields(text, VALUES) == "Hello Ana"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7 * 7 }}",
        "{{config}}",
        "{{ ''.__class__.__mro__ }}",
        "{% for a in range(10) %}x{% endfor %}",
        "{{first_name",
        "{first_name}",
        "${sender}",
        "%(sender)s",
        "{{First_Name}}",
    ],
)
def test_anything_else_stays_as_written(text: str) -> None:
    assert fill_merge_fields(text, VALUES) == text


def test_a_value_with_braces_is_not_read_again() -> None:
    assert fill_merge_fields("{{first_name}}", {"first_name": "{{sender}}", "sender": "Ken"}) == "{{sender}}"


def test_a_value_with_backslashes_arrives_unchanged() -> None:
    assert fill_merge_fields("{{sender}}", {"sender": r"\g<0>\1"}) == r"\g<0>\1"


def test_unknown_fields_are_named_once_and_sorted() -> None:
    text = "{{zeta}} {{first_name}} {{ alpha }} {{alpha}} {{}}"

    assert unknown_merge_fields(text) == ("", "alpha", "zeta")


def test_a_text_without_unknown_fields_passes() -> None:
    assert unknown_merge_fields("{{first_name}} at {{company}} from {{sender}}") == ()


@pytest.mark.parametrize(
    "hostile", ["{" * 50_000, "{{" + " " * 50_000, "{{ " * 17_000, "{{a" * 17_000 + "}}"]
)
def test_hostile_text_is_read_in_no_time(hostile: str) -> None:
    start = time.process_time()
    unknown_merge_fields(hostile)
    fill_merge_fields(hostile, VALUES)

    assert time.process_time() - start < 0.1


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=100)
def test_a_text_without_braces_comes_back_unchanged(text: str) -> None:
    plain = text.replace("{", "")

    assert fill_merge_fields(plain, VALUES) == plain


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=100)
def test_any_name_is_put_in_to_the_letter(name: str) -> None:
    assert fill_merge_fields("<{{first_name}}>", {"first_name": name}) == f"<{name}>"
