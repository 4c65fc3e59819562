"""The editors of what mails say: one wave's, and the company's."""

import pytest
from sqlalchemy import select

from surveys.translation import phrase
from tests.builders import a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.campaigns.pages import page, send
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.wording import EVERY
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.outbox.rendering import render_letter
from vocapp.workflows.deliver_mail import LETTERS


@pytest.fixture
def draft(csm: User) -> Wave:
    account = an_account(name="Harbor Pine", owner_id=csm.id)
    a_contact(account, first_name="Ken", last_name="Mori", language="pt")
    return a_draft(account, owner=csm)


def words(wave: Wave) -> dict:
    db.session.refresh(wave)
    return wave.mail_words


def test_words_are_looked_at_as_somebody_without_being_kept(client: CheckingClient, draft: Wave) -> None:
    address = f"/waves/{draft.id}/words?step=reminder&language=pt"
    assert "Ken Mori, Harbor Pine" in page(client, address)
    shown = send(client, address, 200, subject="Oi {{first_name}}", body="De {{account}}", go="preview")
    assert "Oi Ken" in shown
    assert "De Harbor Pine" in shown
    framed = send(
        client,
        f"/waves/{draft.id}/words/look?step=reminder&language=pt",
        200,
        subject="S",
        body="De {{account}}",
    )
    assert "De Harbor Pine" in framed
    assert "?score=" in framed
    assert words(draft) == {}


def test_words_are_kept_and_missing_ones_named_with_a_way_out(client: CheckingClient, draft: Wave) -> None:
    address = f"/waves/{draft.id}/words?step=invitation&language=de"
    send(client, address, subject="Hallo {{first_name}}", body="Text", go="keep")
    assert words(draft)["invitation"]["subject"]["de"] == "Hallo {{first_name}}"
    assert "the launch waits for them" in page(client, address)
    assert "missing" in page(client, f"/waves/{draft.id}/message")
    refused = send(client, f"/waves/{draft.id}/check", 200, when="now", reminders="3,8")
    assert "Your own words are missing" in refused
    send(client, f"/waves/{draft.id}/words/standard")
    assert words(draft)["invitation"]["subject"]["pt"] == ""
    assert "the launch waits for them" not in page(client, address)


def test_an_unknown_field_is_told_and_what_was_typed_stays(client: CheckingClient, draft: Wave) -> None:
    address = f"/waves/{draft.id}/words?step=invitation&language=pt"
    shown = send(client, address, 200, subject="{{secret}}", body="Mine", go="keep")
    assert "Nobody fills {{secret}} (subject of the invitation in Português)" in shown
    assert ">Mine</textarea>" in shown.replace("\r\n", "")
    assert words(draft) == {}


@pytest.mark.parametrize("query", ["step=nothing", "language=xx", "step=reminder&language=klingon"])
def test_a_mail_or_language_that_is_not_there_is_not_found(
    client: CheckingClient, draft: Wave, query: str
) -> None:
    page(client, f"/waves/{draft.id}/words?{query}", 404)


@pytest.mark.parametrize("step", [*Letter, EVERY])
def test_every_mail_can_be_worded_where_nobody_is_asked_too(
    client: CheckingClient, csm: User, step: str
) -> None:
    wave = a_draft(owner=csm)
    shown = page(client, f"/waves/{wave.id}/words?step={step}&language=ar")
    assert "Nobody would get this mail in this language so far" in shown


def test_tests_go_to_oneself_are_marked_and_lead_to_a_trial(
    client: CheckingClient, draft: Wave, csm: User
) -> None:
    address = f"/waves/{draft.id}/words/test"
    send(client, address, letters=["invitation", "last_reminder", "prenotice", "odd"], language="pt")
    tests = select(Message).where(Message.template == "wave_test").order_by(Message.id)
    sent = db.session.scalars(tests).all()
    assert [message.to_address for message in sent] == [csm.email] * 3
    letter = LETTERS["wave_test"](sent[0])
    assert letter is not None
    assert letter.list_unsubscribe is None
    mail = render_letter("wave_test", letter)
    assert (
        mail.subject == f"[Teste] {phrase('mail_subject', 'pt', sender='Ana Costa')}"
        or mail.subject.startswith("[Test]")
    )
    link = mail.text.split("http://127.0.0.1:8000")[1].split()[0]
    assert client.get(link).status_code == 200
    assert phrase("mail_opt_out", "pt") not in mail.text
    assert "Choose at least one mail" in client.post(address, follow_redirects=True).get_data(as_text=True)


def test_administrators_say_it_for_every_wave_and_lock_it(client: CheckingClient, draft: Wave) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    address = "/settings/mail-words?step=invitation&language=pt"
    assert phrase("mail_reminder_intro", "pt") in page(client, address.replace("invitation", "reminder"))
    send(client, address, subject="Da Acme", body="Texto")
    send(client, "/settings/mail-words/locks?step=invitation&language=pt", **{"keep-subject": "y"})
    with transaction():
        ours = company()
    assert ours is not None
    db.session.refresh(ours)
    assert ours.locked_words == ["invitation.subject"]
    shown = page(client, f"/waves/{draft.id}/words?step=invitation&language=pt")
    assert "Da Acme" in shown
    assert "An administrator keeps this as it is." in shown
    assert 'name="subject"' not in shown
    refused = send(client, address, 200, subject="{{x}}", body="")
    assert "Nobody fills {{x}}" in refused


def test_the_companys_words_are_for_administrators(client: CheckingClient, csm: User) -> None:
    page(client, "/settings/mail-words", 404)


def test_locks_of_other_mails_stay(client: CheckingClient, draft: Wave) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    send(client, "/settings/mail-words/locks?step=every", **{"keep-closing": "y"})
    send(client, "/settings/mail-words/locks?step=reminder", **{"keep-body": "y"})
    ours = company()
    assert ours is not None
    db.session.refresh(ours)
    assert ours.locked_words == ["every.closing", "reminder.body"]
    assert "The legal line and the line that opts out" in page(client, "/settings/mail-words?step=every")
