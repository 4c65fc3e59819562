"""When the question reached the wrong person."""

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_response, a_user
from tests.vocapp.responses.builders import a_link
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.responses.models import Referral
from vocapp.responses.referring import accept_referral, dismiss_referral
from vocapp.responses.rules import ReferralReason


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def referrals():
    db.session.expire_all()
    return db.session.scalars(select(Referral).order_by(Referral.id)).all()


@pytest.mark.parametrize("reason", ["left_company", "wrong_person"])
def test_not_being_the_right_person_takes_the_invitation_out(client, reason):
    invitation, token = a_link()
    sent = client.post(f"/s/{token}/not-me", data={"reason": reason})
    assert sent.status_code == 303
    assert "Thank you for telling us." in client.get(sent.location).text
    assert [(row.reason, row.account_id) for row in referrals()] == [(reason, invitation.account_id)]
    assert invitation.state == InvitationState.REFERRED
    assert invitation.contact.status == ContactStatus.ACTIVE


def test_without_a_reason_the_page_asks_again(client):
    invitation, token = a_link()
    page = client.post(f"/s/{token}/not-me", data={"reason": "nonsense"})
    assert page.status_code == 422
    assert "Please choose one." in page.text
    assert referrals() == []
    assert invitation.state == InvitationState.DELIVERED


def test_naming_somebody_else_is_a_proposal_and_writes_to_nobody(client):
    invitation, token = a_link()
    sent = client.post(
        f"/s/{token}/somebody-else", data={"name": "  Ken Ito ", "email": "ken@customer.example"}
    )
    assert "We will check before we write to anybody." in client.get(sent.location).text
    referral = referrals()[0]
    assert (referral.named_person, referral.named_email) == ("Ken Ito", "ken@customer.example")
    assert invitation.state == InvitationState.REFERRED
    assert db.session.scalar(select(Contact).where(Contact.email == "ken@customer.example")) is None


@pytest.mark.parametrize(
    ("name", "email", "message"),
    [
        ("", "ken@customer.example", "Please write a few words here."),
        ("Ken", "", "Please write an e-mail address"),
        ("Ken", "not an address", "Please write an e-mail address"),
        ("Ken", "ken@customer.example\r\nBcc: x@y.example", "Please write an e-mail address"),
    ],
)
def test_what_cannot_be_used_is_shown_again_with_what_was_typed(client, name, email, message):
    _, token = a_link()
    page = client.post(f"/s/{token}/somebody-else", data={"name": name, "email": email})
    assert page.status_code == 422
    assert message in page.text
    assert f'value="{name}"' in page.text
    assert referrals() == []


def test_saying_it_twice_is_saying_it_once(client):
    _, token = a_link()
    for _turn in range(2):
        client.post(f"/s/{token}/not-me", data={"reason": "left_company"})
    assert len(referrals()) == 1


def test_an_answer_is_not_overwritten_by_not_me(client):
    invitation, token = a_link()
    a_response(invitation, rating=9)
    client.post(f"/s/{token}/not-me", data={"reason": "wrong_person"})
    assert len(referrals()) == 1
    assert invitation.state == InvitationState.COMPLETED


def test_whoever_told_us_by_mistake_can_still_answer(client):
    invitation, token = a_link()
    client.post(f"/s/{token}/not-me", data={"reason": "wrong_person"})
    assert client.post(f"/s/{token}", data={"score": "8"}).status_code == 303
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.COMPLETED


def test_the_told_page_of_somebody_who_told_nothing_leads_to_the_question(client):
    _, token = a_link()
    assert client.get(f"/s/{token}/told").location == f"/s/{token}"


def a_referral(**values):
    invitation, _ = a_link()
    referral = Referral(
        invitation_id=invitation.id,
        account_id=invitation.account_id,
        **{"reason": ReferralReason.SOMEBODY_ELSE, **values},
    )
    db.session.add(referral)
    db.session.flush()
    return referral


def test_accepting_adds_the_person_with_the_same_part_and_unverified(app):
    referral = a_referral(named_person="Ken van Ito", named_email="Ken@Customer.example")
    contact = accept_referral(referral, by=a_user(), now=NOW)
    assert (contact.first_name, contact.last_name, contact.email_key) == (
        "Ken van",
        "Ito",
        "ken@customer.example",
    )
    assert [persona.key for persona in contact.personas] == ["champion"]
    assert contact.account_id == referral.account_id
    assert contact.verified_on is None
    job = db.session.scalars(select(Job).where(Job.kind == "rescore_accounts")).one()
    assert job.payload == {"account_ids": [referral.account_id]}


def test_accepting_twice_adds_one_person(app):
    referral = a_referral(named_person="Ken", named_email="ken@customer.example")
    user = a_user()
    assert accept_referral(referral, by=user, now=NOW) is not None
    assert accept_referral(referral, by=user, now=NOW) is None


def test_somebody_already_known_is_not_added_again(app):
    referral = a_referral(named_person="Ken", named_email="KEN@customer.example")
    known = a_contact(referral.account, email="ken@customer.example")
    assert accept_referral(referral, by=a_user(), now=NOW) is known


def test_accepting_that_somebody_left_marks_them_as_left(app):
    referral = a_referral(reason=ReferralReason.LEFT_COMPANY)
    accept_referral(referral, by=a_user(), now=NOW)
    assert referral.invitation.contact.status == ContactStatus.LEFT


def test_dismissing_changes_nobody(app):
    referral = a_referral(reason=ReferralReason.LEFT_COMPANY)
    dismiss_referral(referral, by=a_user(), now=NOW)
    assert referral.decided_at == NOW
    assert referral.invitation.contact.status == ContactStatus.ACTIVE
