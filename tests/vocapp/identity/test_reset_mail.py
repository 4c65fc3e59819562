"""A forgotten password, from the form to the mail to the new password; and a lost second factor."""

import re

import pytest
import time_machine

from tests.builders import NOW, a_company, a_user
from vocapp.core.db import db, transaction
from vocapp.core.gateways import gateways
from vocapp.identity.mail import OutboxMail, queue_welcome_mail
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address
from vocapp.workflows.deliver_mail import deliver_mail

NEW_PASSWORD = "violet-harbour-telegram-42"


@pytest.fixture(autouse=True)
def _empty_mailbox(app):
    gateways().mailbox.clear()


def ask(client, email: str, **headers: str):
    return client.post("/reset", data={"email": email}, headers=headers)


def shown(client, email: str) -> str:
    """Return the answer to somebody who asks, without the CSRF token, which changes every second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", ask(client, email).text)


def queued() -> list[Message]:
    return list(db.session.scalars(db.select(Message).order_by(Message.id)))


def link_of_newest_mail() -> str:
    deliver_mail({})
    newest = gateways().mailbox.list_mail().mails[0]
    text = gateways().mailbox.read_mail(newest.key).content.text
    return re.search(r"http\S+", text).group()


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def test_a_person_who_forgot_their_password_chooses_a_new_one_by_mail(client):
    user = a_user(email="ana@vendor.example")
    ask(client, "ana@vendor.example")
    form = path_of(link_of_newest_mail())
    assert client.get(form).status_code == 200
    client.post(form, data={"password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD})
    client.post("/logout")
    answer = client.post("/login", data={"email": user.email, "password": NEW_PASSWORD})
    assert answer.status_code == 302


def test_the_link_works_once(client):
    a_user(email="ana@vendor.example")
    ask(client, "ana@vendor.example")
    form = path_of(link_of_newest_mail())
    client.post(form, data={"password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD})
    client.post("/logout")
    assert client.get(form).status_code == 302


def test_the_link_ends_after_two_hours(client):
    with time_machine.travel(NOW, tick=False) as clock:
        a_user(email="ana@vendor.example")
        ask(client, "ana@vendor.example")
        form = path_of(link_of_newest_mail())
        clock.shift(2 * 3600 + 1)
        assert client.get(form).status_code == 302


def test_the_link_leads_to_our_address_whatever_host_the_request_named(client):
    a_user(email="ana@vendor.example")
    ask(client, "ana@vendor.example", Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
    assert link_of_newest_mail().startswith("http://127.0.0.1:8000/reset/")


def test_the_database_never_holds_the_link(client):
    a_user(email="ana@vendor.example")
    ask(client, "ana@vendor.example")
    token = link_of_newest_mail().rpartition("/")[2]
    (message,) = queued()
    assert message.state == MessageState.SENT
    assert token not in repr([getattr(message, column.key) for column in Message.__table__.columns])
    assert set(message.context) == {"user_id"}


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client):
    a_user(email="ana@vendor.example")
    known = shown(client, "ana@vendor.example")
    unknown = shown(client, "eve@vendor.example")
    assert known.replace("ana@", "eve@") == unknown
    assert len(queued()) == 1


def test_somebody_who_may_not_sign_in_gets_the_same_answer_and_no_mail(client):
    a_user(email="ana@vendor.example")
    a_user(email="off@vendor.example", active=False)
    known = shown(client, "ana@vendor.example")
    disabled = shown(client, "off@vendor.example")
    assert known.replace("ana@", "off@") == disabled
    assert [message.to_address for message in queued()] == ["ana@vendor.example"]


def test_somebody_disabled_before_the_mail_went_out_gets_none(client):
    user = a_user(email="ana@vendor.example")
    ask(client, "ana@vendor.example")
    with transaction():
        user.active = False
    deliver_mail({})
    assert queued()[0].state == MessageState.CANCELLED


def test_asking_again_within_the_minute_sends_one_mail(client):
    with time_machine.travel(NOW, tick=False):
        a_user(email="ana@vendor.example")
        for _ in range(3):
            ask(client, "ana@vendor.example")
        assert len(queued()) == 1


def test_a_user_who_once_opted_out_of_surveys_still_gets_the_mail(client):
    a_user(email="ana@vendor.example")
    with transaction():
        suppress_address("ana@vendor.example", reason="opted_out", source="page")
    ask(client, "ana@vendor.example")
    assert link_of_newest_mail()


def test_a_reset_mail_is_not_for_a_list_and_names_no_csm(client):
    a_user(email="ana@vendor.example")
    ask(client, "ana@vendor.example")
    deliver_mail({})
    newest = gateways().mailbox.list_mail().mails[0]
    names = {name.lower() for name, _ in gateways().mailbox.read_mail(newest.key).content.headers}
    assert not names & {"list-unsubscribe", "reply-to"}


def welcome(**values) -> str:
    """Add Ana and return the text of her first mail, or nothing when none went out."""
    a_company(name="Kestrel Cloud")
    user = a_user(email="ana@vendor.example", **values)
    administrator = a_user(RoleName.ADMIN, name="Ingrid Solberg")
    with transaction():
        queue_welcome_mail(user, by=administrator)
    deliver_mail({})
    mails = gateways().mailbox.list_mail().mails
    return gateways().mailbox.read_mail(mails[0].key).content.text if mails else ""


def test_a_first_mail_says_who_added_them_and_where(client):
    text = welcome()
    assert "Ingrid Solberg added you to vocapp, where Kestrel Cloud listens" in text
    assert "http://127.0.0.1:8000/reset" in text.split()
    assert "asked for a new password" not in text


def test_a_first_mail_leads_to_a_password(client):
    form = path_of(re.search(r"http\S+", welcome()).group())
    client.post(form, data={"password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD})
    client.post("/logout")
    answer = client.post("/login", data={"email": "ana@vendor.example", "password": NEW_PASSWORD})
    assert answer.status_code == 302


def test_somebody_who_may_not_sign_in_gets_no_first_mail(client):
    assert welcome(active=False) == ""


def test_a_lost_second_factor_is_told_to_every_administrator(app):
    asking = a_user(RoleName.CSM, name="Ana Silva")
    first, second = a_user(RoleName.ADMIN), a_user(RoleName.ADMIN)
    OutboxMail(app).send_mail("security/email/two_factor_rescue", user=asking)
    deliver_mail({})
    recipients = {mail.recipient for mail in gateways().mailbox.list_mail(search="Ana Silva").mails}
    assert {address.rpartition("<")[2].rstrip(">") for address in recipients} == {first.email, second.email}


def test_a_mail_our_configuration_does_not_send_is_an_error(app):
    with pytest.raises(ValueError, match="welcome"):
        OutboxMail(app).send_mail("security/email/welcome", user=a_user())
