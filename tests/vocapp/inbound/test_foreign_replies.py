"""What somebody else writes in answer to our mail is theirs: it names them, and tells nothing of others."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import CheckingClient
from tests.vocapp.inbound.builders import a_reply, an_asked_person, came_in, person_of
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.inbound.letters import reply_received_letter
from vocapp.outbox.models import Message
from vocapp.outbox.rendering import render_letter

KEN = "ken@elsewhere.example"


@pytest.mark.parametrize(
    ("words", "in_mail", "on_page"),
    [
        (
            "Please remove me from your list.",
            f"{KEN} sounds as if they want no more surveys. That is not the word of Ana Silva",
            f"{KEN} seems to ask for no more mail. That is not the word of Ana Silva",
        ),
        (
            "I have left the company. Please write to mia@customer.example.",
            f"{KEN} seems to say that they have left. That says nothing about Ana Silva",
            f"{KEN} seems to say that they have left. That says nothing about Ana Silva",
        ),
        (
            "I am not the right person for this, please ask mia@customer.example instead.",
            f"{KEN} answered our mail to Ana Silva of Acme",
            "It came from another address than theirs",
        ),
    ],
)
def test_words_about_themselves_name_their_writer_and_suggest_nothing(
    app: Flask, client: CheckingClient, words: str, in_mail: str, on_page: str
) -> None:
    invitation, asked = an_asked_person(first_name="Ana", last_name="Silva", email="ana@customer.example")
    mail = came_in(a_reply(words, to=asked, sender=KEN))
    assert (
        mail.note == "It came from somebody else's address, so it says nothing about whom our mail went to."
    )
    assert db.session.scalars(select(Suggestion)).all() == []
    assert db.session.scalars(select(Evidence)).all() == []
    assert person_of(invitation).status == ContactStatus.ACTIVE

    told = db.session.scalars(select(Message).where(Message.template == "reply_received")).one()
    letter = reply_received_letter(told)
    assert letter is not None
    rendered = render_letter(told.template, letter)
    assert rendered.subject == "A reply about Ana Silva (Acme)"
    for text in (rendered.text, rendered.html):
        assert in_mail in " ".join(text.split())
        assert "It sounds as if they" not in text

    client.sign_in(invitation.wave.owner)
    for path in ("/replies", f"/replies/{mail.id}"):
        page = " ".join(client.get(path).text.split())
        assert on_page in page
        assert f'<p class="v-next-title"><bdi>{KEN}</bdi>' in page
        assert "They seem to ask for no more mail" not in page
    assert f"Reply from {KEN}" in client.get(f"/replies/{mail.id}").text


def test_the_same_words_of_the_person_are_theirs(app: Flask, client: CheckingClient) -> None:
    invitation, asked = an_asked_person(first_name="Ana", last_name="Silva", email="ana@customer.example")
    came_in(a_reply("I have left the company.", to=asked))
    assert [one.kind for one in db.session.scalars(select(Suggestion))] == ["left"]
    came_in(a_reply("Please remove me from your list.", to=asked))
    client.sign_in(invitation.wave.owner)
    page = client.get("/replies").text
    assert "They seem to ask for no more mail" in page
    assert KEN not in page
