"""Opting out: by the page's button, by a mail program's one click, and by nothing else."""

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_response, a_wave, an_account, an_invitation
from tests.vocapp.responses.builders import a_link
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.outbox.models import Message, Suppression
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import queue_message

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def has_opted_out(invitation):
    db.session.expire_all()
    return invitation.contact.status == ContactStatus.OPTED_OUT and is_suppressed(invitation.contact.email)


@pytest.mark.parametrize("kind", [FORM, "text/plain", None])
def test_one_click_opts_out_at_once(client, kind):
    invitation, token = a_link()
    done = client.post(f"/u/{token}", data=ONE_CLICK, content_type=kind)
    assert done.status_code == 200
    assert "Set-Cookie" not in done.headers
    assert has_opted_out(invitation)
    assert invitation.state == InvitationState.OPTED_OUT


def test_one_click_may_come_as_a_multipart_form(client):
    invitation, token = a_link()
    client.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"}, content_type="multipart/form-data")
    assert has_opted_out(invitation)


def test_one_click_needs_no_csrf_token(client, app, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    invitation, token = a_link()
    client.post(f"/u/{token}", data=ONE_CLICK, content_type=FORM)
    assert has_opted_out(invitation)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "List-Unsubscribe=one-click",
        "List-Unsubscribe=One-Click&x=1",
        "List-Unsubscribe",
        "confirm=",
        "confirm=no",
    ],
)
def test_any_other_body_opts_nobody_out(client, body):
    invitation, token = a_link()
    assert client.post(f"/u/{token}", data=body, content_type=FORM).status_code == 400
    assert not has_opted_out(invitation)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_opts_nobody_out(client, method):
    invitation, token = a_link()
    client.open(f"/u/{token}?List-Unsubscribe=One-Click&confirm=yes", method=method)
    assert not has_opted_out(invitation)


def test_the_page_offers_a_button_that_does(client):
    invitation, token = a_link()
    page = client.get(f"/u/{token}")
    assert 'name="confirm" value="yes">Stop asking me</button>' in page.text
    assert "Other mail is not affected" in page.text
    done = client.post(f"/u/{token}", data={"confirm": "yes", "lang": "de"})
    assert '<html lang="de"' in done.text
    assert has_opted_out(invitation)
    assert "You will get no more questions like this." in client.get(f"/u/{token}").text


def test_opting_out_twice_is_opting_out_once(client):
    invitation, token = a_link()
    for _turn in range(2):
        assert client.post(f"/u/{token}", data=ONE_CLICK, content_type=FORM).status_code == 200
    assert has_opted_out(invitation)
    assert db.session.scalar(select(func.count()).select_from(Suppression)) == 1
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "contact.opted_out")) == 1


def test_the_next_queued_mail_is_suppressed(client):
    invitation, token = a_link()
    queue_message(
        key="reminder:1",
        template="reminder",
        context={},
        subject_kind="invitation",
        subject_id=invitation.id,
        to_address=invitation.contact.email,
    )
    client.post(f"/u/{token}", data=ONE_CLICK, content_type=FORM)
    db.session.expire_all()
    assert db.session.scalar(select(Message.state)) in {MessageState.SUPPRESSED, MessageState.CANCELLED}
    later = queue_message(
        key="reminder:2",
        template="reminder",
        context={},
        subject_kind="invitation",
        subject_id=invitation.id,
        to_address=invitation.contact.email,
    )
    assert later.state == MessageState.SUPPRESSED


def test_an_answer_outlives_the_opt_out(client):
    invitation, token = a_link()
    a_response(invitation, rating=9)
    client.post(f"/u/{token}", data=ONE_CLICK, content_type=FORM)
    assert has_opted_out(invitation)
    assert invitation.state == InvitationState.COMPLETED


def test_the_same_person_is_asked_at_no_other_account_either(client):
    invitation, token = a_link(contact={"email": "Zenobia@Customer.example"})
    twin = a_contact(an_account(), email="zenobia@customer.example")
    other = an_invitation(a_wave(), twin)
    client.post(f"/u/{token}", data=ONE_CLICK, content_type=FORM)
    db.session.expire_all()
    assert twin.status == ContactStatus.OPTED_OUT
    assert other.state == InvitationState.OPTED_OUT
    assert invitation.state == InvitationState.OPTED_OUT


def test_opting_out_works_after_the_wave_has_closed(client):
    invitation, token = a_link(wave={"state": WaveState.CLOSED}, state=InvitationState.SILENT)
    assert client.get(f"/u/{token}").status_code == 200
    client.post(f"/u/{token}", data=ONE_CLICK, content_type=FORM)
    assert has_opted_out(invitation)


def test_an_unknown_link_opts_nobody_out(client):
    assert client.post("/u/no-such-token", data=ONE_CLICK, content_type=FORM).status_code == 404
