"""Saying what mails say: kept, refused, locked, missing, and said in the mails themselves."""

from html import unescape
from re import sub

import pytest
from babel.dates import format_date
from sqlalchemy import select

from surveys.translation import phrase, phrase_book
from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.vocapp.campaigns.builders import a_draft
from vocapp.accounts.models import Contact
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.letters import wording_of
from vocapp.campaigns.mail_words import (
    check_texts,
    lock_parts,
    missing_in,
    use_standard_where_missing,
    write_standard,
    write_words,
)
from vocapp.campaigns.models import Wave
from vocapp.campaigns.preview import mail_in, mail_to
from vocapp.campaigns.rules import DEFAULT_LENGTH, Letter
from vocapp.campaigns.wording import EVERY, Part
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.outbox.rendering import RenderedMail

pytestmark = pytest.mark.usefixtures("march", "app")

LANGUAGES = sorted(phrase_book().languages)
INVITATION = Letter.INVITATION.value


def a_worded_draft(**contact: object) -> Wave:
    a_company(name="Acme & Söhne")
    account = an_account(name="Harbor <Pine>")
    wave = a_draft(account, owner=a_user(name="Ana Costa"))
    a_contact(account, **{"first_name": "Ken", "language": "de", **contact})
    return wave


def say(
    wave: Wave, text: str, *, part: Part = Part.SUBJECT, step: str = INVITATION, language: str = "de"
) -> None:
    with transaction():
        write_words(wave, step, language, {part: text})


def mail(wave: Wave, kind: Letter = Letter.INVITATION) -> RenderedMail:
    """What the one contact of the wave would get."""
    shown = mail_to(wave, db.session.scalars(select(Contact.id)).one(), now=NOW, kind=kind)
    assert shown is not None
    return shown.mail


def seen(html: str) -> str:
    body = sub(r"(?s)<(head|style)\b.*?</\1>", "", html)
    return " ".join(unescape(sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Letter))
def test_every_letter_says_the_same_in_both_parts_in_every_language(kind: Letter, language: str) -> None:
    wave = a_worded_draft()
    words = "{{sender}} {{company}} {{account}} {{first_name}}: <b>bold</b> {% x %}"
    say(wave, words, part=Part.BODY, step=kind, language=language)
    written = mail_in(wave, language, now=NOW, kind=kind, wording=wording_of(wave))
    said = "Ana Costa Acme & Söhne … Ana: <b>bold</b> {% x %}"
    assert said in " ".join(written.text.split())
    assert said in seen(written.html)
    assert "<b>bold" not in written.html
    assert ("?score=" in written.html) == (kind in {Letter.INVITATION, Letter.REMINDER, Letter.LAST_REMINDER})
    assert phrase("mail_opt_out", language) in seen(written.html)
    assert f'lang="{language}" dir="{phrase_book().languages[language].direction}"' in written.html


def test_a_mail_fills_the_account_and_the_last_day() -> None:
    wave = a_worded_draft()
    say(wave, "Für {{account}}, bis {{open_until}}", part=Part.BODY)
    last = format_date((NOW + DEFAULT_LENGTH).date(), "long", locale="de")
    for part in (mail(wave).text, seen(mail(wave).html)):
        assert f"Für Harbor <Pine>, bis {last}" in part


def test_words_are_kept_per_language_and_what_equals_the_standard_is_none_of_ones_own() -> None:
    wave = a_worded_draft()
    say(wave, "  Eine\r\nFrage  ")
    assert mail(wave).subject == "Eine Frage"
    say(wave, "Eine Frage von {{sender}}")
    assert wave.mail_words == {}


def test_unknown_fields_are_refused_with_their_place() -> None:
    wave = a_worded_draft()
    with pytest.raises(
        DomainError, match=r"Nobody fills \{\{secret\}\} \(subject of the invitation in Deutsch\)"
    ):
        say(wave, "{{secret}}")
    assert wave.mail_words == {}


@pytest.mark.parametrize(("part", "longest"), [(Part.SUBJECT, 120), (Part.BODY, 2_000)])
def test_words_that_are_too_long_are_refused(part: Part, longest: int) -> None:
    wave = a_worded_draft()
    say(wave, "x" * longest, part=part)
    with pytest.raises(DomainError, match=f"to {longest:,} characters; it has {longest + 1:,}"):
        say(wave, "x" * (longest + 1), part=part)


def test_the_companys_words_stand_where_a_wave_has_none_and_can_be_locked() -> None:
    wave, admin = a_worded_draft(), a_user()
    with transaction():
        write_standard(INVITATION, "de", {Part.SUBJECT: "Von Acme"}, by=admin)
    assert mail(wave).subject == "Von Acme"
    say(wave, "Von mir")
    assert mail(wave).subject == "Von mir"
    with transaction():
        lock_parts(["invitation.subject", "no.such"], by=admin)
    assert mail(wave).subject == "Von Acme"
    with pytest.raises(DomainError, match="An administrator keeps the subject as it is"):
        say(wave, "Doch von mir")


def test_the_legal_line_is_the_companys_and_stands_in_both_parts() -> None:
    wave, admin = a_worded_draft(), a_user()
    with transaction():
        write_standard(EVERY, "de", {Part.LEGAL: "Acme <AG>, Bern", Part.CLOSING: "Herzlich"}, by=admin)
    for kind in Letter:
        written = mail(wave, kind)
        assert "Acme <AG>, Bern" in written.text
        assert "Acme <AG>, Bern" in seen(written.html)
        assert "Herzlich" in written.text
    with pytest.raises(DomainError, match="keeps the legal line"):
        say(wave, "Mine", step=EVERY, part=Part.LEGAL)


def test_a_note_stands_for_the_standard_and_behind_own_or_locked_words() -> None:
    wave, admin = a_worded_draft(), a_user()
    with transaction():
        wave.personal_note = "My note."
    ours = phrase("mail_intro", "de", company="Acme & Söhne")
    assert "My note." in mail(wave).text
    assert ours not in mail(wave).text
    with transaction():
        lock_parts(["invitation.body"], by=admin)
    assert mail(wave).text.index(ours) < mail(wave).text.index("My note.")


def test_a_launch_waits_for_words_in_every_language_it_asks_in() -> None:
    wave = a_worded_draft()
    say(wave, "Bonjour", language="fr")
    assert [one.language for one in missing_in(wave, ["de", "fr"])] == ["de"]
    with pytest.raises(DomainError, match="missing: subject of the invitation in Deutsch"), transaction():
        launch_wave(wave, at=None, now=NOW)
    with transaction():
        use_standard_where_missing(wave, ["de", "fr"])
    check_texts(wave, ["de", "fr"])
    with transaction():
        launch_wave(wave, at=None, now=NOW)


def test_a_launch_refuses_fields_nobody_fills_however_they_came_in() -> None:
    wave = a_worded_draft()
    with transaction():
        wave.mail_words = {"reminder": {"body": {"de": "{{secret}}"}}}
    place = r"\{\{secret\}\} \(text of the first reminder in Deutsch\)"
    with pytest.raises(DomainError, match=place), transaction():
        launch_wave(wave, at=None, now=NOW)


def test_a_wave_that_was_launched_keeps_its_words() -> None:
    wave = a_worded_draft()
    with transaction():
        launch_wave(wave, at=None, now=NOW)
    db.session.refresh(wave)
    with pytest.raises(DomainError, match="has been launched"):
        say(wave, "Zu spät")
