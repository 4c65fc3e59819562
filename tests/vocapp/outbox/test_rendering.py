"""What a mail looks like: words, direction, escaping, and nothing fetched from anywhere."""

import re
from html.parser import HTMLParser

import pytest
from jinja2 import TemplateError, UndefinedError

from surveys.translation import phrase_book
from tests.builders import NOW, a_company, a_contact, a_wave
from vocapp.campaigns.letters import letter_for, reader_of
from vocapp.campaigns.rules import Letter
from vocapp.outbox.rendering import RenderedMail, render_letter
from vocapp.outbox.rules import LetterContext
from vocapp.questionnaires.queries import definition_of

LANGUAGES = sorted(phrase_book().languages)
RESET = {"name": "Ana", "email": "ana@vendor.example", "reset_url": "http://x.example/reset/a", "hours": 2}


def reset_mail(language: str = "en", **values: object) -> RenderedMail:
    return render_letter("password_reset", LetterContext({**RESET, **values}, language))


def invitation(language: str, *, is_reminder: bool = False, **contact: object) -> RenderedMail:
    a_company()
    wave = a_wave()
    definition = definition_of(wave.survey_version)
    person = a_contact(language=language, **contact)
    reader = reader_of(person, token="t" * 43, definition=definition, account=person.account.name)
    letter = letter_for(
        wave, reader, closes_at=NOW, letter=Letter.REMINDER if is_reminder else Letter.INVITATION
    )
    return render_letter("reminder" if is_reminder else "invitation", letter)


class Parts(HTMLParser):
    """Every attribute and all text a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self._depth = 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        self._depth += tag in {"style", "title"}

    def handle_endtag(self, tag):
        self._depth -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self._depth:
            self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_reminder", [False, True])
def test_a_survey_mail_reads_in_the_direction_of_its_language(app, language, is_reminder):
    direction = phrase_book().languages[language].direction
    html = invitation(language, is_reminder=is_reminder).html
    assert f'<html lang="{language}" dir="{direction}"' in html
    assert f"direction:{'ltr' if direction == 'rtl' else 'rtl'}" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_survey_mail_fetches_nothing(app, language):
    parts = Parts(invitation(language).html)
    assert not {tag for tag, _, _ in parts.attributes} & {
        "img",
        "link",
        "script",
        "iframe",
        "object",
        "video",
    }
    addresses = [
        value for _, name, value in parts.attributes if name in {"href", "src", "background", "action"}
    ]
    assert addresses
    assert all(address.startswith("http://127.0.0.1:8000/") for address in addresses)


def test_no_style_sheet_fetches_anything(app):
    html = invitation("en").html
    assert not re.search(r"@import|@font-face|url\(", html)
    assert "googleapis" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_a_mail_is_hidden(app, language):
    html = invitation(language).html
    assert not re.search(
        r"display:\s*none|visibility:\s*hidden|opacity:\s*0|font-size:\s*1px|max-height:\s*0", html
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_and_html_say_the_same_words(app, language):
    mail = invitation(language, first_name="Ken")
    seen = " ".join(Parts(mail.html).text.split())
    for line in mail.text.splitlines():
        if line.strip() and "http" not in line and not line.endswith((":", "：")):
            assert " ".join(line.split()) in seen


def test_names_are_escaped_in_html_and_plain_in_text(app):
    mail = reset_mail(name='<script>alert("x")</script> & Söhne')
    assert "<script" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert '<script>alert("x")</script> & Söhne' in mail.text


def test_an_address_with_odd_characters_stays_one_attribute(app):
    mail = reset_mail(reset_url='http://x.example/?a=1&b="><img src=y>')
    assert "<img" not in mail.html
    assert ("a", "href", 'http://x.example/?a=1&b="><img src=y>') in Parts(mail.html).attributes


def test_template_signs_in_a_name_are_not_carried_out(app):
    mail = reset_mail(name="{{ 7 * 7 }} {% raise %}")
    assert "{{ 7 * 7 }}" in mail.text
    assert "{{ 7 * 7 }}" in Parts(mail.html).text


def test_mjml_in_a_name_is_only_text(app):
    assert "</mj-text><mj-image" in Parts(reset_mail(name="</mj-text><mj-image src='x'/>").html).text


def test_a_line_break_in_a_value_never_breaks_the_subject(app):
    person = "Eve\r\nBcc: all@customer.example"
    values = {"name": "Ana", "person": person, "email": "e@x.example"}
    mail = render_letter("second_factor_lost", LetterContext(values))
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_a_value_that_is_missing_is_an_error(app):
    with pytest.raises(UndefinedError):
        render_letter("password_reset", LetterContext({"name": "Ana"}))


def test_a_template_that_is_missing_is_an_error(app):
    with pytest.raises(TemplateError):
        render_letter("unheard_of", LetterContext({}))


def test_a_language_nobody_knows_is_written_from_left_to_right(app):
    assert 'dir="ltr"' in reset_mail("xx-unknown").html


def test_a_language_with_a_region_is_understood(app):
    assert '<html lang="pt-BR" dir="ltr"' in reset_mail("pt-BR").html


def test_a_mail_follows_the_readers_dark_mode(app):
    html = reset_mail().html
    assert '<meta name="color-scheme" content="light dark"' in html
    assert "prefers-color-scheme: dark" in html


def test_quiet_lines_are_small_and_grey(app):
    html = invitation("en").html
    assert 'class="quiet"' in html


def test_a_mail_is_small_enough_to_be_shown_whole(app):
    # Some mail programs cut a mail off after 102 kilobytes.
    assert max(len(invitation(language).html.encode()) for language in LANGUAGES) < 50_000
