"""The button of the opt-out page: a machine never opts anybody out, and no person is stopped."""

from datetime import timedelta

import time_machine

from tests.builders import NOW
from tests.vocapp.responses.builders import a_link
from tests.vocapp.responses.visitors import GATEWAY, Visitor
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db


def has_opted_out(invitation):
    db.session.expire_all()
    return invitation.contact.status == ContactStatus.OPTED_OUT


def test_a_person_opts_out_with_one_press(client):
    invitation, token = a_link()
    ana = Visitor(client, token)
    ana.opens("opt-out", at=60)
    ana.presses_opt_out(at=63)
    assert has_opted_out(invitation)


def test_a_person_who_opts_out_after_a_scan_needs_one_press(client):
    invitation, token = a_link()
    Visitor(client, token, agent=GATEWAY).opens_all(at=8)
    ana = Visitor(client, token)
    ana.opens("opt-out", at=40)
    ana.presses_opt_out(at=45)
    assert has_opted_out(invitation)


def test_a_machine_that_presses_the_button_opts_nobody_out(client):
    invitation, token = a_link()
    gateway = Visitor(client, token, agent=GATEWAY)
    gateway.opens_all(at=8)
    gateway.opens("opt-out", at=10)
    page = gateway.presses_opt_out(at=11)
    assert "press the button once more" in page.text
    assert page.status_code == 200
    assert not has_opted_out(invitation)
    assert invitation.state == InvitationState.DELIVERED


def test_a_machine_that_fills_every_field_of_the_page_opts_nobody_out_however_often_it_tries(client):
    invitation, token = a_link()
    gateway = Visitor(client, token, agent=GATEWAY)
    for at in (60, 600, 6000):
        gateway.opens("opt-out", at=at)
        gateway.fills_everything("opt-out", at=at + 30, confirm="yes")
    assert not has_opted_out(invitation)


def test_a_person_in_doubt_opts_out_with_the_second_press(client):
    invitation, token = a_link()
    ana = Visitor(client, token, agent="")
    ana.opens("opt-out", at=1)
    page = ana.presses_opt_out(at=2)
    assert not has_opted_out(invitation)
    assert 'role="alert"' in page.text
    ana.presses_opt_out(at=4)
    assert has_opted_out(invitation)


def test_one_click_of_a_mail_program_is_never_in_doubt(client):
    invitation, token = a_link()
    gateway = Visitor(client, token, agent="")
    gateway.opens_all(at=0.5, seconds=0.5)
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        client.post(f"/u/{token}", data="List-Unsubscribe=One-Click", headers={"User-Agent": ""})
    assert has_opted_out(invitation)


def test_a_machine_that_presses_after_the_person_answered_opts_nobody_out(client):
    """Nothing is noted about an answered mail, so only its haste gives it away."""
    invitation, token = a_link()
    ana, gateway = Visitor(client, token), Visitor(client, token, agent=GATEWAY)
    ana.opens("score/10", at=50)
    ana.sends(at=60, score=10)
    gateway.opens("opt-out", at=120)
    page = gateway.presses_opt_out(at=120.7)
    assert "press the button once more" in page.text
    assert not has_opted_out(invitation)
