"""When the question reached the wrong person."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_response
from tests.vocapp.responses.builders import a_link
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind, SuggestionKind
from vocapp.responses.models import Referral
from vocapp.worker import run_due_jobs


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


def suggestions():
    db.session.expire_all()
    return db.session.scalars(select(Suggestion).order_by(Suggestion.id)).all()


@pytest.mark.parametrize(
    ("reason", "kind"), [("left_company", EvidenceKind.SAID_LEFT), ("wrong_person", EvidenceKind.NOT_ME)]
)
def test_whoever_is_not_right_is_in_doubt_and_not_changed_further(client, reason, kind):
    invitation, token = a_link()
    client.post(f"/s/{token}/not-me", data={"reason": reason})
    evidence = db.session.scalars(select(Evidence)).one()
    assert (evidence.kind, evidence.source, evidence.source_id) == (kind, "answer_page", referrals()[0].id)
    assert (invitation.contact.status, invitation.contact.verified_on) == (ContactStatus.ACTIVE, None)


def test_that_somebody_left_is_suggested_once(client):
    invitation, token = a_link()
    for _turn in range(2):
        client.post(f"/s/{token}/not-me", data={"reason": "left_company"})
    suggestion = suggestions()[0]
    assert len(suggestions()) == 1
    assert (suggestion.kind, suggestion.contact_id) == (SuggestionKind.LEFT, invitation.contact_id)
    assert suggestion.key == f"referral:{referrals()[0].id}"


def test_the_wrong_person_is_suggested_to_play_no_part(client):
    _, token = a_link()
    client.post(f"/s/{token}/not-me", data={"reason": "wrong_person"})
    suggestion = suggestions()[0]
    assert (suggestion.kind, suggestion.values) == (SuggestionKind.CORRECTION, {"personas": []})


def test_of_somebody_who_plays_no_part_nothing_is_suggested(client):
    _, token = a_link(contact={"personas": ()})
    client.post(f"/s/{token}/not-me", data={"reason": "wrong_person"})
    assert suggestions() == []


def test_the_person_named_is_suggested_for_the_same_part(client):
    invitation, token = a_link()
    client.post(f"/s/{token}/somebody-else", data={"name": "Ken van Ito", "email": "Ken@Customer.example"})
    suggestion = suggestions()[0]
    assert (suggestion.kind, suggestion.named_by_id) == (SuggestionKind.NEW_PERSON, invitation.contact_id)
    assert suggestion.values == {
        "first_name": "Ken van",
        "last_name": "Ito",
        "email": "Ken@Customer.example",
        "personas": ["champion"],
    }


def test_an_answer_after_saying_it_by_mistake_ends_the_doubt(client):
    invitation, token = a_link()
    client.post(f"/s/{token}/not-me", data={"reason": "wrong_person"})
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        client.post(f"/s/{token}", data={"score": "8"})
        run_due_jobs()
    db.session.expire_all()
    assert invitation.contact.verified_on == NOW.date()
