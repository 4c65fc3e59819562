"""Whose words a mail says, which fields it has, and where words are missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.merging import merge_fields_in
from surveys.translation import phrase_book
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.wording import (
    ALWAYS_LOCKED,
    EVERY,
    PARTS,
    Missing,
    Part,
    Wording,
    fields_of,
    fill_words,
    missing_words,
    our_text,
    paragraphs_of,
    sent_letters,
    tidied,
    unknown_in,
    with_text,
)

LANGUAGES = sorted(phrase_book().languages)
NOBODY = {"first_name": "", "company": "Acme", "sender": "Ana"}
INVITATION = Letter.INVITATION.value


def wording(own: dict | None = None, standard: dict | None = None, *locked: str) -> Wording:
    return Wording(own or {}, standard or {}, frozenset(locked))


def saying(text: str, language: str = "de") -> dict:
    return {INVITATION: {"subject": {language: text}}}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", list(Letter))
def test_every_letter_has_words_of_ours_in_every_language_and_only_fields_somebody_fills(step, language):
    for part in PARTS[step]:
        text = our_text(step, part, language)
        assert text
        assert merge_fields_in(text) <= set(fields_of(step))


def test_no_two_letters_of_ours_say_the_same():
    for language in LANGUAGES:
        for part in (Part.SUBJECT, Part.BODY):
            said = [our_text(letter, part, language) for letter in Letter]
            assert len(set(said)) == len(said)


def test_a_waves_own_words_come_first_then_the_companys_then_ours():
    ours = our_text(INVITATION, Part.SUBJECT, "de")
    assert wording().text(INVITATION, Part.SUBJECT, "de") == ours
    assert wording({}, saying("Company")).text(INVITATION, Part.SUBJECT, "de") == "Company"
    assert wording(saying("Wave"), saying("Company")).text(INVITATION, Part.SUBJECT, "de") == "Wave"
    assert wording(saying("Wave"), saying("Company")).text(INVITATION, Part.SUBJECT, "fr") == our_text(
        INVITATION, Part.SUBJECT, "fr"
    )


def test_a_locked_part_is_the_companys_whatever_a_wave_says():
    locked = wording(saying("Wave"), saying("Company"), "invitation.subject")
    assert locked.text(INVITATION, Part.SUBJECT, "de") == "Company"


def test_the_legal_line_is_always_locked():
    assert ALWAYS_LOCKED == "every.legal"
    assert wording().is_locked(EVERY, Part.LEGAL)
    assert not wording().is_locked(EVERY, Part.CLOSING)


def test_words_are_missing_where_a_language_was_forgotten_and_not_where_the_standard_was_chosen():
    own = with_text(saying("Hallo"), INVITATION, Part.SUBJECT, "fr", "")
    assert missing_words(wording(own), [INVITATION], ["ar", "de", "fr"]) == [
        Missing(INVITATION, Part.SUBJECT, "ar")
    ]
    assert missing_words(wording(), [INVITATION], LANGUAGES) == []
    assert missing_words(wording(own), [Letter.REMINDER.value], ["ar"]) == []
    assert missing_words(wording(own, {}, "invitation.subject"), [INVITATION], ["ar"]) == []


def test_words_that_say_nothing_of_their_own_are_forgotten():
    assert with_text(saying("Hallo"), INVITATION, Part.SUBJECT, "de", "") == {}


@pytest.mark.parametrize(
    ("text", "without_a_name"),
    [
        ("Dear {{first_name}}, thank you", "Dear, thank you"),
        ("{{first_name}}, thank you", "Thank you"),
        ("{{first_name}}様、お世話になります", "お世話になります"),
        ("Hello {{ first_name }}!", "Hello!"),
        ("A question for you", "A question for you"),
        ("{{first_name}}", ""),
    ],
)
def test_an_unknown_first_name_leaves_no_gap(text, without_a_name):
    assert fill_words(text, NOBODY) == without_a_name


PAYLOADS = ["{{ 7 * 7 }}", "{% for x in y %}", "{{config.items()}}", "${7*7}", "<b>x</b>"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_template_signs_are_only_text(payload):
    assert fill_words(payload, {**NOBODY, "first_name": "Ken"}) == payload


def test_a_value_with_a_field_in_it_is_not_read_again():
    assert fill_words("{{first_name}}", {**NOBODY, "first_name": "{{sender}}"}) == "{{sender}}"


def test_unknown_fields_are_named():
    assert unknown_in(INVITATION, "{{secret}} {{account}} {{open_until}}") == ("secret",)
    assert unknown_in(Letter.YOU_SAID, "{{open_until}}") == ("open_until",)


@given(st.text())
def test_a_subject_is_one_line_whatever_is_typed(text):
    subject = tidied(Part.SUBJECT, text)
    assert subject.splitlines() in ([], [subject])
    assert not any(ord(letter) < 32 for letter in subject)


@given(st.text(), st.text(alphabet="{} first_name,\n\t様あ"), st.sampled_from(["", "Ken", "{{sender}}"]))
def test_filling_never_fails_and_carries_nothing_out(text, around, name):
    values = {"first_name": name, "company": "Acme", "sender": "Ana", "account": "", "open_until": ""}
    filled = fill_words(text + around, values)
    assert isinstance(filled, str)
    if "{{" not in text + around and name:
        assert filled == text + around


@given(st.text())
def test_paragraphs_lose_no_word(text):
    said = tidied(Part.BODY, text)
    assert " ".join(
        word for lines in paragraphs_of(said) for line in lines for word in line.split()
    ) == " ".join(said.split())


def test_a_wave_sends_what_its_launch_says():
    none = {"has_heads_up": False, "has_prenotice": False, "has_thanks": False}
    assert sent_letters(reminders=[3, 8], **none) == [
        Letter.INVITATION,
        Letter.REMINDER,
        Letter.LAST_REMINDER,
    ]
    assert sent_letters(reminders=[], has_heads_up=True, has_prenotice=True, has_thanks=True) == [
        Letter.HEADS_UP,
        Letter.PRENOTICE,
        Letter.INVITATION,
        Letter.THANKS,
    ]
