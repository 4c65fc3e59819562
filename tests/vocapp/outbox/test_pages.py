"""The pages of the built-in mailbox and of outgoing mail: who reads what, and that a mail can do no harm."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from integrations.mail.message import OutgoingMail, build
from tests.builders import a_user
from tests.conftest import CheckingClient
from tests.integrations.mail.builders import free_port
from tests.vocapp.outbox.builders import a_message, mail_through, smtp
from vocapp.core.db import transaction
from vocapp.core.gateways import gateways
from vocapp.identity.rules import RoleName
from vocapp.outbox.rules import MessageState

NOTHING_EXECUTES = "sandbox allow-popups allow-popups-to-escape-sandbox"


@pytest.fixture(autouse=True)
def _empty_mailbox(app: Flask) -> None:
    mailbox = gateways().mailbox
    assert mailbox is not None
    mailbox.clear()


def a_mail(**values: object) -> str:
    """Put a mail into the built-in mailbox and return its key."""
    defaults = {
        "message_id": "<1@vendor.example>",
        "from_address": "voice@vendor.example",
        "from_name": "Ana Silva",
        "to_address": "ken@customer.example",
        "to_name": "Ken Ito",
        "reply_to": "ana@vendor.example",
        "subject": "A question from Ana",
        "text": "Hello Ken,\nhttp://127.0.0.1:8000/s/abc\n",
        "html": '<html><head></head><body><a href="http://127.0.0.1:8000/s/abc">10</a></body></html>',
        "date": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    }
    mail = OutgoingMail(**{**defaults, **values})
    mailbox = gateways().mailbox
    assert mailbox is not None
    mailbox.send(mail.from_address, mail.to_address, build(mail))
    return str(mailbox.list_mail().mails[0].key)


def as_(client: CheckingClient, role: RoleName, **values: object) -> CheckingClient:
    client.sign_in(a_user(role, **values))
    return client


def test_an_empty_mailbox_says_how_mails_get_into_it(client):
    page = as_(client, RoleName.ADMIN).get("/mailbox")
    assert "No mail yet" in page.text


def test_the_list_shows_mails_newest_first(client):
    a_mail(subject="Older")
    a_mail(subject="Newer")
    page = as_(client, RoleName.ADMIN).get("/mailbox").text
    assert page.index("Newer") < page.index("Older")


def test_a_search_finds_a_part_of_recipient_or_subject(client):
    a_mail(subject="About Acme")
    a_mail(subject="Other", to_address="zoe@customer.example")
    admin = as_(client, RoleName.ADMIN)
    assert "About Acme" in admin.get("/mailbox?q=acme").text
    assert "About Acme" not in admin.get("/mailbox?q=ZOE").text
    assert "No mail matches" in admin.get("/mailbox?q=nobody").text


def test_a_page_beyond_the_last_shows_the_last(client):
    for number in range(51):
        a_mail(subject=f"Mail {number}.")
    assert "Mail 0." in as_(client, RoleName.ADMIN).get("/mailbox?page=99").text


@pytest.mark.parametrize("side", ["", "?width=phone", "?side=text", "?side=headers", "?side=nonsense"])
def test_a_mail_can_be_looked_at_from_every_side(client, side):
    key = a_mail()
    assert "A question from Ana" in as_(client, RoleName.ADMIN).get(f"/mailbox/{key}{side}").text


def test_the_text_side_has_links_to_click(client):
    page = as_(client, RoleName.ADMIN).get(f"/mailbox/{a_mail()}?side=text").text
    assert 'href="http://127.0.0.1:8000/s/abc"' in page


def test_a_mail_without_html_shows_its_text(client):
    page = as_(client, RoleName.ADMIN).get(f"/mailbox/{a_mail(html=None)}").text
    assert "Hello Ken," in page
    assert "no HTML part" in page


def test_the_html_of_a_mail_runs_nothing_fetches_nothing_and_stays_in_its_frame(client):
    key = a_mail(
        html="<html><head></head><body><script>alert(1)</script><img src='http://x.example/'></body></html>"
    )
    response = as_(client, RoleName.ADMIN).get(f"/mailbox/{key}/html")
    policy = response.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
        + NOTHING_EXECUTES
    )
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_links_of_a_mail_open_in_a_new_window(client):
    assert '<base target="_blank">' in as_(client, RoleName.ADMIN).get(f"/mailbox/{a_mail()}/html").text


def test_a_mail_can_be_downloaded_as_it_was_sent(client):
    response = as_(client, RoleName.ADMIN).get(f"/mailbox/{a_mail()}/raw")
    assert response.mimetype == "message/rfc822"
    assert response.data.startswith(b"Return-Path: <voice@vendor.example>\r\n")
    assert "attachment" in response.headers["Content-Disposition"]


def test_markup_in_names_and_subjects_is_only_text(client):
    a_mail(subject="<script>alert(1)</script>", to_name="<b>Ken</b>")
    page = as_(client, RoleName.ADMIN).get("/mailbox").text
    assert "<script>alert(1)" not in page
    assert "<b>Ken" not in page


@pytest.mark.parametrize("part", ["", "/html", "/raw"])
def test_a_mail_that_is_not_there_is_not_found(client, part):
    assert (
        as_(client, RoleName.ADMIN).get(f"/mailbox/00000000000000000000-0000000000000000{part}").status_code
        == 404
    )


def test_a_csm_sees_the_mails_whose_answers_come_to_them(client):
    a_mail(subject="Mine", reply_to="ana@vendor.example")
    a_mail(subject="Theirs", reply_to="bo@vendor.example")
    page = as_(client, RoleName.CSM, email="Ana@vendor.example").get("/mailbox").text
    assert "Mine" in page
    assert "Theirs" not in page


@pytest.mark.parametrize("part", ["", "/html", "/raw"])
def test_a_mail_of_somebody_else_does_not_exist_for_a_csm(client, part):
    key = a_mail(reply_to="bo@vendor.example")
    assert as_(client, RoleName.CSM).get(f"/mailbox/{key}{part}").status_code == 404


def test_a_leader_reads_survey_mails_but_no_password_link_of_somebody_else(client):
    survey, reset = a_mail(), a_mail(reply_to=None, to_address="root@vendor.example", subject="Reset")
    leader = as_(client, RoleName.LEADER)
    assert leader.get(f"/mailbox/{survey}").status_code == 200
    assert leader.get(f"/mailbox/{reset}").status_code == 404
    assert "Reset" not in leader.get("/mailbox").text


def test_everybody_reads_what_is_addressed_to_them(client):
    key = a_mail(reply_to=None, to_address="eve@vendor.example")
    assert (
        as_(client, RoleName.EXECUTIVE, email="eve@vendor.example").get(f"/mailbox/{key}").status_code == 200
    )


def test_without_the_built_in_mailbox_there_are_no_such_pages(app, client):
    with mail_through(app, smtp(free_port())):
        admin = as_(client, RoleName.ADMIN)
        assert admin.get("/mailbox").status_code == 404
        assert 'href="/mailbox"' not in admin.get("/mailbox/queue").text


def test_an_operator_sees_what_failed_and_why(client):
    message = a_message(to_address="ken@customer.example")
    with transaction():
        message.state = MessageState.FAILED
        message.reason = "554 5.7.1 policy"
    page = as_(client, RoleName.ADMIN).get("/mailbox/queue").text
    assert "ken@customer.example" in page
    assert "554 5.7.1 policy" in page


def test_an_operator_sees_that_nothing_failed(client):
    assert "Nothing failed" in as_(client, RoleName.ADMIN).get("/mailbox/queue").text


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE])
def test_only_administrators_see_outgoing_mail(client, role):
    assert as_(client, role).get("/mailbox/queue").status_code == 404


def test_nobody_reads_mails_without_signing_in(client):
    assert client.get("/mailbox").status_code == 302
    assert client.get("/mailbox/queue").status_code == 302
