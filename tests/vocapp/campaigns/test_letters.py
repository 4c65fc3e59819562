"""What invitations and reminders say, in every language, in both parts."""

import re
from copy import deepcopy
from datetime import timedelta
from email import message_from_bytes
from html import unescape

import pytest
from sqlalchemy import select

from integrations.mail.message import build
from surveys.translation import phrase, phrase_book
from tests.builders import NOW, a_company, a_contact, a_user, a_wave, an_invitation, token_of
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.letters import heads_up_letter, invitation_letter, prenotice_letter, reminder_letter
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.service import invited, queue_invitations
from vocapp.core.db import db, transaction
from vocapp.outbox.models import Message
from vocapp.outbox.rendering import RenderedMail, render_letter, write_mail
from vocapp.outbox.rules import LetterContext
from vocapp.workflows.deliver_mail import LETTERS

pytestmark = pytest.mark.usefixtures("app")

LANGUAGES = ("en", "de", "fr", "es", "pt", "ja", "ar")
NOTE = "Dear {{first_name}},\nthank you from {{sender}} at {{company}}.\n\nIt matters."


def an_invited(language: str = "en", *, note: str = "", **values: object) -> Invitation:
    a_company(name="Acme & Söhne")
    wave = a_wave(a_user(name="Ana Costa", title="Your CSM"), personal_note=note)
    contact = a_contact(**{"first_name": "Ken <b>", "language": language, **values})
    unsent = {"state": InvitationState.PLANNED, "sent_at": None, "delivered_at": None}
    return an_invitation(wave, contact, language=language, **unsent)


def message_of(invitation: Invitation) -> Message:
    with transaction():
        queue_invitations(invitation.wave, [invited(invitation)])
    return db.session.scalars(select(Message).where(Message.key == f"invitation:{invitation.id}")).one()


def letter(invitation: Invitation) -> LetterContext:
    written = invitation_letter(message_of(invitation))
    assert written is not None
    return written.whole()


def mail(invitation: Invitation) -> RenderedMail:
    return render_letter("invitation", letter(invitation))


def reminder(invitation: Invitation) -> RenderedMail:
    written = reminder_letter(message_of(invitation))
    assert written is not None
    return render_letter("reminder", written.whole())


def words(html: str) -> str:
    """Return what a reader of the HTML part sees, blanks evened out."""
    body = re.sub(r"<(head|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_letters_cover_every_language_of_the_phrase_book() -> None:
    assert set(LANGUAGES) == set(phrase_book().languages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_greet_ask_and_sign_in_the_language_of_the_reader(language: str) -> None:
    both = mail(an_invited(language))
    for part in (" ".join(both.text.split()), words(both.html)):
        assert phrase("mail_greeting", language, first_name="Ken <b>") in part
        assert phrase("mail_intro", language, company="Acme & Söhne") in part
        assert phrase("mail_regards", language) in part
        assert part.count("Ana Costa") == 1
        assert "Your CSM" in part
        assert "{{" not in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_says_so_in_every_language_and_keeps_the_links(language: str) -> None:
    invitation = an_invited(language)
    both = reminder(invitation)
    subject = phrase("mail_reminder_subject", language, sender="Ana Costa")
    assert both.subject.split() == subject.split()
    assert phrase("mail_reminder_intro", language) in both.text
    assert both.text.count(token_of(invitation)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_reminder_is_worded_anew_and_says_it_is_the_last(language: str) -> None:
    invitation = an_invited(language)
    message = message_of(invitation)
    first = reminder(invitation)
    message.context = {"step": 2}
    written = reminder_letter(message)
    assert written is not None
    last = render_letter("reminder", written.whole())
    for part in (" ".join(last.text.split()), words(last.html)):
        assert phrase("mail_last_intro", language) in part
        assert phrase("mail_reminder_intro", language) not in part
    assert last.subject != first.subject
    assert last.text.count(token_of(invitation)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_heads_up_names_the_account_and_asks_nothing_yet(language: str) -> None:
    invitation = an_invited(language)
    written = heads_up_letter(message_of(invitation))
    assert written is not None
    both = render_letter("heads_up", written.whole())
    said = {"company": "Acme & Söhne", "account": invitation.account.name}
    for part in (" ".join(both.text.split()), words(both.html)):
        assert phrase("mail_heads_up_intro", language, **said) in part
        assert phrase("mail_opt_out", language) in part
    assert "?score=" not in both.html + both.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_announcement_says_who_will_ask_and_asks_nothing_yet(language: str) -> None:
    invitation = an_invited(language, note=NOTE)
    written = prenotice_letter(message_of(invitation))
    assert written is not None
    both = render_letter("prenotice", written.whole())
    assert both.subject.split() == phrase("mail_prenotice_subject", language, sender="Ana Costa").split()
    for part in (" ".join(both.text.split()), words(both.html)):
        assert phrase("mail_prenotice_intro", language, company="Acme & Söhne") in part
        assert phrase("mail_opt_out", language) in part
        assert "It matters." not in part
    assert "?score=" not in both.html + both.text
    assert written.whole().list_unsubscribe == f"http://127.0.0.1:8000/u/{token_of(invitation)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_carry_every_merge_field_of_the_note(language: str) -> None:
    both = mail(an_invited(language, note=NOTE))
    for part in (" ".join(both.text.split()), words(both.html)):
        assert "Dear Ken <b>, thank you from Ana Costa at Acme & Söhne. It matters." in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_eleven_links_carry_the_scores_and_nothing_is_fetched(language: str) -> None:
    invitation = an_invited(language)
    html = mail(invitation).html
    token = token_of(invitation)
    links = re.findall(r'href="([^"]+)"', html)
    scores = [f"http://127.0.0.1:8000/s/{token}?score={score}" for score in range(11)]
    assert [unescape(link) for link in links] == [*scores, f"http://127.0.0.1:8000/u/{token}"]
    assert not re.search(r"<img|<link|@import|url\(|\bsrc=", html)


def test_the_text_part_has_one_link() -> None:
    invitation = an_invited()
    links = re.findall(r"https?://\S+", mail(invitation).text)
    assert links == [f"http://127.0.0.1:8000/s/{token_of(invitation)}"]


def test_nothing_in_the_mail_is_hidden() -> None:
    hiding = r"display:\s*none|visibility:\s*hidden|mso-hide|opacity:"
    assert not re.search(hiding, mail(an_invited()).html)


def test_arabic_reads_from_right_to_left() -> None:
    html = mail(an_invited("ar")).html
    assert re.search(r'<html[^>]+dir="rtl"', html)
    assert re.search(r'<html[^>]+lang="ar"', html)


def test_a_language_nobody_wrote_falls_back_to_english() -> None:
    assert "Hello" in mail(an_invited("sw")).text


def test_a_person_without_a_name_is_greeted_plainly() -> None:
    assert mail(an_invited(first_name="", last_name="")).text.startswith("Hello,\n")


def test_the_reader_sees_until_when_in_their_own_time_zone() -> None:
    invitation = an_invited(time_zone="Pacific/Auckland")
    with transaction():
        invitation.wave.closes_at = NOW.replace(day=31, hour=20)
    assert "open until April 1, 2026" in mail(invitation).text


def test_template_code_in_a_note_or_name_stays_text() -> None:
    invitation = an_invited(note="{% for x in y %} ${7*7} {{company}}", first_name="{{ 7*7 }}")
    assert "{% for x in y %} ${7*7} Acme & Söhne" in mail(invitation).text
    assert "Hello {{ 7*7 }}," in mail(invitation).text


def test_a_line_break_in_a_name_breaks_no_line() -> None:
    assert (
        "Hello Ken Bcc: all@customer.example,"
        in mail(an_invited(first_name="Ken\r\nBcc: all@customer.example")).text
    )


def test_the_mail_carries_the_opt_out_headers_untouched() -> None:
    invitation = an_invited("ja")
    message = message_of(invitation)
    written = invitation_letter(message)
    assert written is not None
    raw = build(write_mail(message, written, now=NOW))
    head = message_from_bytes(raw)
    assert head["List-Unsubscribe"] == f"<http://127.0.0.1:8000/u/{token_of(invitation)}>"
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert head["Reply-To"] == invitation.wave.owner.email
    assert "Ana Costa" in head["From"]


def test_the_question_is_asked_in_the_words_for_the_readers_persona() -> None:
    invitation = an_invited(personas=["champion"])
    document = deepcopy(invitation.wave.survey_version.definition)
    rating = document["pages"][0]["questions"][0]
    ends = {"low": "Never", "high": "At once"}
    rating["variants"] = {"champion": {"en": {"prompt": "Would you, {{first_name}}?", **ends}}}
    invitation.wave.survey_version.definition = document
    values = letter(invitation).values
    assert values["question"] == f"Would you, {invitation.contact.first_name}?"
    assert values["ends"] == [(0, "Never"), (10, "At once")]


def _close(wave: Wave) -> None:
    wave.state = WaveState.CLOSED


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda one: _close(one.wave), id="the wave is closed"),
        pytest.param(lambda one: setattr(one, "state", InvitationState.COMPLETED), id="answered"),
        pytest.param(lambda one: setattr(one, "state", InvitationState.OPTED_OUT), id="opted out"),
        pytest.param(lambda one: setattr(one.contact, "status", ContactStatus.LEFT), id="the person left"),
    ],
)
def test_a_letter_nobody_wants_any_more_is_not_written(change: object) -> None:
    invitation = an_invited()
    message = message_of(invitation)
    with transaction():
        change(invitation)
    assert invitation_letter(message) is None
    assert reminder_letter(message) is None


def test_the_worker_knows_who_writes_both_letters() -> None:
    assert LETTERS["invitation"] is invitation_letter
    assert LETTERS["reminder"] is reminder_letter


def test_a_wave_that_ends_later_says_so_in_its_mails() -> None:
    invitation = an_invited()
    with transaction():
        invitation.wave.closes_at = NOW + timedelta(days=60)
    assert "May 10, 2026" in mail(invitation).text
