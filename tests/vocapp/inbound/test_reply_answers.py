"""Numbers in replies: offered, entered by somebody as the answer, never counted by themselves."""

import pytest
from sqlalchemy import select

from tests.builders import (
    a_company,
    a_contact,
    a_response,
    a_user,
    an_account,
    save,
)
from tests.conftest import CheckingClient
from tests.vocapp.inbound.letters import REPLIED, a_reply, a_score, again, invited
from tests.vocapp.outbox.builders import a_message
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.inbound.reply_rules import Asked, ScoreState, comment_in_reply, judge_score
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.phone_rules import PhoneRefusal
from vocapp.responses.rules import ResponseSource
from vocapp.sync.fields import Entity
from vocapp.sync.projection import project


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    user = a_user(name="Clara Sommer")
    client.sign_in(user)
    return user


@pytest.fixture
def ann(csm: User) -> Contact:
    return a_contact(an_account(owner_id=csm.id), first_name="Ann", last_name="Ruiz")


def test_a_number_is_offered_and_counts_nowhere_by_itself(client: CheckingClient, ann: Contact) -> None:
    mail = a_score(ann)
    page = client.get("/replies").text
    assert "They gave 9. It counts nowhere until somebody saves it as their answer." in page
    form = client.get(f"/replies/{mail.id}/answer").text
    assert '<input type="radio" name="score" id="' in form
    assert 'value="9" checked' in form
    assert "9, great support</textarea>" in form
    assert db.session.scalars(select(Response)).all() == []
    assert again(mail).done_at is None


def test_a_number_from_an_address_that_is_not_theirs_is_shown_with_it_and_not_offered(
    client: CheckingClient, ann: Contact
) -> None:
    mail = a_score(ann, sender="ken@elsewhere.example")
    page = client.get("/replies").text
    assert "It came from another address than theirs: ken@elsewhere.example" in page
    assert "not offered as their answer" in page
    assert f"/replies/{mail.id}/answer" not in page
    for method in ("get", "post"):
        assert getattr(client, method)(f"/replies/{mail.id}/answer").status_code == 404


def test_a_number_from_the_address_we_wrote_to_is_theirs(client: CheckingClient, ann: Contact) -> None:
    written = a_message(to_address="A.Ruiz@customer.example")
    mail = a_score(ann, sender="a.ruiz@customer.example", message_id=written.id)
    page = client.get("/replies").text
    assert "another address than theirs" not in page
    assert f"/replies/{mail.id}/answer" in page


def test_a_saved_number_is_an_answer_marked_as_given_in_a_reply(
    client: CheckingClient, csm: User, ann: Contact
) -> None:
    mail = a_score(ann)
    sent = client.post(f"/replies/{mail.id}/answer", data={"score": "9", "call:seen": "0"})
    assert sent.status_code == 302
    db.session.expire_all()
    answer = db.session.scalars(select(Response)).one()
    assert (answer.rating, answer.source, answer.entered_by_id) == (9, ResponseSource.REPLY, csm.id)
    assert answer.answered_at == REPLIED
    assert answer.invitation.state == InvitationState.COMPLETED
    (revision,) = db.session.scalars(select(ResponseRevision)).all()
    assert (revision.source, revision.entered_by_id) == ("reply", csm.id)
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "response_by_reply")).one()
    assert (act.actor_id, act.details["mail_id"]) == (csm.id, mail.id)
    assert again(mail).done_by_id == csm.id


def test_an_answer_from_a_reply_is_named_wherever_answers_stand(
    client: CheckingClient, csm: User, ann: Contact
) -> None:
    mail = a_score(ann)
    client.post(f"/replies/{mail.id}/answer", data={"score": "9", "call:seen": "0"})
    answer = db.session.scalars(select(Response)).one()
    assert "In a reply, entered by Clara Sommer" in client.get("/responses?source=reply").text
    assert "Ruiz" not in client.get("/responses?source=phone").text
    assert "in a reply" in client.get(f"/people/{ann.id}").text
    assert ",reply,1," in client.get("/responses/export.csv").text
    assert "in a reply" in client.get(f"/waves/{answer.wave_id}/results").text
    (told,) = project(Entity.RESPONSE, [answer.id], prefix="V").values()
    assert str(told.values["survey_name"]).endswith(" (in a reply)")


def test_an_answer_from_a_reply_can_be_corrected(client: CheckingClient, ann: Contact) -> None:
    mail = a_score(ann)
    address = f"/replies/{mail.id}/answer"
    client.post(address, data={"score": "9", "call:seen": "0"})
    done = client.get("/replies?view=done").text
    assert "An answer is written down for them." in done
    assert address in done
    client.post(address, data={"score": "8", "call:seen": "1"})
    db.session.expire_all()
    assert db.session.scalars(select(Response.rating)).one() == 8


def test_of_two_who_enter_it_at_once_the_second_is_told(client: CheckingClient, ann: Contact) -> None:
    mail = a_score(ann)
    address = f"/replies/{mail.id}/answer"
    client.post(address, data={"score": "9", "call:seen": "0"})
    page = client.post(address, data={"score": "2", "call:seen": "0"})
    assert page.status_code == 422
    assert "Somebody else has changed this answer" in page.text


@pytest.mark.parametrize("rating", ["", "11", "-1", "7.5", "x", "٧"])
def test_a_rating_off_the_scale_is_refused_and_the_reply_waits(
    client: CheckingClient, ann: Contact, rating: str
) -> None:
    mail = a_score(ann)
    page = client.post(f"/replies/{mail.id}/answer", data={"score": rating, "call:seen": "0"})
    assert page.status_code == 422
    assert "Nothing is saved yet" in page.text
    assert db.session.scalars(select(Response)).all() == []
    assert again(mail).done_at is None


def test_a_number_of_another_scale_is_filled_in_nowhere(client: CheckingClient, ann: Contact) -> None:
    mail = a_score(ann, score=10, words="10")
    mail.score = 42
    save(mail)
    page = client.get(f"/replies/{mail.id}/answer")
    assert page.status_code == 200
    assert " checked" not in page.text


@pytest.mark.parametrize("seen", ["x", "", "-1", "99999999999999999999"])
def test_a_form_that_was_tampered_with_is_refused_or_saved_and_never_fails(
    client: CheckingClient, ann: Contact, seen: str
) -> None:
    mail = a_score(ann)
    sent = client.post(f"/replies/{mail.id}/answer", data={"score": "9", "call:seen": seen})
    assert sent.status_code in {302, 422}


def test_what_they_answered_themselves_stays(client: CheckingClient, ann: Contact) -> None:
    mail = a_score(ann)
    a_response(db.session.get_one(Invitation, mail.invitation_id), rating=3)
    assert "have answered by their link" in client.get("/replies").text
    page = client.post(f"/replies/{mail.id}/answer", data={"score": "9", "call:seen": "0"})
    assert "They have answered themselves" in page.text
    db.session.expire_all()
    assert db.session.scalars(select(Response.rating)).one() == 3


def test_after_the_end_of_a_wave_a_number_counts_nowhere(client: CheckingClient, ann: Contact) -> None:
    mail = a_score(ann)
    wave = db.session.get_one(Invitation, mail.invitation_id).wave
    wave.state, wave.closed_at = WaveState.CLOSED, utcnow()
    save(wave)
    assert "after the wave had closed" in client.get("/replies").text
    page = client.post(f"/replies/{mail.id}/answer", data={"score": "9", "call:seen": "0"})
    assert "takes no answers any more" in page.text
    assert db.session.scalars(select(Response)).all() == []


def test_a_number_sent_to_a_confidential_survey_is_shown_to_nobody(
    client: CheckingClient, csm: User, ann: Contact
) -> None:
    mail = a_score(ann, 3, "3, my boss is hopeless", subject="Re: 3!")
    survey = db.session.get_one(Invitation, mail.invitation_id).wave.survey_version.survey
    survey.is_confidential = True
    save(survey)
    client.sign_in(a_user(RoleName.ADMIN))
    page = client.get("/replies").text
    assert "my boss" not in page
    assert "Re: 3!" not in page
    assert "answered in confidence" in page
    assert client.get(f"/replies/{mail.id}/answer").status_code == 404


def test_other_words_about_a_confidential_survey_are_read(client: CheckingClient, ann: Contact) -> None:
    mail = a_reply(ann, "Which survey is this?", invitation_id=invited(ann).id)
    survey = db.session.get_one(Invitation, mail.invitation_id).wave.survey_version.survey
    survey.is_confidential = True
    save(survey)
    assert "Which survey is this?" in client.get("/replies").text


def test_a_number_that_answers_no_question_is_not_entered(client: CheckingClient, ann: Contact) -> None:
    mail = a_reply(ann, "9", score=9, reason="score")
    assert "answers no question" in client.get("/replies").text
    assert client.get(f"/replies/{mail.id}/answer").status_code == 404


@pytest.mark.parametrize(
    ("score", "asked", "state"),
    [
        (None, Asked(False, None, None), None),
        (9, None, ScoreState.NOWHERE),
        (9, Asked(False, None, None), ScoreState.OFFERED),
        (0, Asked(False, None, None), ScoreState.OFFERED),
        (9, Asked(True, PhoneRefusal.CONFIDENTIAL, None), None),
        (9, Asked(False, PhoneRefusal.CLOSED, None), ScoreState.CLOSED),
        (9, Asked(False, PhoneRefusal.OPTED_OUT, None), ScoreState.NOWHERE),
        (9, Asked(False, PhoneRefusal.OWN_ANSWER, ResponseSource.LINK), ScoreState.ANSWERED),
        (9, Asked(False, None, ResponseSource.PHONE), ScoreState.ENTERED),
        (9, Asked(False, None, ResponseSource.REPLY), ScoreState.ENTERED),
        (9, Asked(False, PhoneRefusal.CLOSED, ResponseSource.REPLY), ScoreState.ENTERED),
    ],
)
def test_what_can_be_done_with_a_number(
    score: int | None, asked: Asked | None, state: ScoreState | None
) -> None:
    assert judge_score(score, asked) is state


@pytest.mark.parametrize(
    ("words", "comment"),
    [
        ("9", ""),
        (" 9/10 ! ", ""),
        ("9, fine", "9, fine"),
        ("٧", ""),
        ("九", "九"),
        ("x" * 20_000, "x" * 10_000),
    ],
)
def test_a_bare_number_is_no_comment(words: str, comment: str) -> None:
    assert comment_in_reply(words) == comment
